#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ir/graph.h"

namespace gatefold::tools {

/// The multiply-accumulate operations of a graph, as far as its types tell them.
struct MacCount {
  std::int64_t macs = 0;
  /// An extent that a count depends on and that has no size; empty when everything is counted.
  std::string open_extent;
};

/// Sums over MatMul, Gemm, Conv, ConvTranspose, LSTM, GRU and RNN nodes, sub-graphs included; the
/// body of a loop counts once.
MacCount count_macs(const Graph& graph);

}  // namespace gatefold::tools
