#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_set>

#include "ir/graph.h"

namespace gatefold {

/// What a pass may assume, and where it reports.
struct PassContext {
  /// The graph will be trained: parameters change, so only constants are known numbers.
  bool training = false;
  /// Rewrites that may still be applied; for bisecting a wrong result.
  std::int64_t rewrites_left = std::numeric_limits<std::int64_t>::max();
  /// Receives why a rule that nearly matched did not; empty when nobody asked.
  std::function<void(const std::string& reason)> explain = {};
  /// Graphs in which a pass has found the step of no recurrence; none once a pass changes
  /// something.
  std::unordered_set<const Graph*> stepless = {};

  /// Takes one rewrite from the allowance; false when there is none left and the graph must stay.
  bool allow_rewrite() { return rewrites_left > 0 && rewrites_left-- > 0; }
  /// The numbers of a value that cannot change while the compiled graph is used, else nullptr.
  const Tensor* constant(const Value* value) const;
};

/// A transformation of a graph and the sub-graphs in it. It reaches its own fixed point: running it
/// again changes nothing.
struct Pass {
  std::string_view name;     ///< Kebab-case, verb first.
  std::string_view summary;  ///< What the graph gains.
  /// Returns true when the graph was changed. Throws Error when the graph cannot be right.
  bool (*run)(Graph& graph, PassContext& context);
};

}  // namespace gatefold
