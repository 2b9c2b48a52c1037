#include "passes/recurrence/gru_step.h"

#include "ir/op_def.h"
#include "passes/recurrence/blend.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold {
namespace {

bool starts_from_zero(const GruStep& step, const PassContext& context) {
  return step.hidden == nullptr || is_filled_with(step.hidden, 0, context);
}

// The reset gate goes through the same activation as the update gate.
bool read_reset_gate(const Value& value, GruStep& step, const PassContext& context) {
  const auto gate = gate_under(value, context);
  if (!gate || !are_equal(gate->activation, step.activations[0])) return false;
  step.reset_gate = gate->sum;
  return true;
}

// n = g (x W + (r * h) R + b): the reset comes before the product.
bool read_reset_before(Value& sum, GruStep& step, const PassContext& context) {
  const auto terms = find_linear_terms(sum, context);
  if (!terms) return false;
  step.candidate_input = *terms;
  std::vector<LinearTerm>& inputs = step.candidate_input.terms;
  for (auto term = inputs.begin(); term != inputs.end(); ++term) {
    const Node* product = producer_of(term->operand, "Mul");
    for (std::size_t side = 0; product != nullptr && side < 2; ++side) {
      if (product->input(side) != step.hidden) continue;
      if (!read_reset_gate(*product->input(1 - side), step, context)) continue;
      step.candidate_state.terms = {{step.hidden, term->weight, term->scale}};
      inputs.erase(term);
      return true;
    }
  }
  return starts_from_zero(step, context);
}

bool reads_state_only(const LinearSum& sum, const GruStep& step, const PassContext& context) {
  if (sum.terms.empty()) return starts_from_zero(step, context);
  return sum.terms.size() == 1 && sum.terms.front().operand == step.hidden;
}

// n = g (x W + b + r * (h R + b')): the reset comes after the product.
bool read_reset_after(const Node& sum, GruStep& step, const PassContext& context) {
  for (std::size_t term = 0; term < 2; ++term) {
    const Node* product = producer_of(sum.input(term), "Mul");
    const auto input =
        product == nullptr ? std::nullopt : find_linear_terms(*sum.input(1 - term), context);
    if (!input) continue;
    for (std::size_t side = 0; side < 2; ++side) {
      if (!read_reset_gate(*product->input(side), step, context)) continue;
      const auto state = find_linear_terms(*product->input(1 - side), context);
      if (!state || !reads_state_only(*state, step, context)) continue;
      step.candidate_input = *input;
      step.candidate_state = *state;
      step.resets_after = true;
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<GruStep> read_gru_step(const Node& node, const Rewriter& rewriter) {
  const PassContext& context = rewriter.context();
  const auto blend = read_blend(node, context);
  if (!blend) return std::nullopt;
  const auto gate = gate_under(*blend->gate, context);
  if (!gate) return rewriter.no_match("the update gate is not an activation of a linear sum");
  for (const bool negates : {false, true}) {
    const Value* candidate = negates ? blend->weighed : blend->other;
    const auto activation = activation_of(candidate);
    if (!activation || (negates && !is_point_symmetric(gate->activation))) continue;
    GruStep step;
    step.activations = {gate->activation, *activation};
    step.update_gate = negates ? negated(gate->sum) : gate->sum;
    step.hidden = negates ? blend->other : blend->weighed;
    Value& under = *candidate->producer()->input(0);
    const Node* sum = producer_of(&under, "Add");
    if (sum != nullptr && read_reset_after(*sum, step, context)) return step;
    step.reset_gate.reset();
    if (read_reset_before(under, step, context)) return step;
  }
  return rewriter.no_match("no candidate state with a reset gate on h was found");
}

}  // namespace gatefold
