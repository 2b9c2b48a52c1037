#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace gatefold::test {

/// What a check of gradients against central differences found.
struct GradientCheck {
  /// True when any gradient has an element that is not zero.
  bool has_nonzero = false;
  /// Everything that was wrong, one sentence a line; empty when all is well.
  std::string failures;
};

/// What the graph that is differentiated knows of the shapes of its inputs.
enum class InputShapes : std::int8_t {
  kStated,
  kRanks,      ///< No extents.
  kAllButOne,  ///< Nothing of the first one.
  kNone,
};

/// Differentiates loss = sum(r * y) over all float outputs y of a graph, with fixed random r, with
/// respect to its float inputs and parameters but those in `settings`, and compares with central
/// differences of the forward graph, both evaluated in double. Small values are checked element by
/// element, large ones along random directions. Also checks that the differentiated graph is sound
/// and that its gradients have the extents and element types of what they belong to when evaluated
/// as they are. Throws Error when the graph cannot be differentiated.
GradientCheck check_gradients(const Graph& graph, const std::vector<Datum>& inputs,
                              const std::vector<std::string>& settings = {},
                              InputShapes shapes = InputShapes::kStated);
/// The same of a graph given as text.
GradientCheck check_gradients(const std::string& text, const std::vector<Datum>& inputs,
                              const std::vector<std::string>& settings = {},
                              InputShapes shapes = InputShapes::kStated);

}  // namespace gatefold::test
