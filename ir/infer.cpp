#include "ir/infer.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/elements.h"

namespace gatefold {
namespace {

const Port* port_of(const std::vector<Port>& ports, std::size_t index) {
  if (index < ports.size()) return &ports[index];
  if (!ports.empty() && ports.back().arity == Port::Arity::kVariadic) return &ports.back();
  return nullptr;
}

void check_counts(const Node& node) {
  const OpDef& def = node.op();
  for (std::size_t i = 0; i < def.inputs.size(); ++i) {
    const Port& port = def.inputs[i];
    if (port.arity == Port::Arity::kRequired && node.input(i) == nullptr) {
      fail("{}: input {} (number {}) is missing but required", node.describe(), port.name, i);
    }
  }
  if (node.input_count() > 0 && port_of(def.inputs, node.input_count() - 1) == nullptr) {
    fail("{}: it has {} inputs but the operator takes at most {}", node.describe(),
         node.input_count(), def.inputs.size());
  }
  if (node.output_count() > 0 && port_of(def.outputs, node.output_count() - 1) == nullptr) {
    fail("{}: it has {} outputs but the operator gives at most {}", node.describe(),
         node.output_count(), def.outputs.size());
  }
}

void check_input_types(const Node& node, std::span<const Type* const> inputs) {
  InlineVector<std::size_t> bound;  // The first input of each type variable.
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Port& port = *port_of(node.op().inputs, i);
    if (inputs[i] == nullptr || port.holds_any) continue;
    const Type& type = *inputs[i];
    if (!type.is_tensor()) {
      fail("{}: input {} is {} but must be a tensor", node.describe(), port.name, to_string(type));
    }
    if (type.dtype == DataType::kUndefined) continue;
    if (!port.allowed.contains(type.dtype)) {
      fail("{}: input {} is {}, an element type that the operator does not take", node.describe(),
           port.name, to_string(type));
    }
    if (port.type_variable.empty()) continue;
    const auto* const first = std::find_if(bound.begin(), bound.end(), [&](std::size_t input) {
      return port_of(node.op().inputs, input)->type_variable == port.type_variable;
    });
    if (first == bound.end()) {
      bound.push_back(i);
    } else if (inputs[*first]->dtype != type.dtype) {
      fail("{}: input {} is {} but input {} is {}; their element types must be equal",
           node.describe(), port.name, name_of(type.dtype), port_of(node.op().inputs, *first)->name,
           name_of(inputs[*first]->dtype));
    }
  }
}

constexpr std::string_view kAttrKindNames[] = {
    "an integer",       "a float",           "a string", "a list of integers",
    "a list of floats", "a list of strings", "a tensor", "a graph"};

void check_attrs(const Node& node) {
  for (const auto& [name, value] : node.attrs()) {
    const AttrDef* def = node.op().find_attr(name);
    if (def == nullptr) {
      fail("{}: attribute '{}' is not one of the operator's", node.describe(), name);
    }
    if (static_cast<std::size_t>(def->kind) != value.index()) {
      fail("{}: attribute '{}' is {} but must be {}", node.describe(), name,
           kAttrKindNames[value.index()], kAttrKindNames[static_cast<std::size_t>(def->kind)]);
    }
  }
  for (const AttrDef& def : node.op().attrs) {
    if (def.is_required && !node.has_attr(def.name)) {
      fail("{}: attribute '{}' is missing but required", node.describe(), def.name);
    }
  }
}

std::vector<Type> infer_graph(Graph& graph, std::vector<Type> inputs) {
  for (std::size_t i = 0; i < inputs.size() && i < graph.inputs().size(); ++i) {
    graph.inputs()[i]->set_type(std::move(inputs[i]));
  }
  infer_types(graph);
  std::vector<Type> outputs;
  for (const Graph::Output& output : graph.outputs()) outputs.push_back(output.value->type());
  return outputs;
}

}  // namespace

