#pragma once

#include <cstdint>
#include <string>

#include "backend/executable.h"
#include "ir/graph.h"

namespace gatefold::tools {

/// The multiply-accumulate operations of a graph, as far as its types tell them.
struct MacCount {
  std::int64_t macs = 0;
  /// An extent that a count depends on and that has no size; empty when everything is counted.
  std::string open_extent;
};

/// Those of one MatMul, Gemm, Conv, ConvTranspose, ConvWeightGrad, LSTM, GRU or RNN, or of the
/// training form or the gradient of the last three; 0 for every other operator.
MacCount count_macs(const TypedNode& node);

/// Sums over all nodes, sub-graphs included; the body of a loop counts once.
MacCount count_macs(const Graph& graph);

}  // namespace gatefold::tools
