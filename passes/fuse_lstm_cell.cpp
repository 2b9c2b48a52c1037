#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/recurrent_cell.h"

namespace gatefold::passes {
namespace {

/// One step, its gates found by what they do: c' = f * c + i * g, h' = o * tanh (c').
struct LstmStep {
  Node* next_cell = nullptr;  ///< The Add that makes c'.
  Value* cell = nullptr;      ///< c
  LinearSum input_gate;
  LinearSum output_gate;
  LinearSum forget_gate;
  LinearSum candidate;
};

// Reads i * g, in either order.
bool read_update(const Node& product, LstmStep& step, const PassContext& context) {
  for (std::size_t side = 0; side < 2; ++side) {
    const auto gate = gate_under(*product.input(side), "Sigmoid", context);
    const auto candidate = gate_under(*product.input(1 - side), "Tanh", context);
    if (!gate || !candidate) continue;
    step.input_gate = *gate;
    step.candidate = *candidate;
    return true;
  }
  return false;
}

// Reads f * c, in either order.
bool read_memory(const Node& product, LstmStep& step, const PassContext& context) {
  for (std::size_t side = 0; side < 2; ++side) {
    const auto gate = gate_under(*product.input(side), "Sigmoid", context);
    if (!gate) continue;
    step.forget_gate = *gate;
    step.cell = product.input(1 - side);
    return true;
  }
  return false;
}

std::optional<LstmStep> read_step(const Node& node, const Rewriter& rewriter) {
  const PassContext& context = rewriter.context();
  for (std::size_t side = 0; side < 2; ++side) {
    const Node* squashed = producer_of(node.input(1 - side), "Tanh");
    const auto output_gate = gate_under(*node.input(side), "Sigmoid", context);
    if (squashed == nullptr || !output_gate) continue;
    LstmStep step;
    step.output_gate = *output_gate;
    step.next_cell = producer_of(squashed->input(0), "Add");
    if (step.next_cell == nullptr) return rewriter.no_match("the cell state is no sum");
    for (std::size_t term = 0; term < 2; ++term) {
      const Node* update = producer_of(step.next_cell->input(term), "Mul");
      const Node* memory = producer_of(step.next_cell->input(1 - term), "Mul");
      if (update == nullptr || memory == nullptr) continue;
      if (read_update(*update, step, context) && read_memory(*memory, step, context)) return step;
    }
    return rewriter.no_match("the cell state is not f * c + i * g with gates linear in x and h");
  }
  return std::nullopt;
}

std::optional<Replacement> fuse(Node& node, Rewriter& rewriter) {
  const auto step = read_step(node, rewriter);
  if (!step) return std::nullopt;
  const Value& next_hidden = *node.output();
  const auto known_size = state_size_of(next_hidden, rewriter);
  if (!known_size) return std::nullopt;
  const std::int64_t size = *known_size;
  const Type& type = next_hidden.type();
  // ONNX's order of gates: i o f c.
  const std::vector<const LinearSum*> gates{&step->input_gate, &step->output_gate,
                                            &step->forget_gate, &step->candidate};
  const auto operands = sort_operands(gates, nullptr, next_hidden, step->cell, size);
  if (!operands) return rewriter.no_match("no operand of the gates can be the previous state");
  if (!step->cell->type().has_rank() || step->cell->type().rank() != 2) {
    return rewriter.no_match("the cell state is {} but must have two dimensions",
                             to_string(step->cell->type()));
  }

  rewriter.insert_before(*step->next_cell);
  Value* weight = build_gate_weights(rewriter, gates, operands->inputs, size);
  Value* recurrence = build_gate_weights(rewriter, gates, {operands->hidden}, size);
  std::vector<Value*> biases;
  for (const LinearSum* gate : gates) biases.push_back(build_gate_bias(rewriter, *gate, size));
  biases.push_back(rewriter.add_constant("zeros", Tensor(type.dtype, {4 * size})));
  Value* bias = rewriter.add("Concat", biases, {{"axis", std::int64_t{0}}});
  bias = rewriter.add("Unsqueeze", {bias, rewriter.add_ints({0})});
  Node* lstm = rewriter.add_node(
      "LSTM",
      {build_step_input(rewriter, operands->inputs), weight, recurrence, bias, nullptr,
       build_step_input(rewriter, {operands->hidden}), build_step_input(rewriter, {step->cell})},
      3, {{"hidden_size", size}});
  lstm->drop_output(0);
  Value* next_cell = step->next_cell->output();
  rewriter.also_replace(next_cell, build_step_output(rewriter, lstm->output(2), *next_cell));
  return Replacement{build_step_output(rewriter, lstm->output(1), next_hidden)};
}

constexpr Rule kRules[] = {{"lstm-cell", "Mul", fuse}};

}  // namespace

bool fuse_lstm_cell(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
