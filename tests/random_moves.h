#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/view_moves.h"

namespace gatefold::test {

/// A graph whose values are told apart by their elements: every input counts on where the one
/// before it ends.
class MovedGraph {
 public:
  explicit MovedGraph(const Shape& shape);

  GraphBuilder& builder() { return builder_; }
  Value* input() const { return input_; }
  /// Applies a move; nullptr where it does not fit.
  Value* apply(const Move& move, Value* value);
  /// Removes all nodes but the first ones.
  void keep(std::size_t nodes);
  std::size_t node_count() const { return graph_.node_count(); }
  /// Computes a value for these extents of the first input; nothing where that cannot be.
  std::optional<Tensor> evaluate(Value& value, const Dims& dims);

 private:
  Tensor numbers_for(const Value& input, const Dims& dims, std::int64_t first) const;

  Graph graph_;
  GraphBuilder builder_{graph_};
  Value* input_;
};

/// Up to five moves, one behind the other, of an input of which, with `has_names`, some extents are
/// names.
struct RandomChain {
  RandomChain(std::uint64_t seed, bool has_names);

  Dims dims;  ///< Of the input, which the moves are made for.
  Shape shape;
  MovedGraph graph;
  Value* value;  ///< The result.
  std::string text;
};

/// All extents up to three with up to three axes, and some with four.
const std::vector<Dims>& small_dims();

}  // namespace gatefold::test
