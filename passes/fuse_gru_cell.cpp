#include "ir/op_def.h"
#include "passes/gru_step.h"
#include "passes/passes.h"
#include "passes/recurrent_cell.h"

namespace gatefold::passes {
namespace {

// Negating the sum under a sigmoid turns 1 - z into z.
Value* negated_if(Rewriter& rewriter, Value* value, bool negated) {
  return negated ? rewriter.add("Neg", {value}) : value;
}

Value* build_weights(Rewriter& rewriter, const GruStep& step, const LinearSum& candidate,
                     const std::vector<Operand>& operands, std::int64_t size) {
  // ONNX's order of gates: z r h.
  Value* update = build_gate_weights(rewriter, {&step.update_gate}, operands, size);
  update = negated_if(rewriter, update, step.update_is_negated);
  Value* rest = build_gate_weights(rewriter, {&*step.reset_gate, &candidate}, operands, size);
  return rewriter.add("Concat", {update, rest}, {{"axis", std::int64_t{1}}});
}

Value* build_biases(Rewriter& rewriter, const GruStep& step, DataType dtype, std::int64_t size) {
  Value* update = build_gate_bias(rewriter, step.update_gate, size);
  std::vector<Value*> parts{negated_if(rewriter, update, step.update_is_negated),
                            build_gate_bias(rewriter, *step.reset_gate, size),
                            build_gate_bias(rewriter, step.candidate_input, size)};
  if (step.resets_after) {
    parts.push_back(rewriter.add_constant("zeros", Tensor(dtype, {2 * size})));
    parts.push_back(build_gate_bias(rewriter, step.candidate_state, size));
  } else {
    parts.push_back(rewriter.add_constant("zeros", Tensor(dtype, {3 * size})));
  }
  Value* bias = rewriter.add("Concat", parts, {{"axis", std::int64_t{0}}});
  return rewriter.add("Unsqueeze", {bias, rewriter.add_ints({0})});
}

// All terms of n; h must stand among them as it does in the other gates.
std::optional<LinearSum> join_candidate(const GruStep& step, const Operand& hidden) {
  LinearSum candidate = step.candidate_input;
  auto position = candidate.terms.begin();
  for (std::size_t repeat = 0; repeat < hidden.repeat; ++position) {
    if (position == candidate.terms.end()) return std::nullopt;
    if (position->operand == hidden.value) ++repeat;
  }
  const auto& state = step.candidate_state.terms;
  candidate.terms.insert(position, state.begin(), state.end());
  return candidate;
}

std::optional<Replacement> fuse(Node& node, Rewriter& rewriter) {
  const auto step = read_gru_step(node, rewriter);
  if (!step) return std::nullopt;
  if (!step->reset_gate) return rewriter.no_match("it has no reset gate");
  const Value& next_hidden = *node.output();
  const auto known_size = state_size_of(next_hidden, rewriter);
  if (!known_size) return std::nullopt;
  const std::int64_t size = *known_size;
  const Type& type = next_hidden.type();
  std::vector<const LinearSum*> gates{&step->update_gate, &*step->reset_gate};
  const auto hidden = find_hidden(gates, step->hidden, next_hidden, nullptr, size);
  if (!hidden) return rewriter.no_match("the gates do not read h");
  const auto candidate = join_candidate(*step, *hidden);
  if (!candidate) return rewriter.no_match("the gates read h more often than the candidate");
  gates.push_back(&*candidate);
  const auto inputs = find_inputs(gates, *hidden);
  if (!inputs) return rewriter.no_match("the gates do not read x");
  Node* gru = rewriter.add_node(
      "GRU",
      {build_step_input(rewriter, *inputs),
       build_weights(rewriter, *step, *candidate, *inputs, size),
       build_weights(rewriter, *step, *candidate, {*hidden}, size),
       build_biases(rewriter, *step, type.dtype, size), nullptr,
       build_step_input(rewriter, {*hidden})},
      2, {{"hidden_size", size}, {"linear_before_reset", std::int64_t{step->resets_after}}});
  gru->drop_output(0);
  return Replacement{build_step_output(rewriter, gru->output(1), next_hidden)};
}

constexpr Rule kRules[] = {{"gru-cell", "Add", fuse}, {"gru-cell-difference", "Sub", fuse}};

}  // namespace

bool fuse_gru_cell(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
