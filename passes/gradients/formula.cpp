#include "passes/gradients/formula.h"

#include <numeric>

#include "ir/error.h"

namespace gatefold::gradients {

// The formula is made for a copy of the node that reads copies of the wanted inputs: it is
// differentiated by each input alone, although one may be computed from another or be given twice.
Gradients differentiate_formula(GradientBuilder& g, const Node& node, const Gradients& dY,
                                Formula formula) {
  const Node* last = g.graph().nodes().back().get();
  std::vector<Value*> inputs = node.inputs();
  std::vector<Value*> targets;
  for (Value*& input : inputs) {
    if (!g.wants(input)) continue;
    input = g.add("Identity", {input});
    targets.push_back(input);
  }
  Node* copy =
      g.add_node(node.op().name, inputs, node.output_count(), node.attrs(), node.op().domain);
  copy->set_name(node.name());
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) == nullptr) copy->drop_output(i);
  }
  const std::vector<Value*> results = formula(g, *copy);
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) != nullptr) g.graph().replace_all_uses(copy->output(i), node.output(i));
  }
  g.graph().erase_node(copy);
  Gradients dy = dY;
  dy.resize(results.size());
  const Gradients gradients =
      differentiate(g.graph(), nodes_behind(g.graph(), last), results, dy, targets);
  Gradients dX;
  std::size_t next = 0;
  for (Value* input : node.inputs()) dX.push_back(g.wants(input) ? gradients[next++] : nullptr);
  return dX;
}

Term widened(GradientBuilder& g, Value* value) {
  const Term term(g, value);
  if (!is_half(value->type().dtype)) return term;
  return term.apply("Cast", {{"to", static_cast<std::int64_t>(DataType::kFloat32)}});
}

Term reduced(std::string_view op, const Term& x, const std::vector<std::int64_t>& axes) {
  GraphBuilder& g = x.builder();
  return {g, g.add(op, {x, g.add_ints(axes)}, {{"noop_with_empty_axes", std::int64_t{1}}})};
}

std::vector<std::int64_t> axes_between(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> axes(last > first ? last - first : 0);
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

std::int64_t known_rank(const Node& node, std::size_t input) {
  const Type& type = node.input(input)->type();
  if (!type.has_rank()) {
    fail("{} cannot be differentiated: the rank of its input {} is not known", node.describe(),
         node.op().inputs[input].name);
  }
  return type.rank();
}

}  // namespace gatefold::gradients
