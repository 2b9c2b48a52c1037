#include "ir/op_def.h"
#include "passes/lstm_step.h"
#include "passes/passes.h"
#include "passes/recurrent_cell.h"

namespace gatefold::passes {
namespace {

std::optional<Replacement> fuse(Node& node, Rewriter& rewriter) {
  const auto step = read_lstm_step(node, rewriter);
  if (!step) return std::nullopt;
  if (step->cell == nullptr) return rewriter.no_match("it has no forget gate");
  const Value& next_hidden = *node.output();
  const auto known_size = state_size_of(next_hidden, rewriter);
  if (!known_size) return std::nullopt;
  const std::int64_t size = *known_size;
  const Type& type = next_hidden.type();
  // ONNX's order of gates: i o f c.
  const std::vector<const LinearSum*> gates{&step->input_gate, &step->output_gate,
                                            &*step->forget_gate, &step->candidate};
  const auto hidden = find_hidden(gates, nullptr, next_hidden, step->cell, size);
  if (!hidden) return rewriter.no_match("no operand of the gates can be the previous state");
  const auto inputs = find_inputs(gates, *hidden);
  if (!inputs) return rewriter.no_match("the gates read nothing but the state");
  if (!step->cell->type().has_rank() || step->cell->type().rank() != 2) {
    return rewriter.no_match("the cell state is {} but must have two dimensions",
                             to_string(step->cell->type()));
  }

  rewriter.insert_before(*step->next_cell->producer());
  Value* weight = build_gate_weights(rewriter, gates, *inputs, size);
  Value* recurrence = build_gate_weights(rewriter, gates, {*hidden}, size);
  std::vector<Value*> biases;
  for (const LinearSum* gate : gates) biases.push_back(build_gate_bias(rewriter, *gate, size));
  biases.push_back(rewriter.add_constant("zeros", Tensor(type.dtype, {4 * size})));
  Value* bias = rewriter.add("Concat", biases, {{"axis", std::int64_t{0}}});
  bias = rewriter.add("Unsqueeze", {bias, rewriter.add_ints({0})});
  Node* lstm = rewriter.add_node(
      "LSTM",
      {build_step_input(rewriter, *inputs), weight, recurrence, bias, nullptr,
       build_step_input(rewriter, {*hidden}), build_step_input(rewriter, {{step->cell}})},
      3, {{"hidden_size", size}});
  lstm->drop_output(0);
  rewriter.also_replace(step->next_cell,
                        build_step_output(rewriter, lstm->output(2), *step->next_cell));
  return Replacement{build_step_output(rewriter, lstm->output(1), next_hidden)};
}

constexpr Rule kRules[] = {{"lstm-cell", "Mul", fuse}};

}  // namespace

bool fuse_lstm_cell(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
