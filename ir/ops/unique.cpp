#include <algorithm>
#include <numeric>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  Type values(context.dtype(0), Shape(1));
  if (context.node().has_attr("axis")) {
    values.shape = context.input(0).shape;
    if (values.has_rank()) {
      const auto axis = context.axis(context.node().attr_int("axis"), context.rank(0));
      (*values.shape)[axis] = Dim();
    }
  }
  context.set_output(0, values);
  for (std::size_t i = 1; i < 4; ++i) context.set_output(i, {DataType::kInt64, Shape(1)});
}

/// The slices of a tensor along one axis, ordered by their elements; NaN stands after all numbers.
template <typename T>
struct Slices {
  const T* data;
  std::int64_t outer, extent, inner;

  /// Negative, zero or positive: slice `a` comes before, equals, comes after slice `b`.
  int compare(std::int64_t a, std::int64_t b) const {
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::int64_t i = 0; i < inner; ++i) {
        const T x = data[(o * extent + a) * inner + i];
        const T y = data[(o * extent + b) * inner + i];
        if (x < y || (x == x && y != y)) return -1;
        if (y < x || (x != x && y == y)) return 1;
      }
    }
    return 0;
  }
};

struct Groups {
  std::vector<std::int64_t> first;    ///< Of each group: its first position.
  std::vector<std::int64_t> count;    ///< Of each group: its number of members.
  std::vector<std::int64_t> inverse;  ///< Of each position: its group.
};

/// Groups of equal slices, ordered by their elements.
template <typename T>
Groups sorted_groups(const Slices<T>& slices) {
  std::vector<std::int64_t> order(slices.extent);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return slices.compare(a, b) < 0; });
  Groups groups;
  groups.inverse.resize(slices.extent);
  for (const std::int64_t position : order) {
    if (groups.first.empty() || slices.compare(groups.first.back(), position) != 0) {
      groups.first.push_back(position);
      groups.count.push_back(0);
    }
    ++groups.count.back();
    groups.inverse[position] = static_cast<std::int64_t>(groups.first.size()) - 1;
  }
  return groups;
}

/// The same groups in the order of their first members.
Groups in_order_of_appearance(const Groups& sorted) {
  std::vector<std::int64_t> order(sorted.first.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](auto a, auto b) { return sorted.first[a] < sorted.first[b]; });
  Groups groups;
  std::vector<std::int64_t> new_position(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    groups.first.push_back(sorted.first[order[i]]);
    groups.count.push_back(sorted.count[order[i]]);
    new_position[order[i]] = static_cast<std::int64_t>(i);
  }
  for (const std::int64_t group : sorted.inverse) groups.inverse.push_back(new_position[group]);
  return groups;
}

void set_list(EvaluateContext& context, std::size_t index, const std::vector<std::int64_t>& list) {
  context.set_output(index,
                     Tensor::of<std::int64_t>({static_cast<std::int64_t>(list.size())}, list));
}

void evaluate(EvaluateContext& context) {
  const Node& node = context.node();
  const Tensor& given = context.input(0);
  const Tensor X = node.has_attr("axis") ? given : given.reshaped({given.size()});
  const auto axis = node.has_attr("axis") ? context.axis(node.attr_int("axis"), X.rank()) : 0;
  const Dims& dims = X.dims();
  const std::int64_t outer = element_count(Dims(dims.begin(), dims.begin() + axis));
  const std::int64_t inner = element_count(Dims(dims.begin() + axis + 1, dims.end()));
  dispatch_numeric_or_bool(X.dtype(), [&]<typename T>() {
    const Slices<T> slices{X.data<T>(), outer, dims[axis], inner};
    Groups groups = sorted_groups(slices);
    if (node.attr_int("sorted") == 0) groups = in_order_of_appearance(groups);
    Dims result = dims;
    result[axis] = static_cast<std::int64_t>(groups.first.size());
    T* target = context.output(0, X.dtype(), result).template data<T>();
    for (std::int64_t o = 0; o < outer; ++o) {
      for (const std::int64_t position : groups.first) {
        target = std::copy_n(slices.data + (o * slices.extent + position) * inner, inner, target);
      }
    }
    set_list(context, 1, groups.first);
    set_list(context, 2, groups.inverse);
    set_list(context, 3, groups.count);
  });
}

}  // namespace

std::vector<OpDef> unique() {
  return {{
      .name = "Unique",
      .doc =
          "The different elements, or with axis the different slices along it, sorted or in order "
          "of appearance.\n"
          "Shapes: X [a.., n, b..] -> Y [a.., u, b..] (without axis [u]), indices [u] = first "
          "position of each, inverse_indices [n] = where in Y each went, counts [u]\n"
          "Source: ONNX Unique-11",
      .since = 11,
      .inputs = {{"X", "T", kAllTypes}},
      .outputs = {{"Y", "T", kAllTypes},
                  {"indices", {}, kInt64Type, Port::Arity::kOptional},
                  {"inverse_indices", {}, kInt64Type, Port::Arity::kOptional},
                  {"counts", {}, kInt64Type, Port::Arity::kOptional}},
      .attrs = {{"axis", AttrDef::Kind::kInt}, {"sorted", AttrDef::Kind::kInt, 1}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
