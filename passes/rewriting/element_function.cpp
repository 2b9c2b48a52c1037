#include "passes/rewriting/element_function.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>

#include "ir/op_def.h"

namespace gatefold {
namespace {

using Id = ElementFunction::Id;
using Operator = ElementFunction::Operator;

/// The elements of a node's inputs.
struct Inputs {
  ElementFunction& function;
  const Node& node;
  std::vector<Scalar> elements;

  Scalar operator[](std::size_t index) const { return elements[index]; }
  bool has(std::size_t index) const {
    return index < elements.size() && elements[index].id() != ElementFunction::kNone;
  }
  double attr(std::string_view name) const { return node.attr_float(name); }
  Scalar none() const { return {function, ElementFunction::kNone}; }
  template <typename Combine>
  Scalar fold(Combine combine) const {
    Scalar result = elements[0];
    for (std::size_t k = 1; k < elements.size(); ++k) result = combine(result, elements[k]);
    return result;
  }
};
using In = const Inputs&;

Scalar less(Scalar a, Scalar b) { return a.apply(Operator::kLess, 0, b.id()); }
Scalar equal(Scalar a, Scalar b) { return a.apply(Operator::kEqual, 0, b.id()); }
Scalar both(Scalar a, Scalar b) { return a.apply(Operator::kAnd, 0, b.id()); }
Scalar either(Scalar a, Scalar b) { return 1.0 - both(1.0 - a, 1.0 - b); }
Scalar where(Scalar truth, Scalar a, Scalar b) {
  return truth.apply(Operator::kWhere, 0, a.id(), b.id());
}
Scalar positive(Scalar x) { return less(x.number(0), x); }
Scalar larger(Scalar a, Scalar b) { return maximum(a, b, 0.5); }
Scalar smaller(Scalar a, Scalar b) { return minimum(a, b, 0.5); }
Scalar sum(Scalar a, Scalar b) { return a + b; }
// factor (e^(x / extent) - 1), or x above 0
Scalar elu(Scalar x, double factor, double extent) {
  return where(positive(x), x, factor * ((x / extent).apply(Operator::kExp) + -1));
}

Scalar clip(In x) {
  const Scalar raised = x.has(1) ? maximum(x[0], x[1], 1) : x[0];
  return x.has(2) ? minimum(raised, x[2], 1) : raised;
}

Scalar power(In x) {
  const auto exponent = x[1].as_number();
  return exponent ? x[0].apply(Operator::kPow, *exponent) : x.none();
}

Scalar cast(In x) {
  const DataType from = x.node.input(0)->type().dtype;
  const DataType to = x.node.output()->type().dtype;
  if (to == from || from == DataType::kBool) return x[0];
  if (to == DataType::kBool) return 1.0 - equal(x[0], x[0].number(0));
  return size_of(to) > size_of(from) ? x[0] : x.none();
}

template <Operator op>
Scalar unary(In x) {
  return x[0].apply(op);
}

/// What an operator of ONNX computes; kNone for what is no function of real numbers.
struct Rule {
  std::string_view op;
  Scalar (*formula)(In x);
};

constexpr Rule kRules[] = {
    {"Abs", [](In x) { return larger(x[0], -1.0 * x[0]); }},
    {"Add", [](In x) { return x[0] + x[1]; }},
    {"And", [](In x) { return both(x[0], x[1]); }},
    {"Cast", cast},
    {"Celu", [](In x) { return elu(x[0], x.attr("alpha"), x.attr("alpha")); }},
    {"Clip", clip},
    {"Div", [](In x) { return x[0] / x[1]; }},
    {"Elu", [](In x) { return elu(x[0], x.attr("alpha"), 1); }},
    {"Equal", [](In x) { return equal(x[0], x[1]); }},
    {"Exp", unary<Operator::kExp>},
    {"Greater", [](In x) { return less(x[1], x[0]); }},
    {"GreaterOrEqual", [](In x) { return 1.0 - less(x[0], x[1]); }},
    {"HardSigmoid",
     [](In x) {
       return activated(ActivationKind::kHardSigmoid, x[0], x.attr("alpha"), x.attr("beta"));
     }},
    {"Identity", [](In x) { return x[0]; }},
    {"LeakyRelu",
     [](In x) { return activated(ActivationKind::kLeakyRelu, x[0], x.attr("alpha"), 0); }},
    {"Less", [](In x) { return less(x[0], x[1]); }},
    {"LessOrEqual", [](In x) { return 1.0 - less(x[1], x[0]); }},
    {"Log", unary<Operator::kLog>},
    {"Max", [](In x) { return x.fold(larger); }},
    {"Mean", [](In x) { return x.fold(sum) / static_cast<double>(x.elements.size()); }},
    {"Min", [](In x) { return x.fold(smaller); }},
    {"Mul", [](In x) { return x[0] * x[1]; }},
    {"Neg", [](In x) { return -1.0 * x[0]; }},
    {"Not", [](In x) { return 1.0 - x[0]; }},
    {"Or", [](In x) { return either(x[0], x[1]); }},
    {"PRelu", [](In x) { return where(positive(x[0]), x[0], x[1] * x[0]); }},
    {"Pow", power},
    {"Reciprocal", [](In x) { return x[0].number(1) / x[0]; }},
    {"Relu", [](In x) { return activated(ActivationKind::kRelu, x[0], 0, 0); }},
    {"Selu", [](In x) { return x.attr("gamma") * elu(x[0], x.attr("alpha"), 1); }},
    {"Sigmoid", unary<Operator::kSigmoid>},
    {"Sign", [](In x) { return positive(x[0]) - positive(-1.0 * x[0]); }},
    {"Softplus", unary<Operator::kSoftplus>},
    {"Softsign", [](In x) { return activated(ActivationKind::kSoftsign, x[0], 0, 0); }},
    {"Sqrt", [](In x) { return x[0].apply(Operator::kPow, 0.5); }},
    {"Sub", [](In x) { return x[0] - x[1]; }},
    {"Sum", [](In x) { return x.fold(sum); }},
    {"Tanh", unary<Operator::kTanh>},
    {"ThresholdedRelu",
     [](In x) { return where(less(x[0].number(x.attr("alpha")), x[0]), x[0], x[0].number(0)); }},
    {"Where", [](In x) { return where(x[0], x[1], x[2]); }},
    {"Xor", [](In x) { return both(either(x[0], x[1]), 1.0 - both(x[0], x[1])); }},
};

const Rule* rule_of(const Node& node) {
  const auto* rule = std::find_if(std::begin(kRules), std::end(kRules),
                                  [&](const Rule& entry) { return entry.op == node.op().name; });
  return rule == std::end(kRules) || !node.op().domain.empty() ? nullptr : rule;
}

double softplus(double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::abs(x))); }

