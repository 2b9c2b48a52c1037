#include "tests/random_moves.h"

#include <fmt/format.h>

#include <numeric>
#include <random>

#include "ir/error.h"
#include "ir/evaluate.h"

namespace gatefold::test {
namespace {

const Dims& pick_dims(std::uint64_t seed) { return small_dims()[seed % small_dims().size()]; }

Shape name_some(const Dims& dims, std::uint64_t choice, bool has_names) {
  Shape shape(dims.begin(), dims.end());
  for (std::size_t axis = 0; has_names && axis < shape.size(); ++axis) {
    if ((choice >> axis) % 2 == 0) shape[axis] = Dim(fmt::format("n{}", axis));
  }
  return shape;
}

}  // namespace

MovedGraph::MovedGraph(const Shape& shape)
    : input_(graph_.add_input("x", {DataType::kInt64, shape})) {}

Value* MovedGraph::apply(const Move& move, Value* value) {
  const std::size_t nodes = node_count();
  try {
    return move.apply(builder_, value);
  } catch (const Error&) {
    keep(nodes);
    return nullptr;
  }
}

void MovedGraph::keep(std::size_t nodes) {
  if (!graph_.outputs().empty()) graph_.set_output(0, input_);
  while (node_count() > nodes) graph_.erase_node(graph_.nodes().back().get());
}

// Extents of other inputs have the names of those of the first one.
Tensor MovedGraph::numbers_for(const Value& input, const Dims& dims, std::int64_t first) const {
  const Shape& named = *input_->type().shape;
  Dims extents;
  for (const Dim& extent : *input.type().shape) {
    extents.push_back(extent.is_known() ? extent.size() : 1);
    for (std::size_t axis = 0; axis < named.size(); ++axis) {
      if (named[axis].same_as(extent)) extents.back() = dims[axis];
    }
  }
  Tensor numbers(DataType::kInt64, extents);
  std::iota(numbers.data<std::int64_t>(), numbers.data<std::int64_t>() + numbers.size(), first);
  return numbers;
}

std::optional<Tensor> MovedGraph::evaluate(Value& value, const Dims& dims) {
  std::vector<Datum> inputs;
  std::int64_t next = 0;
  for (const Value* input : graph_.inputs()) {
    inputs.emplace_back(numbers_for(*input, dims, next));
    next += std::get<Tensor>(inputs.back()).size();
  }
  if (graph_.outputs().empty()) graph_.add_output("y", &value);
  graph_.set_output(0, &value);
  try {
    return std::get<Tensor>(gatefold::evaluate(graph_, inputs).front());
  } catch (const Error&) {
    return std::nullopt;
  }
}

RandomChain::RandomChain(std::uint64_t seed, bool has_names)
    : dims(pick_dims(seed)),
      shape(name_some(dims, std::mt19937_64(seed)(), has_names)),
      graph(shape),
      value(graph.input()) {
  constexpr std::int64_t kMostElements = 300;
  std::mt19937_64 generator(seed);
  Dims now = dims;
  for (std::size_t length = 1 + generator() % 5; length > 0; --length) {
    const std::vector<Move> moves = moves_of(now, generator() % move_kinds());
    if (moves.empty()) continue;
    const Move& move = moves[generator() % moves.size()];
    const std::size_t nodes = graph.node_count();
    Value* result = graph.apply(move, value);
    const bool has_rank = result != nullptr && result->type().has_rank();
    const auto computed = has_rank ? graph.evaluate(*result, dims) : std::nullopt;
    if (!computed || computed->size() == 0 || computed->size() > kMostElements) {
      graph.keep(nodes);
      continue;
    }
    now = computed->dims();
    value = result;
    text += (text.empty() ? "" : ", ") + move.text;
  }
}

const std::vector<Dims>& small_dims() {
  static const std::vector<Dims> all = [] {
    std::vector<Dims> list{{}};
    for (std::size_t i = 0; i < list.size(); ++i) {
      for (std::int64_t extent = 1; extent <= 3 && list[i].size() < 3; ++extent) {
        Dims longer = list[i];
        longer.push_back(extent);
        list.push_back(longer);
      }
    }
    for (const Dims& dims : {Dims{1, 4, 1, 2}, Dims{2, 8, 2, 1}, Dims{1, 3, 2, 4}}) {
      list.push_back(dims);
    }
    return list;
  }();
  return all;
}

}  // namespace gatefold::test
