#include "language/templates/network.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ir/infer.h"
#include "ir/value_names.h"
#include "language/templates/initial_weights.h"

namespace gatefold {

Value* add_named(GraphBuilder& builder, const std::string& name, std::string_view op,
                 const std::vector<Value*>& inputs, Attrs attrs) {
  Node* node = builder.graph().add_node(gatefold::op(op), inputs, {name}, std::move(attrs));
  infer_types(*node);
  return node->output();
}

Value* LinearWeights::add_to(GraphBuilder& builder, Value* x) const {
  Value* product = builder.add("MatMul", {x, matrix});
  return bias == nullptr ? product : builder.add("Add", {product, bias});
}

Network::Network(std::string name, std::uint64_t seed) : seed_(seed), builder_(*model_.graph) {
  model_.graph->set_name(std::move(name));
}

Value* Network::input(const std::string& name, Type type) {
  return model_.graph->add_input(name, std::move(type));
}

void Network::output(const std::string& name, Value* value) {
  model_.graph->add_output(name, value);
}

Value* Network::uniform(const std::string& name, Dims dims, std::int64_t fan) {
  return bounded(name, std::move(dims), 1 / std::sqrt(static_cast<double>(fan)));
}

Value* Network::bounded(const std::string& name, Dims dims, double bound) {
  return model_.graph->add_parameter(name, uniform_weights(seed_, name, std::move(dims), bound));
}

Value* Network::filled(const std::string& name, Dims dims, float number) {
  Tensor weights(DataType::kFloat32, std::move(dims));
  std::fill_n(weights.data<float>(), weights.size(), number);
  return model_.graph->add_parameter(name, std::move(weights));
}

Value* Network::embedding(const std::string& module, Value* indices, std::int64_t rows,
                          std::int64_t width, std::int64_t padding) {
  const std::string name = module + ".weight";
  Tensor table = normal_weights(seed_, name, {rows, width});
  if (padding >= 0) std::fill_n(table.data<float>() + padding * width, width, 0.0F);
  return builder_.add("Gather", {model_.graph->add_parameter(name, std::move(table)), indices});
}

Value* Network::transposed(Value* weight) {
  return builder_.add("Transpose", {weight}, {{"perm", std::vector<std::int64_t>{1, 0}}});
}

LinearWeights Network::linear_weights(const std::string& module, std::int64_t in, std::int64_t out,
                                      bool has_bias) {
  return {transposed(uniform(module + ".weight", {out, in}, in)),
          has_bias ? uniform(module + ".bias", {out}, in) : nullptr};
}

Value* Network::linear(const std::string& module, Value* x, std::int64_t in, std::int64_t out,
                       bool has_bias) {
  return linear_weights(module, in, out, has_bias).add_to(builder_, x);
}

Value* Network::tied_linear(const std::string& module, Value* x, const std::string& other,
                            std::int64_t in, std::int64_t out) {
  Value* weight = find_initializer(*model_.graph, other + ".weight");
  return LinearWeights{transposed(weight), uniform(module + ".bias", {out}, in)}.add_to(builder_,
                                                                                        x);
}

Model Network::finish(const std::vector<CarriedState>& states) {
  model_.metadata = metadata_of(states);
  model_.producer = "gatefold";
  return std::move(model_);
}

}  // namespace gatefold
