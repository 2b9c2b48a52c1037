#include <algorithm>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/passes.h"
#include "passes/recurrence/blend.h"
#include "passes/recurrence/lstm_step.h"
#include "passes/recurrence/recurrent_cell.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

// ONNX's order of gates: i o f c.
std::vector<const LinearSum*> gates_of(const LstmStep& step) {
  return {&step.input_gate, &step.output_gate, &*step.forget_gate, &step.candidate};
}

Value* build_biases(Rewriter& rewriter, const LstmStep& step, DataType dtype, std::int64_t size) {
  std::vector<Value*> biases;
  for (const LinearSum* gate : gates_of(step)) {
    biases.push_back(build_gate_bias(rewriter, *gate, size));
  }
  biases.push_back(rewriter.add_constant("zeros", Tensor(dtype, {4 * size})));
  Value* bias = rewriter.add("Concat", biases, {{"axis", std::int64_t{0}}});
  return rewriter.add("Unsqueeze", {bias, rewriter.add_ints({0})});
}

// [1, 3 * H] in the order i o f; nullptr when no gate has one.
Value* build_peepholes(Rewriter& rewriter, const LstmStep& step, DataType dtype,
                       std::int64_t size) {
  std::vector<Value*> peepholes;
  bool has_any = false;
  for (const LinearSum* gate : {&step.input_gate, &step.output_gate, &*step.forget_gate}) {
    Value* sum = nullptr;
    for (const ElementTerm& term : gate->peepholes) {
      Value* weight = build_bias(rewriter, term.weight);
      sum = sum == nullptr ? weight : rewriter.add("Add", {sum, weight});
    }
    has_any = has_any || sum != nullptr;
    peepholes.push_back(sum != nullptr ? sum
                                       : rewriter.add_constant("zeros", Tensor(dtype, {size})));
  }
  if (!has_any) return nullptr;
  Value* all = rewriter.add("Concat", peepholes, {{"axis", std::int64_t{0}}});
  return rewriter.add("Unsqueeze", {all, rewriter.add_ints({0})});
}

// No axis of extent 1 in the place of a longer one.
bool have_same_axes(const Type& cell, const Type& hidden) {
  return cell.has_rank() && cell.rank() == hidden.rank() &&
         std::equal(cell.shape->begin(), cell.shape->end(), hidden.shape->begin(),
                    [](const Dim& a, const Dim& b) { return a.is(1) == b.is(1); });
}

std::optional<Replacement> fuse(Node& node, Rewriter& rewriter) {
  const auto step = read_lstm_step(node, rewriter);
  if (!step) return std::nullopt;
  if (step->cell == nullptr) return rewriter.no_match("it has no forget gate");
  const Value& next_hidden = *node.output();
  const auto known_size = state_size_of(next_hidden, rewriter);
  if (!known_size) return std::nullopt;
  const std::int64_t size = *known_size;
  const DataType dtype = next_hidden.type().dtype;
  const std::vector<const LinearSum*> gates = gates_of(*step);
  const auto hidden = find_hidden(gates, nullptr, next_hidden, step->cell, size);
  if (!hidden) return rewriter.no_match("no operand of the gates can be the previous state");
  const auto inputs = find_inputs(gates, *hidden);
  if (!inputs) return rewriter.no_match("the gates read nothing but the state");
  if (!have_same_axes(step->cell->type(), next_hidden.type())) {
    return rewriter.no_match("the cell state is {} but must have the extents of h",
                             to_string(step->cell->type()));
  }

  rewriter.insert_before(*step->next_cell->producer());
  Value* weights = build_gate_weights(rewriter, gates, *inputs, size);
  Value* recurrence = build_gate_weights(rewriter, gates, {*hidden}, size);
  Value* biases = build_biases(rewriter, *step, dtype, size);
  std::vector<Value*> ports{build_step_input(rewriter, *inputs),
                            weights,
                            recurrence,
                            biases,
                            nullptr,
                            build_step_input(rewriter, {*hidden}),
                            build_step_input(rewriter, {{step->cell}})};
  if (Value* peepholes = build_peepholes(rewriter, *step, dtype, size)) ports.push_back(peepholes);
  Attrs attrs = activation_attrs(kLstm, step->activations);
  attrs["hidden_size"] = size;
  Node* lstm = rewriter.add_node("LSTM", ports, 3, std::move(attrs));
  lstm->drop_output(0);
  rewriter.also_replace(step->next_cell,
                        build_step_output(rewriter, lstm->output(2), *step->next_cell));
  return Replacement{build_step_output(rewriter, lstm->output(1), next_hidden)};
}

constexpr Rule kRules[] = {{"lstm-cell", "Mul", fuse}};

// A cell stands where its state is read first, maybe before weights of its output gate are made.
void sort_nodes(Graph& graph) {
  graph.sort_topologically();
  for (const auto& node : graph.nodes()) {
    for (Graph* inner : node->sub_graphs()) sort_nodes(*inner);
  }
}

}  // namespace

bool fuse_lstm_cell(Graph& graph, PassContext& context) {
  const bool is_plainer = merge_equal_blends(graph, context);
  if (!rewrite(graph, context, kRules)) return is_plainer;
  sort_nodes(graph);
  return true;
}

}  // namespace gatefold::passes