void InferContext::expect_rank(std::size_t index, std::int64_t rank) const {
  if (!has_input(index) || !has_rank(index) || input(index).rank() == rank) return;
  fail("{} is {} with {} dimensions but must have {}", name_of_input(index),
       to_string(input(index)), input(index).rank(), rank);
}

std::int64_t InferContext::axis(std::int64_t axis, std::int64_t rank) const {
  if (axis < -rank || axis >= rank) {
    fail("axis {} is outside [{}, {}), the axes of a tensor with {} dimensions", axis, -rank, rank,
         rank);
  }
  return axis < 0 ? axis + rank : axis;
}

std::string InferContext::name_of_input(std::size_t index) const {
  return fmt::format("input {}", port_of(node_.op().inputs, index)->name);
}

void check_signature(const Node& node) {
  check_counts(node);
  check_attrs(node);
}

std::vector<Type> infer_outputs(const Node& node, std::span<const Type* const> inputs,
                                std::span<const Tensor* const> values,
                                std::span<const std::optional<std::vector<Element>>> elements,
                                const InferSubGraph& infer_sub_graph) {
  check_input_types(node, inputs);
  InferContext context(node, inputs, values, elements, infer_sub_graph);
  node.op().infer(context);
  return context.take_outputs();
}

std::vector<Type> infer_node(const Node& node, std::span<const Type* const> inputs,
                             std::span<const Tensor* const> values,
                             std::span<const std::optional<std::vector<Element>>> elements,
                             const InferSubGraph& infer_sub_graph) {
  check_signature(node);
  return infer_outputs(node, inputs, values, elements, infer_sub_graph);
}

void infer_types(Node& node) {
  const std::size_t count = node.input_count();
  std::vector<const Type*> types(count);
  std::vector<const Tensor*> values(count);
  std::vector<std::optional<Elements>> elements(count);
  std::vector<std::optional<Tensor>> numbers(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Value* value = node.input(i);
    if (value == nullptr) continue;
    types[i] = &value->type();
    values[i] = value->data();
    elements[i] = elements_of(*value);
    if (values[i] != nullptr || !elements[i]) continue;
    numbers[i] = to_tensor(*elements[i], value->type());
    if (numbers[i]) values[i] = &*numbers[i];
  }
  std::vector<Type> outputs = infer_node(node, types, values, elements, infer_graph);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (node.output(i) != nullptr) node.output(i)->set_type(std::move(outputs[i]));
  }
  std::vector<std::optional<Elements>> known = infer_elements(node);
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (node.output(i) != nullptr) node.output(i)->set_elements(std::move(known[i]));
  }
}

void infer_types(Graph& graph) {
  for (const auto& node : graph.nodes()) infer_types(*node);
}

Shape broadcast(const InferContext& context, const Shape& a, const Shape& b) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape result = longer;
  const std::size_t offset = longer.size() - shorter.size();
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    const Dim& x = longer[offset + i];
    const Dim& y = shorter[i];
    if (x.same_as(y) || y.is(1)) continue;
    if (x.is(1) || (y.is_known() && !x.is_known())) {
      result[offset + i] = y;
    } else if (x.is_known() && y.is_known()) {
      context.fail("shapes {} and {} cannot be broadcast together: {} against {}", to_string(a),
                   to_string(b), x.size(), y.size());
    } else if (!x.is_known()) {
      result[offset + i] = Dim();
    }
  }
  return result;
}

Dim merge(const InferContext& context, const Dim& a, const Dim& b, std::string_view what) {
  if (a.is_known() && b.is_known() && a.size() != b.size()) {
    context.fail("{}: {} and {} must be equal", what, a.size(), b.size());
  }
  if (a.is_known()) return a;
  return b.is_known() || !a.is_symbol() ? b : a;
}

void infer_same_as_input(InferContext& context) { context.set_output(0, context.input(0)); }

}  // namespace gatefold