ElementFunction::Evaluation sigmoid(double x) {
  const double y = 1 / (1 + std::exp(-x));
  return {y, {y * (1 - y)}};
}

bool is_real(const Value& value) {
  return is_float(value.type().dtype) || value.type().dtype == DataType::kBool;
}

}  // namespace

ElementFunction::Evaluation ElementFunction::evaluate(const Expression& expression,
                                                      const std::array<double, 3>& operands,
                                                      int order) {
  const auto [a, b, c] = operands;
  const auto [op, ids, number] = expression;
  const double share = order == 0 ? number : order > 0 ? 1 : 0;
  const double chosen = a != 0 ? 1 : 0;
  if (op == Operator::kAdd) return {a + b, {1, 1}};
  if (op == Operator::kMul) return {a * b, {b, a}};
  if (op == Operator::kDiv) return {a / b, {1 / b, -a / b / b}};
  if (op == Operator::kPow) return {std::pow(a, number), {number * std::pow(a, number - 1)}};
  if (op == Operator::kExp) return {std::exp(a), {std::exp(a)}};
  if (op == Operator::kLog) return {std::log(a), {1 / a}};
  if (op == Operator::kSigmoid) return sigmoid(a);
  if (op == Operator::kTanh) return {std::tanh(a), {1 - std::tanh(a) * std::tanh(a)}};
  if (op == Operator::kSoftplus) return {softplus(a), {sigmoid(a).value}};
  if (op == Operator::kMax) return {order > 0 ? a : b, {share, 1 - share}};
  if (op == Operator::kLess) return {order < 0 ? 1.0 : 0.0};
  if (op == Operator::kEqual) return {order == 0 ? 1.0 : 0.0};
  if (op == Operator::kAnd) return {a * b};
  if (op == Operator::kWhere) return {a != 0 ? b : c, {0, chosen, 1 - chosen}};
  return {number};
}

