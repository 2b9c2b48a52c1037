#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/passes.h"
#include "passes/recurrence/blend.h"
#include "passes/recurrence/gru_step.h"
#include "passes/recurrence/recurrent_cell.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

Value* build_biases(Rewriter& rewriter, const GruStep& step, DataType dtype, std::int64_t size) {
  std::vector<Value*> parts{build_gate_bias(rewriter, step.update_gate, size),
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
  // ONNX's order of gates: z r h.
  std::vector<const LinearSum*> gates{&step->update_gate, &*step->reset_gate};
  const auto hidden = find_hidden(gates, step->hidden, next_hidden, nullptr, size);
  if (!hidden) return rewriter.no_match("the gates do not read h");
  const auto candidate = join_candidate(*step, *hidden);
  if (!candidate) return rewriter.no_match("the gates read h more often than the candidate");
  gates.push_back(&*candidate);
  const auto inputs = find_inputs(gates, *hidden);
  if (!inputs) return rewriter.no_match("the gates do not read x");
  Attrs attrs = activation_attrs(kGru, step->activations);
  attrs["hidden_size"] = size;
  attrs["linear_before_reset"] = std::int64_t{step->resets_after};
  Node* gru = rewriter.add_node(
      "GRU",
      {build_step_input(rewriter, *inputs), build_gate_weights(rewriter, gates, *inputs, size),
       build_gate_weights(rewriter, gates, {*hidden}, size),
       build_biases(rewriter, *step, type.dtype, size), nullptr,
       build_step_input(rewriter, {*hidden})},
      2, std::move(attrs));
  gru->drop_output(0);
  return Replacement{build_step_output(rewriter, gru->output(1), next_hidden)};
}

constexpr Rule kRules[] = {{"gru-cell", "Add", fuse}, {"gru-cell-difference", "Sub", fuse}};

}  // namespace

bool fuse_gru_cell(Graph& graph, PassContext& context) {
  const bool is_plainer = merge_equal_blends(graph, context);
  return rewrite(graph, context, kRules) || is_plainer;
}

}  // namespace gatefold::passes
