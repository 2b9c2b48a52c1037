#include <algorithm>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/recurrent_cell.h"

namespace gatefold::passes {
namespace {

/// A value read as gate * weighed + (1 - gate) * other.
struct Blend {
  Value* gate = nullptr;
  Value* weighed = nullptr;
  Value* other = nullptr;
};

/// One step: h' = z * h + (1 - z) * n.
struct GruStep {
  LinearSum update_gate;
  bool update_is_negated = false;  ///< The graph's gate is 1 - z.
  LinearSum reset_gate;
  LinearSum candidate_input;  ///< x's part of n; all of it when the reset comes before.
  LinearSum candidate_state;  ///< h's part of n, multiplied by r after its product.
  Value* hidden = nullptr;
  bool resets_after = false;
};

// Reads 1 - gate.
Value* read_complement(const Value* value, const PassContext& context) {
  const Node* node = producer_of(value, "Sub");
  const Tensor* one = node == nullptr ? nullptr : context.constant(node->input(0));
  if (one == nullptr || one->size() == 0) return nullptr;
  for (std::int64_t i = 0; i < one->size(); ++i) {
    if (one->number_at(i) != 1) return nullptr;
  }
  return node->input(1);
}

// gate * a + (1 - gate) * b, the terms and factors in any order
std::optional<Blend> read_two_products(const Node& sum, const PassContext& context) {
  for (std::size_t term = 0; term < 2; ++term) {
    const Node* direct = producer_of(sum.input(term), "Mul");
    const Node* opposite = producer_of(sum.input(1 - term), "Mul");
    if (direct == nullptr || opposite == nullptr) return std::nullopt;
    for (std::size_t side = 0; side < 2; ++side) {
      Value* gate = read_complement(opposite->input(side), context);
      if (gate == nullptr) continue;
      for (std::size_t factor = 0; factor < 2; ++factor) {
        if (direct->input(factor) != gate) continue;
        return Blend{gate, direct->input(1 - factor), opposite->input(1 - side)};
      }
    }
  }
  return std::nullopt;
}

// gate * (a - b) + b
std::optional<Blend> read_difference(const Node& sum) {
  for (std::size_t term = 0; term < 2; ++term) {
    const Node* product = producer_of(sum.input(term), "Mul");
    Value* base = sum.input(1 - term);
    for (std::size_t side = 0; product != nullptr && side < 2; ++side) {
      const Node* difference = producer_of(product->input(side), "Sub");
      if (difference == nullptr || difference->input(1) != base) continue;
      return Blend{product->input(1 - side), difference->input(0), base};
    }
  }
  return std::nullopt;
}

// b - gate * (b - a)
std::optional<Blend> read_subtracted_difference(const Node& node) {
  const Node* product = producer_of(node.input(1), "Mul");
  Value* base = node.input(0);
  for (std::size_t side = 0; product != nullptr && side < 2; ++side) {
    const Node* difference = producer_of(product->input(side), "Sub");
    if (difference == nullptr || difference->input(0) != base) continue;
    return Blend{product->input(1 - side), difference->input(1), base};
  }
  return std::nullopt;
}

std::optional<Blend> read_blend(const Node& node, const PassContext& context) {
  if (node.op().name == "Sub") return read_subtracted_difference(node);
  if (const auto blend = read_two_products(node, context)) return blend;
  return read_difference(node);
}

// n = tanh (x W + (r * h) R + b): the reset comes before the product.
bool read_reset_before(const Value& sum, GruStep& step, const PassContext& context) {
  const auto terms = find_linear_terms(const_cast<Value&>(sum), context);
  if (!terms) return false;
  step.candidate_input = *terms;
  for (LinearTerm& term : step.candidate_input.terms) {
    const Node* product = producer_of(term.operand, "Mul");
    for (std::size_t side = 0; product != nullptr && side < 2; ++side) {
      if (product->input(side) != step.hidden) continue;
      const auto reset = gate_under(*product->input(1 - side), "Sigmoid", context);
      if (!reset) continue;
      step.reset_gate = *reset;
      term.operand = step.hidden;  // What is multiplied by R; the GRU node applies r itself.
      return true;
    }
  }
  return false;
}

// n = tanh (x W + b + r * (h R + b')): the reset comes after the product.
bool read_reset_after(const Node& sum, GruStep& step, const PassContext& context) {
  for (std::size_t term = 0; term < 2; ++term) {
    const Node* product = producer_of(sum.input(term), "Mul");
    const auto input = find_linear_terms(*sum.input(1 - term), context);
    if (product == nullptr || !input) continue;
    for (std::size_t side = 0; side < 2; ++side) {
      const auto reset = gate_under(*product->input(side), "Sigmoid", context);
      const auto state = find_linear_terms(*product->input(1 - side), context);
      if (!reset || !state || state->terms.size() != 1) continue;
      if (state->terms.front().operand != step.hidden) continue;
      step.reset_gate = *reset;
      step.candidate_input = *input;
      step.candidate_state = *state;
      step.resets_after = true;
      return true;
    }
  }
  return false;
}

std::optional<GruStep> read_step(const Node& node, const Rewriter& rewriter) {
  const PassContext& context = rewriter.context();
  const auto blend = read_blend(node, context);
  if (!blend) return std::nullopt;
  const auto gate = gate_under(*blend->gate, "Sigmoid", context);
  if (!gate) return rewriter.no_match("the update gate is not a sigmoid of a linear sum");
  for (const bool negated : {false, true}) {
    const Value* candidate = negated ? blend->weighed : blend->other;
    const Node* squashed = producer_of(candidate, "Tanh");
    if (squashed == nullptr) continue;
    GruStep step;
    step.update_gate = *gate;
    step.update_is_negated = negated;
    step.hidden = negated ? blend->other : blend->weighed;
    const Node* sum = producer_of(squashed->input(0), "Add");
    if (sum != nullptr && read_reset_after(*sum, step, context)) return step;
    if (read_reset_before(*squashed->input(0), step, context)) return step;
  }
  return rewriter.no_match("no candidate state with a reset gate on h was found");
}

// Negating the sum under a sigmoid turns 1 - z into z.
Value* negated_if(Rewriter& rewriter, Value* value, bool negated) {
  return negated ? rewriter.add("Neg", {value}) : value;
}

Value* build_weights(Rewriter& rewriter, const GruStep& step, const LinearSum& candidate,
                     const std::vector<Value*>& operands, std::int64_t size) {
  // ONNX's order of gates: z r h.
  Value* update = build_gate_weights(rewriter, {&step.update_gate}, operands, size);
  update = negated_if(rewriter, update, step.update_is_negated);
  Value* rest = build_gate_weights(rewriter, {&step.reset_gate, &candidate}, operands, size);
  return rewriter.add("Concat", {update, rest}, {{"axis", std::int64_t{1}}});
}

Value* build_biases(Rewriter& rewriter, const GruStep& step, DataType dtype, std::int64_t size) {
  Value* update = build_gate_bias(rewriter, step.update_gate, size);
  std::vector<Value*> parts{negated_if(rewriter, update, step.update_is_negated),
                            build_gate_bias(rewriter, step.reset_gate, size),
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

std::optional<Replacement> fuse(Node& node, Rewriter& rewriter) {
  const auto step = read_step(node, rewriter);
  if (!step) return std::nullopt;
  const Value& next_hidden = *node.output();
  const auto known_size = state_size_of(next_hidden, rewriter);
  if (!known_size) return std::nullopt;
  const std::int64_t size = *known_size;
  const Type& type = next_hidden.type();
  std::vector<const LinearSum*> gates{&step->update_gate, &step->reset_gate,
                                      &step->candidate_input};
  const auto operands = sort_operands(gates, step->hidden, next_hidden, nullptr, size);
  if (!operands) return rewriter.no_match("the gates do not read both x and h");
  const LinearSum& recurrent_candidate =
      step->resets_after ? step->candidate_state : step->candidate_input;
  Node* gru = rewriter.add_node(
      "GRU",
      {build_step_input(rewriter, operands->inputs),
       build_weights(rewriter, *step, step->candidate_input, operands->inputs, size),
       build_weights(rewriter, *step, recurrent_candidate, {operands->hidden}, size),
       build_biases(rewriter, *step, type.dtype, size), nullptr,
       build_step_input(rewriter, {operands->hidden})},
      2, {{"hidden_size", size}, {"linear_before_reset", std::int64_t{step->resets_after}}});
  gru->drop_output(0);
  return Replacement{build_step_output(rewriter, gru->output(1), next_hidden)};
}

constexpr Rule kRules[] = {{"gru-cell", "Add", fuse}, {"gru-cell-difference", "Sub", fuse}};

}  // namespace

bool fuse_gru_cell(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