std::size_t ElementFunction::Hash::operator()(const Expression& expression) const {
  auto hash = static_cast<std::uint64_t>(expression.op);
  for (const Id id : expression.operands) hash = hash * 0x9E3779B97F4A7C15 + id;
  hash ^= std::bit_cast<std::uint64_t>(expression.number) * 0xBF58476D1CE4E5B9;
  return hash ^ (hash >> 29);
}

Id ElementFunction::add_argument(ArgumentKind kind) {
  expressions_.push_back({.op = Operator::kArgument, .number = static_cast<double>(kind)});
  return size() - 1;
}

std::optional<double> ElementFunction::number_of(Id id) const {
  if (id == kNone || (*this)[id].op != Operator::kNumber) return std::nullopt;
  return (*this)[id].number;
}

Id ElementFunction::add(const Expression& expression) {
  std::array<double, 3> numbers{};
  bool is_number = expression.op != Operator::kNumber;
  for (std::size_t k = 0; k < 3 && expression.operands[k] != kNone; ++k) {
    is_number &= number_of(expression.operands[k]).has_value();
    if (is_number) numbers[k] = *number_of(expression.operands[k]);
  }
  if (is_number) {
    const int order = numbers[0] < numbers[1] ? -1 : numbers[0] > numbers[1] ? 1 : 0;
    const double value = evaluate(expression, numbers, order).value;
    if (std::isfinite(value)) return add_number(value);
  }
  for (const std::size_t side : {0, 1}) {
    const Id other = expression.operands[1 - side];
    const auto number = number_of(expression.operands[side]);
    if (expression.op == Operator::kAdd && number == 0) return other;
    if (expression.op == Operator::kMul && number == 1) return other;
  }
  const auto [known, is_new] = known_.try_emplace(expression, size());
  if (is_new) expressions_.push_back(expression);
  return known->second;
}

bool ElementFunction::knows(const Node& node) { return rule_of(node) != nullptr; }

bool ElementFunction::allows(const Node& node) {
  return knows(node) && is_real(*node.input(0)) && is_real(*node.output());
}

std::optional<Id> ElementFunction::add_operator(const Node& node, std::span<const Id> operands) {
  if (!allows(node)) return std::nullopt;
  Inputs inputs{*this, node, {}};
  for (const Id operand : operands) inputs.elements.emplace_back(*this, operand);
  const Id id = rule_of(node)->formula(inputs).id();
  return id == kNone ? std::nullopt : std::optional(id);
}

Scalar maximum(Scalar a, Scalar b, double share) { return a.apply(Operator::kMax, share, b.id()); }
Scalar minimum(Scalar a, Scalar b, double share) {
  return -1.0 * maximum(-1.0 * a, -1.0 * b, share);
}

Scalar activated(ActivationKind kind, Scalar x, double alpha, double beta) {
  using enum ActivationKind;
  const Scalar zero = x.number(0);
  if (kind == kRelu) return maximum(x, zero, 0);
  if (kind == kTanh) return x.apply(Operator::kTanh);
  if (kind == kSigmoid) return x.apply(Operator::kSigmoid);
  if (kind == kAffine) return alpha * x + beta;
  if (kind == kLeakyRelu) return where(positive(x), x, alpha * x);
  if (kind == kThresholdedRelu) return where(less(x, x.number(alpha)), zero, x);
  if (kind == kScaledTanh) return alpha * (beta * x).apply(Operator::kTanh);
  if (kind == kElu) return elu(x, alpha, 1);
  if (kind == kSoftsign) return x / (larger(x, -1.0 * x) + 1);
  if (kind == kSoftplus) return x.apply(Operator::kSoftplus);
  return minimum(maximum(alpha * x + beta, zero, 0), x.number(1), 0);
}

}  // namespace gatefold
