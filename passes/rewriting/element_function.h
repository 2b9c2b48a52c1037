#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "ir/graph.h"
#include "ir/ops/recurrent_activation.h"

namespace gatefold {

/// Scalar expressions: what element-wise operators compute for one element. They are numbered in
/// order of definition, so that operands have smaller numbers than what is made of them, and equal
/// ones are defined once. ONNX's operators are written in a few operators of real numbers, such
/// that gradients, at kinks too, stay those of passes/gradients/elementwise.cpp.
class ElementFunction {
 public:
  using Id = std::int32_t;
  static constexpr Id kNone = -1;

  enum class ArgumentKind : std::int8_t {
    kSum,     ///< An element of a linear sum x W + h R + b.
    kState,   ///< An element of a state, read as it is.
    kVector,  ///< A weight of the unit.
    kTruth,   ///< A truth value, 0 or 1.
  };
  enum class Operator : std::int8_t {
    kArgument,  ///< number: its ArgumentKind
    kNumber,    ///< number
    kAdd,       ///< a + b
    kMul,       ///< a b
    kDiv,       ///< a / b
    kPow,       ///< a^number
    kExp,       ///< e^a
    kLog,       ///< ln(a)
    kSigmoid,   ///< 1 / (1 + e^-a)
    kTanh,      ///< tanh(a)
    kSoftplus,  ///< ln(1 + e^a)
    kMax,       ///< max(a, b); where they are equal the gradient by a is number, by b 1 - number
    kLess,      ///< 1 where a < b, else 0
    kEqual,     ///< 1 where a = b, else 0
    kAnd,       ///< a b of truth values
    kWhere,     ///< b where a is not 0, else c
  };
  struct Expression {
    Operator op = Operator::kNumber;
    std::array<Id, 3> operands{kNone, kNone, kNone};
    double number = 0;

    bool operator==(const Expression&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Expression& expression) const;
  };
  /// The value of an expression and its derivatives by the operands.
  struct Evaluation {
    double value = 0;
    std::array<double, 3> slopes{};
  };
  /// `order` is the sign of a - b.
  static Evaluation evaluate(const Expression& expression, const std::array<double, 3>& operands,
                             int order);

  /// Defines one more argument; no two are equal.
  Id add_argument(ArgumentKind kind);
  Id add_number(double number) { return add({.number = number}); }
  /// a + b
  Id add_sum(Id a, Id b) { return add({Operator::kAdd, {a, b, kNone}}); }
  /// factor a
  Id add_scaled(Id a, double factor) { return add({Operator::kMul, {add_number(factor), a, -1}}); }
  /// Defines any expression but an argument; one of numbers becomes the number, if that is finite.
  Id add(const Expression& expression);
  /// True for an element-wise operator of the list, of whatever types.
  static bool knows(const Node& node);
  /// True for a node that add_operator may define, whatever its operands are.
  static bool allows(const Node& node);
  /// Defines what the node computes for one element. `operands` are the elements of its inputs, in
  /// order: constants among them as numbers, kNone where an optional one is missing. Nothing for an
  /// operator that is not element-wise or not listed, for integers, for a Cast that narrows and for
  /// a Pow whose exponent is no number.
  std::optional<Id> add_operator(const Node& node, std::span<const Id> operands);

  Id size() const { return static_cast<Id>(expressions_.size()); }
  const Expression& operator[](Id id) const { return expressions_[static_cast<std::size_t>(id)]; }
  bool is_argument(Id id) const { return (*this)[id].op == Operator::kArgument; }
  bool is_argument(Id id, ArgumentKind kind) const {
    return is_argument(id) && (*this)[id].number == static_cast<double>(kind);
  }
  /// The number that the expression is; nothing for others and for kNone.
  std::optional<double> number_of(Id id) const;

 private:
  std::vector<Expression> expressions_;
  std::unordered_map<Expression, Id, Hash> known_;
};

/// An expression as part of a formula, so that code reads like mathematics.
class Scalar {
 public:
  using Id = ElementFunction::Id;
  using Operator = ElementFunction::Operator;
  Scalar(ElementFunction& function, Id id) : function_(&function), id_(id) {}

  Id id() const { return id_; }
  std::optional<double> as_number() const { return function_->number_of(id_); }
  Scalar number(double number) const { return {*function_, function_->add_number(number)}; }
  Scalar apply(Operator op, double number = 0, Id b = ElementFunction::kNone,
               Id c = ElementFunction::kNone) const {
    return {*function_, function_->add({op, {id_, b, c}, number})};
  }

  friend Scalar operator+(Scalar a, Scalar b) { return a.apply(Operator::kAdd, 0, b.id_); }
  friend Scalar operator*(Scalar a, Scalar b) { return a.apply(Operator::kMul, 0, b.id_); }
  friend Scalar operator/(Scalar a, Scalar b) { return a.apply(Operator::kDiv, 0, b.id_); }
  friend Scalar operator-(Scalar a, Scalar b) { return a + -1.0 * b; }
  friend Scalar operator+(Scalar a, double b) { return a + a.number(b); }
  friend Scalar operator*(double a, Scalar b) { return b.number(a) * b; }
  friend Scalar operator/(Scalar a, double b) { return a / a.number(b); }
  friend Scalar operator-(double a, Scalar b) { return b.number(a) - b; }

 private:
  ElementFunction* function_;
  Id id_;
};

/// The greater and the smaller one; `share` of the gradient goes to a where both are equal.
Scalar maximum(Scalar a, Scalar b, double share);
Scalar minimum(Scalar a, Scalar b, double share);
/// An activation function of recurrent nodes, with their gradient.
Scalar activated(ActivationKind kind, Scalar x, double alpha, double beta);

}  // namespace gatefold
