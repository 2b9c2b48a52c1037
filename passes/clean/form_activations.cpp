#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/row_range.h"

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

/// scale * operand + shift; without an operand a number alone.
struct Affine {
  Value* operand = nullptr;
  double scale = 1;
  double shift = 0;
};

Affine read_affine(Value* value, const Rewriter& rewriter) {
  if (const auto number = number_of(value, rewriter)) return {nullptr, 0, *number};
  if (const Node* negative = producer_of(value, "Neg")) {
    const Affine inner = read_affine(negative->input(0), rewriter);
    return {inner.operand, -inner.scale, -inner.shift};
  }
  if (const auto sum = read_number_and(value, "Add", rewriter)) {
    const Affine inner = read_affine(sum->operand, rewriter);
    return {inner.operand, inner.scale, inner.shift + sum->number};
  }
  if (const auto product = read_number_and(value, "Mul", rewriter)) {
    const Affine inner = read_affine(product->operand, rewriter);
    return {inner.operand, inner.scale * product->number, inner.shift * product->number};
  }
  if (const auto rest = read_number_and(value, "Sub", rewriter)) {
    const Affine inner = read_affine(rest->operand, rewriter);
    const double sign = value->producer()->input(0) == rest->operand ? 1 : -1;
    return {inner.operand, sign * inner.scale, sign * (inner.shift - rest->number)};
  }
  const auto quotient = read_number_and(value, "Div", rewriter);
  if (quotient && value->producer()->input(0) == quotient->operand && quotient->number != 0) {
    const Affine inner = read_affine(quotient->operand, rewriter);
    return {inner.operand, inner.scale / quotient->number, inner.shift / quotient->number};
  }
  return {value};
}

// factor * value, where products with other numbers go into the factor.
Value* multiplied(Rewriter& rewriter, double factor, Value* value) {
  const Affine sum = read_affine(value, rewriter);
  if (sum.operand != nullptr && sum.shift == 0) {
    value = sum.operand;
    factor *= sum.scale;
  }
  if (factor == 1) return value;
  if (factor == -1) return rewriter.add("Neg", {value});
  const Tensor number = Tensor::scalar(factor);
  return rewriter.add(
      "Mul", {value, rewriter.add_constant("factor", number.converted(value->type().dtype))});
}

/// One activation as scale * another (x) + shift.
struct Relation {
  std::string_view known;
  double scale;
  double shift;
  std::string_view formed;
  double factor;  ///< formed (factor * x)
};

constexpr Relation kRelations[] = {
    {"Sigmoid", 2, -1, "Tanh", 0.5},
    {"Tanh", 0.5, 0.5, "Sigmoid", 2},
};

// What activation `op` makes the value of; when columns are cut out of its result, the same
// columns. nullptr for other values.
Value* under_activation(Value* value, std::string_view op, Rewriter& rewriter) {
  if (const Node* activation = producer_of(value, op)) return activation->input(0);
  if (value == nullptr || !has_known_columns(*value)) return nullptr;
  ColumnCut cut{value, {0, value->type().shape->back().size()}};
  while (const auto behind = behind_cut(cut, rewriter.context())) cut = *behind;
  const Node* activation = producer_of(cut.source, op);
  const bool fits = !cut.plane && cut.source->type().rank() == value->type().rank();
  if (activation == nullptr || !fits) return nullptr;
  return cut_rows(rewriter, activation->input(0), value->type().rank() - 1, cut.columns);
}

// 2 * Sigmoid (x) - 1 -> Tanh (x / 2), and the other way round
Result related(Node& node, Rewriter& rewriter) {
  const Affine sum = read_affine(node.output(), rewriter);
  for (const Relation& relation : kRelations) {
    if (sum.scale != relation.scale || sum.shift != relation.shift) continue;
    Value* x = under_activation(sum.operand, relation.known, rewriter);
    if (x == nullptr) continue;
    return Replacement{rewriter.add(relation.formed, {multiplied(rewriter, relation.factor, x)})};
  }
  return std::nullopt;
}

/// (scale * e^x + shift) / (e^x + 1) as an activation of factor * x.
struct Quotient {
  double scale;
  double shift;
  std::string_view formed;
  double factor;
};

constexpr Quotient kQuotients[] = {
    {0, 1, "Sigmoid", -1},
    {1, 0, "Sigmoid", 1},
    {1, -1, "Tanh", 0.5},
    {-1, 1, "Tanh", -0.5},
};

