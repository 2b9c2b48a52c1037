#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/recurrent_cell.h"

namespace gatefold::passes {
namespace {

using Result = std::optional<Replacement>;

std::optional<double> number_of(const Value* value, const Rewriter& rewriter) {
  const Tensor* tensor = rewriter.constant(value);
  if (tensor == nullptr || tensor->size() != 1) return std::nullopt;
  return tensor->number_at(0);
}

/// A value read as number (op) operand, in either order where that is the same.
struct NumberAnd {
  double number = 0;
  Value* operand = nullptr;
};

std::optional<NumberAnd> read_number_and(const Value* value, std::string_view op,
                                         const Rewriter& rewriter) {
  const Node* node = producer_of(value, op);
  if (node == nullptr || node->input_count() != 2) return std::nullopt;
  for (std::size_t side = 0; side < 2; ++side) {
    const auto number = number_of(node->input(1 - side), rewriter);
    Value* operand = node->input(side);
    if (number && have_same_shape(operand->type(), value->type())) return {{*number, operand}};
  }
  return std::nullopt;
}

// What is under 1 / (1 + e^-x), given the denominator; nullptr for others.
Value* read_logistic(const Value* denominator, const Rewriter& rewriter) {
  const auto sum = read_number_and(denominator, "Add", rewriter);
  if (!sum || sum->number != 1) return nullptr;
  const Node* power = producer_of(sum->operand, "Exp");
  const Node* negative = power == nullptr ? nullptr : producer_of(power->input(0), "Neg");
  return negative == nullptr ? nullptr : negative->input(0);
}

// Reciprocal (1 + Exp (-x)) -> Sigmoid (x)
Result reciprocal(Node& node, Rewriter& rewriter) {
  Value* x = read_logistic(node.input(0), rewriter);
  return x == nullptr ? std::nullopt : Result(Replacement{rewriter.add("Sigmoid", {x})});
}

// 1 / (1 + Exp (-x)) -> Sigmoid (x)
Result quotient(Node& node, Rewriter& rewriter) {
  if (number_of(node.input(0), rewriter) != 1) return std::nullopt;
  Value* x = read_logistic(node.input(1), rewriter);
  const bool fits = x != nullptr && have_same_shape(x->type(), node.output()->type());
  return fits ? Result(Replacement{rewriter.add("Sigmoid", {x})}) : std::nullopt;
}

// x / (1 + |x|) -> Softsign (x)
Result softsign(Node& node, Rewriter& rewriter) {
  const auto sum = read_number_and(node.input(1), "Add", rewriter);
  const Node* magnitude = sum ? producer_of(sum->operand, "Abs") : nullptr;
  const bool fits =
      magnitude != nullptr && sum->number == 1 && magnitude->input(0) == node.input(0);
  return fits ? Result(Replacement{rewriter.add("Softsign", {node.input(0)})}) : std::nullopt;
}

/// min (max (operand, low), high)
struct Bounded {
  Value* operand = nullptr;
  double low = 0;
  double high = 0;
};

std::optional<Bounded> read_bounded(const Value* value, const Rewriter& rewriter) {
  if (const Node* clip = producer_of(value, "Clip")) {
    const auto low = number_of(clip->input(1), rewriter);
    const auto high = number_of(clip->input(2), rewriter);
    return low && high ? std::optional(Bounded{clip->input(0), *low, *high}) : std::nullopt;
  }
  if (const auto outer = read_number_and(value, "Min", rewriter)) {
    const auto inner = read_number_and(outer->operand, "Max", rewriter);
    if (inner) return Bounded{inner->operand, inner->number, outer->number};
  }
  if (const auto outer = read_number_and(value, "Max", rewriter)) {
    const auto inner = read_number_and(outer->operand, "Min", rewriter);
    if (inner) return Bounded{inner->operand, outer->number, inner->number};
  }
  return std::nullopt;
}

// min (max (a * x + b, 0), high) / high -> HardSigmoid <a / high, b / high> (x)
Result hard_sigmoid_of(const Value* bounded, double high, Rewriter& rewriter) {
  const auto range = read_bounded(bounded, rewriter);
  if (!range || range->low != 0 || range->high != high || high <= 0) return std::nullopt;
  const auto sum = read_number_and(range->operand, "Add", rewriter);
  if (!sum) return std::nullopt;
  const auto product = read_number_and(sum->operand, "Mul", rewriter);
  Value* x = product ? product->operand : sum->operand;
  const double factor = product ? product->number : 1;
  if (factor <= 0) return std::nullopt;
  return Replacement{rewriter.add("HardSigmoid", {x},
                                  {{"alpha", static_cast<float>(factor / high)},
                                   {"beta", static_cast<float>(sum->number / high)}})};
}

Result unit_range(Node& node, Rewriter& rewriter) {
  return hard_sigmoid_of(node.output(), 1, rewriter);
}

Result divided_range(Node& node, Rewriter& rewriter) {
  const auto high = number_of(node.input(1), rewriter);
  return high ? hard_sigmoid_of(node.input(0), *high, rewriter) : std::nullopt;
}

constexpr Rule kRules[] = {
    {"reciprocal", "Reciprocal", reciprocal},
    {"quotient", "Div", quotient},
    {"softsign", "Div", softsign},
    {"divided-range", "Div", divided_range},
    {"unit-range", "Clip", unit_range},
    {"unit-range-min", "Min", unit_range},
    {"unit-range-max", "Max", unit_range},
};

}  // namespace

bool form_activations(Graph& graph, PassContext& context) {
  return rewrite(graph, context, kRules);
}

}  // namespace gatefold::passes
