#include <limits>
#include <numeric>

#include "frontend/raise/rules.h"

namespace gatefold::raise {

using Ints = std::vector<std::int64_t>;

void broadcast_7(NodeDraft& draft) {
  draft.take_attr<std::int64_t>("broadcast");
  const auto axis = draft.take_attr<std::int64_t>("axis");
  if (!axis) return;
  // B stands for the axes of A from `axis` on; numpy's rule lines up the last axes instead.
  const Shape* a = known_shape(draft.input(0));
  const Shape* b = known_shape(draft.input(1));
  if (a == nullptr || b == nullptr) {
    draft.fail("attribute 'axis' of before opset 7 needs inputs with known numbers of dimensions");
  }
  const auto rank_a = static_cast<std::int64_t>(a->size());
  const auto rank_b = static_cast<std::int64_t>(b->size());
  const std::int64_t first = *axis < 0 ? *axis + rank_a : *axis;
  if (first < 0 || first > rank_a - rank_b) {
    draft.fail("B has {} dimensions, which do not fit into the {} of A from axis {} on", rank_b,
               rank_a, *axis);
  }
  const std::int64_t missing = rank_a - rank_b - first;
  if (missing == 0) return;
  Ints axes(static_cast<std::size_t>(missing));
  std::iota(axes.begin(), axes.end(), rank_b);
  draft.inputs[1] =
      draft.add("B", "Unsqueeze", {draft.input(1), draft.constant_ints("axes", axes)});
}

void clip_6(NodeDraft& draft) {
  // Without attributes the first form has no bounds; the next has the ends of float's range.
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  draft.attrs.emplace("min", -kInfinity);
  draft.attrs.emplace("max", kInfinity);
}

void clip_11(NodeDraft& draft) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  const auto low = draft.take_attr_or<float>("min", -kLargest);
  const auto high = draft.take_attr_or<float>("max", kLargest);
  draft.set_input(1, scalar_like(draft, "min", low, draft.input(0)));
  draft.set_input(2, scalar_like(draft, "max", high, draft.input(0)));
}

void dft_20(NodeDraft& draft) {
  const auto axis = draft.take_attr_or<std::int64_t>("axis", 1);
  draft.set_input(2, draft.constant("axis", Tensor::scalar(axis)));
}

void selu_6(NodeDraft& draft) {
  draft.attrs.emplace("alpha", 1.6732F);
  draft.attrs.emplace("gamma", 1.0507F);
}

void softmax_13(NodeDraft& draft) {
  // Softmax, LogSoftmax and Hardmax worked on the matrix [axes before `axis`, axes from it on].
  const auto axis = draft.take_attr_or<std::int64_t>("axis", 1);
  const Shape* shape = known_shape(draft.input(0));
  if (shape != nullptr || axis == -1) {
    const auto rank = static_cast<std::int64_t>(shape == nullptr ? 0 : shape->size());
    if (axis == -1 || axis == rank - 1) {
      draft.attrs["axis"] = std::int64_t{-1};
      return;
    }
  }
  Value* input = draft.input(0);
  Value* matrix = draft.add("flat", "Flatten", {input}, {{"axis", axis}});
  Value* result = draft.add("rows", draft.op, {matrix}, {{"axis", std::int64_t{-1}}});
  draft.become("Reshape", {result, draft.add("shape", "Shape", {input})});
}

}  // namespace gatefold::raise
