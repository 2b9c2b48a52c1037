#include "passes/gradients/scatter_back.h"

namespace gatefold::gradients {

Value* add_at(GradientBuilder& g, Value& x, Value* positions, Value* dY) {
  Value* all = g.add_ints({-1});
  Value* count = g.add("Reshape", {g.size_of(x), g.add_ints({1})});
  const Tensor zero = Tensor::of<double>({1}, {0}).converted(x.type().dtype);
  Value* zeros = g.add("ConstantOfShape", {count}, {{"value", zero}});
  Value* sums = g.add("ScatterElements",
                      {zeros, g.add("Reshape", {positions, all}), g.add("Reshape", {dY, all})},
                      {{"axis", std::int64_t{0}}, {"reduction", std::string("add")}});
  return g.reshape_like(*sums, x);
}

Value* element_numbers(GradientBuilder& g, Value& x) {
  Value* zero = g.add_constant("zero", Tensor::scalar<std::int64_t>(0));
  Value* one = g.add_constant("one", Tensor::scalar<std::int64_t>(1));
  return g.reshape_like(*g.add("Range", {zero, g.size_of(x), one}), x);
}

Gradients scatter_back(GradientBuilder& g, Node& node, const Gradients& dY) {
  Value& x = *node.input(0);
  std::vector<Value*> inputs = node.inputs();
  inputs[0] = element_numbers(g, x);
  return {add_at(g, x, g.add(node.op().name, inputs, node.attrs()), dY[0])};
}

}  // namespace gatefold::gradients
