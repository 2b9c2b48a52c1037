#include "language/templates/transformer.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

#include "language/templates/building.h"

namespace gatefold {
namespace {

/// Builds the layers of one stack.
class StackBuilder {
 public:
  StackBuilder(Network& network, Value* allowed, const TransformerShape& shape)
      : network_(network), builder_(network.builder()), allowed_(allowed), shape_(shape) {}

  Value* add_layer(const std::string& layer, Value* x) {
    x = normalize(layer + ".norm1", builder_.add("Add", {x, attend(layer + ".self_attn", x)}));
    Value* wide = network_.linear(layer + ".linear1", x, shape_.width, shape_.hidden);
    Value* narrow = network_.linear(layer + ".linear2", builder_.add("Relu", {wide}), shape_.hidden,
                                    shape_.width);
    return normalize(layer + ".norm2", builder_.add("Add", {x, narrow}));
  }

 private:
  Value* normalize(const std::string& module, Value* x) {
    return builder_.add("LayerNormalization",
                        {x, network_.filled(module + ".weight", {shape_.width}, 1),
                         network_.filled(module + ".bias", {shape_.width}, 0)});
  }

  /// [N, T, D] -> [N, heads, T, D/heads]
  Value* by_head(Value* x) {
    Value* parts = builder_.add(
        "Reshape", {x, builder_.add_ints({0, 0, shape_.heads, shape_.width / shape_.heads})});
    return transpose(network_, parts, {0, 2, 1, 3});
  }

  Value* attend(const std::string& module, Value* x) {
    const std::int64_t width = shape_.width;
    // nn.MultiheadAttention draws all three matrices as one of [3D, D], by Xavier's rule.
    Value* weight = network_.bounded(module + ".in_proj_weight", {3 * width, width},
                                     std::sqrt(6.0 / static_cast<double>(4 * width)));
    Value* bias = network_.filled(module + ".in_proj_bias", {3 * width}, 0);
    Value* joined = builder_.add(
        "Add", {builder_.add("MatMul", {x, transpose(network_, weight, {1, 0})}), bias});
    Node* parts = builder_.add_node("Split", {joined, builder_.add_ints({width, width, width})}, 3,
                                    {{"axis", std::int64_t{-1}}});
    Value* query = by_head(parts->output(0));
    Value* key = transpose(network_, by_head(parts->output(1)), {0, 1, 3, 2});
    const Term products(builder_, builder_.add("MatMul", {query, key}));
    const std::int64_t depth = width / shape_.heads;
    const double scale = std::sqrt(static_cast<double>(depth));
    Value* lowest = builder_.add_constant("lowest", Tensor::scalar(-1e30F));
    Value* weights =
        builder_.add("Softmax", {builder_.add("Where", {allowed_, products / scale, lowest})},
                     {{"axis", std::int64_t{-1}}});
    Value* mixed = transpose(network_, builder_.add("MatMul", {weights, by_head(parts->output(2))}),
                             {0, 2, 1, 3});
    Value* all = builder_.add("Reshape", {mixed, builder_.add_ints({0, 0, width})});
    Value* out = network_.linear(module + ".out_proj", all, width, width, false);
    return builder_.add("Add", {out, network_.filled(module + ".out_proj.bias", {width}, 0)});
  }

  Network& network_;
  GraphBuilder& builder_;
  Value* allowed_;
  const TransformerShape& shape_;
};

}  // namespace

Value* add_transformer(Network& network, const std::string& module, Value* x, Value* allowed,
                       const TransformerShape& shape) {
  StackBuilder stack(network, allowed, shape);
  for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
    x = stack.add_layer(fmt::format("{}.layers.{}", module, layer), x);
  }
  return x;
}

}  // namespace gatefold
