#pragma once

#include <functional>
#include <string>
#include <vector>

#include "passes/rewriting/graph_builder.h"

namespace gatefold::test {

/// An operator that moves elements, with its attributes, to be applied to a value.
struct Move {
  std::string text;
  std::function<Value*(GraphBuilder& builder, Value* value)> apply;
};

/// Every operator of the table of views with every small choice of its attributes, as they fit a
/// value of these extents. Other inputs of the operators are inputs of the graph or ranges.
std::vector<Move> moves_of(const Dims& dims);
/// Those of one of so many kinds of operators.
std::vector<Move> moves_of(const Dims& dims, std::size_t kind);
std::size_t move_kinds();

}  // namespace gatefold::test
