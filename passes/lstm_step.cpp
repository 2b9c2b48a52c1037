#include "passes/lstm_step.h"

namespace gatefold {
namespace {

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

// Reads f * c + i * g, or i * g alone.
bool read_next_cell(LstmStep& step, const PassContext& context) {
  if (const Node* update = producer_of(step.next_cell, "Mul")) {
    return read_update(*update, step, context);
  }
  const Node* sum = producer_of(step.next_cell, "Add");
  for (std::size_t term = 0; sum != nullptr && term < 2; ++term) {
    const Node* update = producer_of(sum->input(term), "Mul");
    const Node* memory = producer_of(sum->input(1 - term), "Mul");
    if (update == nullptr || memory == nullptr) continue;
    if (read_update(*update, step, context) && read_memory(*memory, step, context)) return true;
  }
  return false;
}

}  // namespace

std::optional<LstmStep> read_lstm_step(const Node& node, const Rewriter& rewriter) {
  const PassContext& context = rewriter.context();
  for (std::size_t side = 0; side < 2; ++side) {
    const Node* squashed = producer_of(node.input(1 - side), "Tanh");
    const auto output_gate = gate_under(*node.input(side), "Sigmoid", context);
    if (squashed == nullptr || !output_gate) continue;
    LstmStep step;
    step.output_gate = *output_gate;
    step.next_cell = squashed->input(0);
    if (read_next_cell(step, context)) return step;
    return rewriter.no_match("the cell state is not f * c + i * g with gates linear in x and h");
  }
  return std::nullopt;
}

}  // namespace gatefold
