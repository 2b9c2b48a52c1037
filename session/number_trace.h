#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "backend/executable.h"
#include "ir/graph.h"

namespace gatefold {

/// The place where the first numbers that are not finite come from.
struct NonFiniteOrigin {
  /// "node 'd' (Div) made the first nan, in 'q' float[2] (1 to 1, 1 nan), from 'a' float[2] (0 to
  /// 1), 'b' float[2] (0 to 1)"; in a loop the iteration stands before it. When a nan is made from
  /// infinite numbers, the text first says what made those.
  std::string text;
  std::string source = {};    ///< The input or initializer that holds them; empty for a node.
  bool is_in_outputs = true;  ///< False: only an inner value is not finite.
};

/// Runs a graph once with every value as an output and finds the first node that makes a number
/// that is not finite, among the nodes from which such numbers reach the first `outputs` outputs. A
/// node makes a nan if no input has one, and an infinite number if all its inputs are finite: a
/// mask that holds -inf is not a fault in itself. If the outputs are finite, a nan in an inner
/// value is found nevertheless. The sub-graphs of the node are searched by plain evaluation.
/// Returns nothing if all numbers are finite. Throws Error as Context::run does.
std::optional<NonFiniteOrigin> find_non_finite(const Graph& graph, std::span<const Datum> inputs,
                                               const CompileOptions& options, std::size_t outputs);

}  // namespace gatefold
