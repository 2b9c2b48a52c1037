#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "backend/executable.h"
#include "ir/graph.h"

namespace gatefold {

/// Where numbers that are not finite begin.
struct NonFiniteOrigin {
  /// "node 'd' (Div) made the first nan, in 'q' float[2] (1 to 1, 1 nan), from 'a' float[2] (0 to
  /// 1), 'b' float[2] (0 to 1)"; in a loop with the iteration before it. Where a nan is made of
  /// infinite numbers, what made those is told first.
  std::string text;
  std::string source = {};  ///< The input or initializer that held them already; empty for a node.
  bool is_in_outputs = true;  ///< Else the outputs are finite, and only an inner value is not.
};

/// Runs a graph once with every value of it as an output and looks for the first node that makes a
/// number that is not finite, among those such numbers in the first `outputs` outputs come from.
/// A node makes a nan when none of its inputs has one, and an infinite number when all its inputs
/// are finite: a mask that holds -inf is no fault as such. When the outputs are finite, a nan in an
/// inner value is found all the same. Nodes inside of the maker are looked at by plain evaluation.
/// Nothing when there is none. Throws Error as Context::run.
std::optional<NonFiniteOrigin> find_non_finite(const Graph& graph, std::span<const Datum> inputs,
                                               const CompileOptions& options, std::size_t outputs);

}  // namespace gatefold
