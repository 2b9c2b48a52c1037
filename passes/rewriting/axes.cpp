#include "passes/rewriting/axes.h"

#include <algorithm>
#include <numeric>

#include "ir/op_def.h"

namespace gatefold {

std::int64_t positive_axis(std::int64_t axis, std::int64_t rank) {
  return axis < 0 ? axis + rank : axis;
}

std::optional<std::vector<std::int64_t>> constant_ints(const Rewriter& rewriter,
                                                       const Value* value) {
  const Tensor* tensor = value == nullptr ? nullptr : rewriter.constant(value);
  return tensor == nullptr ? std::nullopt : std::optional(tensor->to_int64());
}

std::optional<std::vector<std::int64_t>> moved_axes(const Node& node, const Rewriter& rewriter) {
  const bool adds = node.op().name == "Unsqueeze";
  const Type& wide = adds ? node.output()->type() : node.input(0)->type();
  auto axes = constant_ints(rewriter, node.input(1));
  if (!axes || !wide.has_rank()) return std::nullopt;
  for (std::int64_t& axis : *axes) axis = positive_axis(axis, wide.rank());
  std::sort(axes->begin(), axes->end());
  return axes;
}

std::vector<std::int64_t> moving_axis(std::int64_t rank, std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> perm(static_cast<std::size_t>(rank));
  std::iota(perm.begin(), perm.end(), 0);
  perm.erase(perm.begin() + from);
  perm.insert(perm.begin() + to, from);
  return perm;
}

std::vector<std::int64_t> permutation_of(const Node& transpose) {
  std::vector<std::int64_t> perm = transpose.attr_ints("perm");
  if (perm.empty() && transpose.input(0)->type().has_rank()) {
    perm.resize(static_cast<std::size_t>(transpose.input(0)->type().rank()));
    std::iota(perm.rbegin(), perm.rend(), 0);
  }
  return perm;
}

}  // namespace gatefold
