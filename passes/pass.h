#pragma once

#include <string_view>

#include "ir/graph.h"

namespace gatefold {

/// A transformation of a graph. Its name is kebab-case, verb first, and is its file's name.
struct Pass {
  std::string_view name;
  std::string_view summary;
  /// Returns true when the graph was changed.
  bool (*run)(Graph& graph);
};

}  // namespace gatefold
