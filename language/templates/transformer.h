#pragma once

#include <cstdint>
#include <string>

#include "language/templates/network.h"

namespace gatefold {

/// A stack of nn.TransformerEncoderLayer with its defaults: attention, then two dense layers with
/// Relu, each followed by the sum with its input and a LayerNormalization. Source: Vaswani and
/// others, "Attention is all you need", 2017.
struct TransformerShape {
  std::int64_t width = 0;  ///< D, a multiple of `heads`.
  std::int64_t heads = 1;
  std::int64_t hidden = 0;  ///< Width between the two dense layers.
  std::int64_t layers = 1;
};

/// Adds a stack over x [N, T, D]. `allowed` (bool, broadcastable to [N, heads, T, T]) says which
/// positions each position attends to. Parameters are named
/// "<module>.layers.0.self_attn.in_proj_weight" and so on, as nn.TransformerEncoder names them.
Value* add_transformer(Network& network, const std::string& module, Value* x, Value* allowed,
                       const TransformerShape& shape);

}  // namespace gatefold
