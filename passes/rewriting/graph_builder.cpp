#include "passes/rewriting/graph_builder.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "ir/infer.h"

namespace gatefold {
namespace {

Node* add_inferred(Graph& graph, Node* before, const OpDef& op, const std::vector<Value*>& inputs,
                   std::size_t outputs, Attrs attrs) {
  std::string base(op.name);
  std::transform(base.begin(), base.end(), base.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  std::vector<std::string> names;
  for (std::size_t i = 0; i < outputs; ++i) names.push_back(graph.unique_name(base));
  Node* added = graph.add_node(op, inputs, names, std::move(attrs), before);
  infer_types(*added);
  return added;
}

/// How an extent of a broadcast result came from that of the operand.
enum class Stretch : std::int8_t { kNone, kFromOne, kUnknown };

Stretch stretch_of(const Dim& operand, const Dim& result) {
  if (operand.same_as(result)) return Stretch::kNone;
  if (!operand.is_known()) return Stretch::kUnknown;
  if (operand.size() != 1) return Stretch::kNone;
  return result.is_known() || result.is_symbol() ? Stretch::kFromOne : Stretch::kUnknown;
}

}  // namespace

Value* GraphBuilder::add(std::string_view op, const std::vector<Value*>& inputs, Attrs attrs,
                         std::string_view domain) {
  return add_node(op, inputs, 1, std::move(attrs), domain)->output();
}

Node* GraphBuilder::add_node(std::string_view op_name, const std::vector<Value*>& inputs,
                             std::size_t outputs, Attrs attrs, std::string_view domain) {
  return add_inferred(graph_, nullptr, op(op_name, domain), inputs, outputs, std::move(attrs));
}

Node* GraphBuilder::add_node_before(Node& before, std::string_view op_name,
                                    const std::vector<Value*>& inputs, std::size_t outputs,
                                    Attrs attrs, std::string_view domain) {
  return add_inferred(graph_, &before, op(op_name, domain), inputs, outputs, std::move(attrs));
}

Value* GraphBuilder::add_constant(std::string_view name, Tensor data) {
  return graph_.add_constant(graph_.unique_name(name), std::move(data));
}

Value* GraphBuilder::add_ints(const std::vector<std::int64_t>& values) {
  return add_constant("ints", Tensor::of<std::int64_t>({static_cast<std::int64_t>(values.size())},
                                                       std::span(values)));
}

Value* GraphBuilder::add_scalar(double number, const Value& like) {
  return add_constant("number", Tensor::scalar(number).converted(like.type().dtype));
}

Value* GraphBuilder::shape_of(Value& value) {
  const Type& type = value.type();
  return type.is_static() ? add_ints(type.dims()) : add("Shape", {&value});
}

Value* GraphBuilder::size_of(Value& value) { return add("Size", {&value}); }

Value* GraphBuilder::zeros_like(Value& like) {
  const Tensor zero = Tensor::of<double>({1}, {0}).converted(like.type().dtype);
  return add("ConstantOfShape", {shape_of(like)}, {{"value", zero}});
}

Value* GraphBuilder::reshape_like(Value& value, Value& like) {
  return add("Reshape", {&value, shape_of(like)}, {{"allowzero", std::int64_t{1}}});
}

Value* GraphBuilder::expand_like(Value& value, Value& like) {
  return add("Expand", {&value, shape_of(like)});
}

Value* GraphBuilder::sum_like(Value& value, Value& like) {
  const Type& from = value.type();
  const Type& to = like.type();
  if (!from.has_rank() || !to.has_rank() || from.rank() < to.rank()) {
    return add("SumToShape", {&value, shape_of(like)}, {}, kGatefoldDomain);
  }
  const std::int64_t added = from.rank() - to.rank();
  std::vector<std::int64_t> leading;
  for (std::int64_t axis = 0; axis < added; ++axis) leading.push_back(axis);
  std::vector<std::int64_t> stretched;
  for (std::int64_t axis = 0; axis < to.rank(); ++axis) {
    switch (stretch_of((*to.shape)[axis], (*from.shape)[axis + added])) {
      case Stretch::kNone:
        break;
      case Stretch::kFromOne:
        stretched.push_back(axis);
        break;
      case Stretch::kUnknown:
        return add("SumToShape", {&value, shape_of(like)}, {}, kGatefoldDomain);
    }
  }
  Value* sum = &value;
  if (!leading.empty()) {
    sum = add("ReduceSum", {sum, add_ints(leading)}, {{"keepdims", std::int64_t{0}}});
  }
  if (!stretched.empty()) sum = add("ReduceSum", {sum, add_ints(stretched)});
  return sum;
}

Term where(const Term& mask, const Term& a, const Term& b) {
  return {mask.builder(), mask.builder().add("Where", {mask, a, b})};
}

}  // namespace gatefold
