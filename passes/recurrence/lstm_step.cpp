#include "passes/recurrence/lstm_step.h"

#include <algorithm>

#include "passes/recurrence/blend.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold {
namespace {

// One of the gates i, f, o, which share their activation.
std::optional<LinearSum> read_gate(const Value& value, const LstmStep& step,
                                   const PassContext& context) {
  auto gate = gate_with_peepholes_under(value, context);
  if (!gate || !are_equal(gate->activation, step.activations[0])) return std::nullopt;
  return std::move(gate->sum);
}

bool read_candidate(const Value& value, LstmStep& step, const PassContext& context) {
  const auto candidate = gate_under(value, context);
  if (!candidate) return false;
  step.activations[1] = candidate->activation;
  step.candidate = candidate->sum;
  return true;
}

// Reads i * g, in either order.
bool read_update(const Node& product, LstmStep& step, const PassContext& context) {
  for (std::size_t side = 0; side < 2; ++side) {
    const auto gate = read_gate(*product.input(side), step, context);
    if (!gate || !read_candidate(*product.input(1 - side), step, context)) continue;
    step.input_gate = *gate;
    return true;
  }
  return false;
}

// Reads f * c, in either order.
bool read_memory(const Node& product, LstmStep& step, const PassContext& context) {
  for (std::size_t side = 0; side < 2; ++side) {
    const auto gate = read_gate(*product.input(side), step, context);
    if (!gate) continue;
    step.forget_gate = *gate;
    step.cell = product.input(1 - side);
    return true;
  }
  return false;
}

// Reads c + i * (g - c) and the like, where f = 1 - i.
bool read_coupled(const Node& node, LstmStep& step, const PassContext& context) {
  const auto blend = read_blend(node, context);
  if (!blend || blend->weighed == nullptr || blend->other == nullptr) return false;
  const auto gate = read_gate(*blend->gate, step, context);
  if (!gate || !is_point_symmetric(step.activations[0])) return false;
  const bool weighs_candidate = read_candidate(*blend->weighed, step, context);
  if (!weighs_candidate && !read_candidate(*blend->other, step, context)) return false;
  step.cell = weighs_candidate ? blend->other : blend->weighed;
  step.input_gate = weighs_candidate ? *gate : negated(*gate);
  step.forget_gate = weighs_candidate ? negated(*gate) : *gate;
  return true;
}

// Reads f * c + i * g, or i * g alone.
bool read_next_cell(LstmStep& step, const PassContext& context) {
  const Node& node = *step.next_cell->producer();
  if (node.op().name == "Mul") return read_update(node, step, context);
  for (std::size_t term = 0; node.op().name == "Add" && term < 2; ++term) {
    const Node* update = producer_of(node.input(term), "Mul");
    const Node* memory = producer_of(node.input(1 - term), "Mul");
    if (update == nullptr || memory == nullptr) continue;
    if (read_update(*update, step, context) && read_memory(*memory, step, context)) return true;
  }
  return read_coupled(node, step, context);
}

bool may_be_next_cell(const Value& value) {
  return producer_of(&value, "Add") != nullptr || producer_of(&value, "Sub") != nullptr ||
         producer_of(&value, "Mul") != nullptr;
}

bool has_only_peepholes_of(const LinearSum& sum, const Value* cell) {
  return std::all_of(sum.peepholes.begin(), sum.peepholes.end(),
                     [&](const ElementTerm& term) { return term.operand == cell; });
}

bool has_known_peepholes(const LstmStep& step) {
  return has_only_peepholes_of(step.input_gate, step.cell) &&
         has_only_peepholes_of(step.output_gate, step.next_cell) &&
         (!step.forget_gate || has_only_peepholes_of(*step.forget_gate, step.cell));
}

// The output gate reads what the other gates do, or rows of sequences; anything else may depend on
// the next cell state, or belong to another step.
bool has_known_operands(const LstmStep& step) {
  std::vector<const LinearSum*> others{&step.input_gate, &step.candidate};
  if (step.forget_gate) others.push_back(&*step.forget_gate);
  const std::vector<LinearTerm>& terms = step.output_gate.terms;
  return std::all_of(terms.begin(), terms.end(), [&](const LinearTerm& term) {
    const bool is_row = term.weight.value == nullptr;
    return is_row || std::any_of(others.begin(), others.end(), [&](const LinearSum* other) {
             return term_of(*other, {term.operand}) != nullptr;
           });
  });
}

}  // namespace

std::optional<LstmStep> read_lstm_step(const Node& node, const Rewriter& rewriter) {
  const PassContext& context = rewriter.context();
  for (std::size_t side = 0; side < 2; ++side) {
    const auto squashed = activation_of(node.input(1 - side));
    if (!squashed) continue;
    LstmStep step;
    step.next_cell = node.input(1 - side)->producer()->input(0);
    if (!may_be_next_cell(*step.next_cell)) continue;
    const auto gate = gate_with_peepholes_under(*node.input(side), context);
    if (!gate) continue;
    step.activations = {gate->activation, {}, *squashed};
    step.output_gate = gate->sum;
    if (!read_next_cell(step, context)) {
      return rewriter.no_match("the cell state is not f * c + i * g with gates linear in x and h");
    }
    if (!has_known_operands(step)) {
      return rewriter.no_match("the output gate reads what the other gates do not");
    }
    if (!has_known_peepholes(step)) {
      return rewriter.no_match("a gate multiplies another value than the cell state by a vector");
    }
    return step;
  }
  return std::nullopt;
}

}  // namespace gatefold
