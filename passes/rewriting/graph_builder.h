#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "ir/op_def.h"

namespace gatefold {

/// Adds formulas to a graph. New nodes stand at its end, behind everything they may read, and have
/// their types inferred.
class GraphBuilder {
 public:
  explicit GraphBuilder(Graph& graph) : graph_(graph) {}

  Graph& graph() const { return graph_; }

  /// Adds a node with one output.
  Value* add(std::string_view op, const std::vector<Value*>& inputs, Attrs attrs = {},
             std::string_view domain = kOnnxDomain);
  /// Adds a node with several outputs.
  Node* add_node(std::string_view op, const std::vector<Value*>& inputs, std::size_t outputs,
                 Attrs attrs = {}, std::string_view domain = kOnnxDomain);
  /// Adds a node with as many outputs before `before`, for what the forward part of the graph must
  /// compute in addition.
  Node* add_node_before(Node& before, std::string_view op, const std::vector<Value*>& inputs,
                        std::size_t outputs, Attrs attrs = {},
                        std::string_view domain = kOnnxDomain);

  Value* add_constant(std::string_view name, Tensor data);
  /// A constant list of int64.
  Value* add_ints(const std::vector<std::int64_t>& values);
  /// A scalar of the element type of `like`.
  Value* add_scalar(double number, const Value& like);

  /// The extents of a value: a constant where they are all known, else a Shape node.
  Value* shape_of(Value& value);
  /// The number of elements of a value as an int64 scalar.
  Value* size_of(Value& value);
  /// Zeros with the extents and element type of `like`.
  Value* zeros_like(Value& like);
  /// The same elements in order, with the extents of `like`.
  Value* reshape_like(Value& value, Value& like);
  /// The value broadcast to the extents of `like`.
  Value* expand_like(Value& value, Value& like);
  /// The sum of `value` over the axes along which broadcasting stretched `like` to its extents; has
  /// the extents of `like`.
  Value* sum_like(Value& value, Value& like);

 private:
  Graph& graph_;
};

/// A value as part of a formula, so that code reads like mathematics. Numbers take the element type
/// of the other operand.
class Term {
 public:
  Term(GraphBuilder& builder, Value* value) : builder_(&builder), value_(value) {}

  GraphBuilder& builder() const { return *builder_; }
  Value* value() const { return value_; }
  operator Value*() const { return value_; }  // NOLINT(google-explicit-constructor)

  Term apply(std::string_view op, Attrs attrs = {}) const {
    return {*builder_, builder_->add(op, {value_}, std::move(attrs))};
  }
  Term apply(std::string_view op, Value* other, Attrs attrs = {}) const {
    return {*builder_, builder_->add(op, {value_, other}, std::move(attrs))};
  }
  /// The number as a scalar of this term's element type.
  Term number(double number) const { return {*builder_, builder_->add_scalar(number, *value_)}; }

  friend Term operator+(const Term& a, const Term& b) { return a.apply("Add", b.value_); }
  friend Term operator-(const Term& a, const Term& b) { return a.apply("Sub", b.value_); }
  friend Term operator*(const Term& a, const Term& b) { return a.apply("Mul", b.value_); }
  friend Term operator/(const Term& a, const Term& b) { return a.apply("Div", b.value_); }
  friend Term operator+(const Term& a, double b) { return a + a.number(b); }
  friend Term operator+(double a, const Term& b) { return b + a; }
  friend Term operator-(const Term& a, double b) { return a - a.number(b); }
  friend Term operator-(double a, const Term& b) { return b.number(a) - b; }
  friend Term operator*(const Term& a, double b) { return a * a.number(b); }
  friend Term operator*(double a, const Term& b) { return b * a; }
  friend Term operator/(const Term& a, double b) { return a / a.number(b); }
  friend Term operator/(double a, const Term& b) { return b.number(a) / b; }
  Term operator-() const { return apply("Neg"); }

 private:
  GraphBuilder* builder_;
  Value* value_;
};

/// `mask` is a boolean term.
Term where(const Term& mask, const Term& a, const Term& b);

}  // namespace gatefold
