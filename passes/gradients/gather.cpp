#include "ir/error.h"
#include "passes/gradients/gradient_table.h"
#include "passes/gradients/scatter_back.h"

namespace gatefold::gradients {
namespace {

// Y = rows of X at indices: dX adds the rows of dY there, repeated indices add up.
Gradients gather_rule(GradientBuilder& g, Node& node, const Gradients& dY) {
  return {g.add("GatherGrad", {g.shape_of(*node.input(0)), node.input(1), dY[0]},
                {{"axis", node.attr_int("axis")}}, kGatefoldDomain)};
}

// dX = GatherGrad(dY) is linear: the gradient of dY gathers.
Gradients gather_grad(GradientBuilder& g, Node& node, const Gradients& dY) {
  return {nullptr, nullptr,
          g.add("Gather", {dY[0], node.input(1)}, {{"axis", node.attr_int("axis")}})};
}

Gradients sum_to_shape(GradientBuilder& g, Node& node, const Gradients& dY) {
  return {g.expand_like(*dY[0], *node.input(0))};
}

// past_cache keeps its gradient but where update is written, which gets that.
Gradients tensor_scatter(GradientBuilder& g, Node& node, const Gradients& dY) {
  Value& update = *node.input(1);
  std::vector<Value*> inputs = node.inputs();
  inputs[0] = dY[0];
  inputs[1] = g.zeros_like(update);
  Value* past = g.add("TensorScatter", inputs, node.attrs());
  const Term none(g, g.add_constant("none", Tensor::scalar<std::int64_t>(-1)));
  inputs[0] = g.expand_like(*none.value(), *node.input(0));
  inputs[1] = element_numbers(g, update);
  const Term source(g, g.add("TensorScatter", inputs, node.attrs()));
  const Term is_kept = source.apply("Equal", none.value());
  const Term d(g, dY[0]);
  return {past, add_at(g, update, where(is_kept, source.number(0), source),
                       where(is_kept, d.number(0), d))};
}

Value* add_along(GradientBuilder& g, Value& x, Value* indices, Value* dY, std::int64_t axis) {
  return g.add("ScatterElements", {g.zeros_like(x), indices, dY},
               {{"axis", axis}, {"reduction", std::string("add")}});
}

Gradients gather_elements(GradientBuilder& g, Node& node, const Gradients& dY) {
  return {add_along(g, *node.input(0), node.input(1), dY[0], node.attr_int("axis"))};
}

Gradients top_k(GradientBuilder& g, Node& node, const Gradients& dY) {
  if (dY[0] == nullptr) return {};
  const Node* forward = &node;
  if (node.output(1) == nullptr) forward = g.add_node("TopK", node.inputs(), 2, node.attrs());
  return {add_along(g, *node.input(0), forward->output(1), dY[0], node.attr_int("axis"))};
}

// What was written over gets no gradient, what was written gets it from where it went, by the
// operator that reads there; with addition both get it whole.
Gradients scatter(GradientBuilder& g, const Node& node, Value* dY, std::string_view reader,
                  const Attrs& attrs) {
  const std::string& reduction = node.attr_string("reduction");
  Value* updates = g.add(reader, {dY, node.input(1)}, attrs);
  if (reduction == "add") return {dY, nullptr, updates};
  if (reduction != "none") {
    fail("{}: the gradient of reduction '{}' is not defined; only 'none' and 'add' are",
         node.describe(), reduction);
  }
  Value* zeros = g.zeros_like(*node.input(2));
  return {g.add(node.op().name, {dY, node.input(1), zeros}, attrs), nullptr, updates};
}

Gradients scatter_elements(GradientBuilder& g, Node& node, const Gradients& dY) {
  return scatter(g, node, dY[0], "GatherElements", {{"axis", node.attr_int("axis")}});
}

Gradients scatter_nd(GradientBuilder& g, Node& node, const Gradients& dY) {
  return scatter(g, node, dY[0], "GatherND", {});
}

}  // namespace

std::vector<GradientEntry> gather() {
  return {
      {.op = "Gather", .rule = gather_rule},
      {.op = "GatherElements", .rule = gather_elements},
      {.op = "GatherND", .rule = scatter_back},
      {.op = "ScatterElements", .rule = scatter_elements},
      {.op = "ScatterND", .rule = scatter_nd},
      {.op = "TopK", .rule = top_k},
      {.op = "TensorScatter", .rule = tensor_scatter},
      {.op = "GatherGrad", .domain = kGatefoldDomain, .rule = gather_grad},
      {.op = "SumToShape", .domain = kGatefoldDomain, .rule = sum_to_shape},
  };
}

}  // namespace gatefold::gradients