Result form_quotient(const Affine& dividend, Value* divisor, Rewriter& rewriter) {
  const Affine sum = read_affine(divisor, rewriter);
  const Node* power = producer_of(sum.operand, "Exp");
  if (power == nullptr || sum.scale != 1 || sum.shift != 1) return std::nullopt;
  if (dividend.operand != nullptr && dividend.operand != sum.operand) return std::nullopt;
  for (const Quotient& quotient : kQuotients) {
    if (quotient.scale != dividend.scale || quotient.shift != dividend.shift) continue;
    Value* x = multiplied(rewriter, quotient.factor, power->input(0));
    return Replacement{rewriter.add(quotient.formed, {x})};
  }
  return std::nullopt;
}

// 1 / (1 + Exp (-x)) -> Sigmoid (x) and the like
Result quotient(Node& node, Rewriter& rewriter) {
  if (!have_same_shape(node.input(1)->type(), node.output()->type())) return std::nullopt;
  return form_quotient(read_affine(node.input(0), rewriter), node.input(1), rewriter);
}

constexpr Affine kOne{nullptr, 0, 1};

// Reciprocal (1 + Exp (-x)) -> Sigmoid (x)
Result reciprocal(Node& node, Rewriter& rewriter) {
  return form_quotient(kOne, node.input(0), rewriter);
}

// Pow (1 + Exp (-x), -1) -> Sigmoid (x)
Result power(Node& node, Rewriter& rewriter) {
  if (number_of(node.input(1), rewriter) != -1) return std::nullopt;
  return form_quotient(kOne, node.input(0), rewriter);
}

// (Exp (x) - Exp (-x)) / (Exp (x) + Exp (-x)) -> Tanh (x)
Result tanh_of_two_powers(Node& node, Rewriter& rewriter) {
  const Node* difference = producer_of(node.input(0), "Sub");
  const Node* sum = producer_of(node.input(1), "Add");
  if (difference == nullptr || sum == nullptr) return std::nullopt;
  const bool has_same_terms =
      difference->inputs() == sum->inputs() ||
      (difference->input(0) == sum->input(1) && difference->input(1) == sum->input(0));
  const Node* growing = producer_of(difference->input(0), "Exp");
  const Node* falling = producer_of(difference->input(1), "Exp");
  if (!has_same_terms || growing == nullptr || falling == nullptr) return std::nullopt;
  const Affine x = read_affine(growing->input(0), rewriter);
  const Affine opposite = read_affine(falling->input(0), rewriter);
  const bool is_opposite = x.operand == opposite.operand && x.scale == -opposite.scale &&
                           x.shift == -opposite.shift && x.operand != nullptr;
  return is_opposite ? Result(Replacement{rewriter.add("Tanh", {growing->input(0)})})
                     : std::nullopt;
}

// x / (1 + |x|) -> Softsign (x)
Result softsign(Node& node, Rewriter& rewriter) {
  if (!is_float(node.input(0)->type().dtype)) return std::nullopt;
  const auto sum = read_number_and(node.input(1), "Add", rewriter);
  const Node* magnitude = sum ? producer_of(sum->operand, "Abs") : nullptr;
  const bool fits = magnitude != nullptr && sum->number == 1 &&
                    magnitude->input(0) == node.input(0) && is_float(node.output()->type().dtype);
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
  if (!is_float(bounded->type().dtype)) return std::nullopt;
  if (!range || range->low != 0 || range->high != high || high <= 0) return std::nullopt;
  if (!is_float(bounded->type().dtype)) return std::nullopt;
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

// Clip (x, 0) -> Relu (x), which few runtimes have for integers, and ONNX for unsigned ones never.
Result rectified(Node& node, Rewriter& rewriter) {
  if (!is_float(node.input(0)->type().dtype)) return std::nullopt;
  if (node.input(2) != nullptr || number_of(node.input(1), rewriter) != 0) return std::nullopt;
  return Replacement{rewriter.add("Relu", {node.input(0)})};
}

constexpr Rule kRules[] = {
    {"reciprocal", "Reciprocal", reciprocal},
    {"power", "Pow", power},
    {"quotient", "Div", quotient},
    {"tanh-of-two-powers", "Div", tanh_of_two_powers},
    {"related-sum", "Add", related},
    {"related-difference", "Sub", related},
    {"related-product", "Mul", related},
    {"related-quotient", "Div", related},
    {"softsign", "Div", softsign},
    {"divided-range", "Div", divided_range},
    {"rectified", "Clip", rectified},
    {"unit-range", "Clip", unit_range},
    {"unit-range-min", "Min", unit_range},
    {"unit-range-max", "Max", unit_range},
};

}  // namespace

bool form_activations(Graph& graph, PassContext& context) {
  return rewrite(graph, context, kRules);
}

}  // namespace gatefold::passes
