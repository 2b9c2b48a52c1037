#include <algorithm>
#include <array>
#include <limits>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

enum : std::size_t { kBoxes, kScores, kMaxOutputBoxesPerClass, kIouThreshold, kScoreThreshold };

void infer(InferContext& context) {
  context.expect_rank(kBoxes, 3);
  context.expect_rank(kScores, 3);
  if (context.has_rank(kBoxes)) {
    const Shape& boxes = context.shape(kBoxes);
    merge(context, boxes[2], 4, "the last extent of boxes");
    if (context.has_rank(kScores)) {
      merge(context, boxes[0], context.shape(kScores)[0], "batches of boxes and scores");
      merge(context, boxes[1], context.shape(kScores)[2], "numbers of boxes and of scores");
    }
  }
  context.set_output(0, {DataType::kInt64, Shape{Dim(), Dim(3)}});
}

struct Box {
  double top, left, bottom, right;

  double area() const { return (bottom - top) * (right - left); }
};

template <typename T>
Box read_box(const T* numbers, bool is_centered) {
  const std::array<double, 4> n{static_cast<double>(numbers[0]), static_cast<double>(numbers[1]),
                                static_cast<double>(numbers[2]), static_cast<double>(numbers[3])};
  if (is_centered) {  // x, y of the center, width, height
    return {n[1] - n[3] / 2, n[0] - n[2] / 2, n[1] + n[3] / 2, n[0] + n[2] / 2};
  }
  return {std::min(n[0], n[2]), std::min(n[1], n[3]), std::max(n[0], n[2]), std::max(n[1], n[3])};
}

double intersection_over_union(const Box& a, const Box& b) {
  const double height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  const double width = std::min(a.right, b.right) - std::max(a.left, b.left);
  if (height <= 0 || width <= 0) return 0;
  const double both = height * width;
  return both / (a.area() + b.area() - both);
}

struct Limits {
  std::int64_t count;
  double overlap, score;
};

/// The boxes kept for one class, best score first.
template <typename T>
std::vector<std::int64_t> keep(const std::vector<Box>& boxes, const T* scores,
                               const Limits& limits) {
  std::vector<std::int64_t> order;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (static_cast<double>(scores[i]) > limits.score)
      order.push_back(static_cast<std::int64_t>(i));
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return scores[a] > scores[b]; });
  std::vector<std::int64_t> kept;
  for (const std::int64_t candidate : order) {
    if (static_cast<std::int64_t>(kept.size()) >= limits.count) break;
    const bool is_hidden = std::any_of(kept.begin(), kept.end(), [&](std::int64_t other) {
      return intersection_over_union(boxes[candidate], boxes[other]) > limits.overlap;
    });
    if (!is_hidden) kept.push_back(candidate);
  }
  return kept;
}

double number_or(const EvaluateContext& context, std::size_t index, double otherwise) {
  if (!context.has_input(index)) return otherwise;
  const Tensor& tensor = context.input(index);
  if (tensor.size() != 1) {
    context.fail("input number {} has {} elements but must have one", index, tensor.size());
  }
  return tensor.number_at(0);
}

void evaluate(EvaluateContext& context) {
  const Tensor& boxes = context.input(kBoxes);
  const Tensor& scores = context.input(kScores);
  const std::int64_t batches = scores.dims()[0];
  const std::int64_t classes = scores.dims()[1];
  const std::int64_t count = scores.dims()[2];
  if (boxes.dims() != Dims{batches, count, 4}) {
    context.fail("boxes {} and scores {} must be [batch,box,4] and [batch,class,box]",
                 to_string(boxes.dims()), to_string(scores.dims()));
  }
  const bool is_centered = context.node().attr_int("center_point_box") != 0;
  const Limits limits{
      static_cast<std::int64_t>(std::min(number_or(context, kMaxOutputBoxesPerClass, 0), 0x1p62)),
      number_or(context, kIouThreshold, 0),
      number_or(context, kScoreThreshold, -std::numeric_limits<double>::infinity())};
  std::vector<std::int64_t> selected;
  dispatch_float(boxes.dtype(), [&]<typename T>() {
    for (std::int64_t batch = 0; batch < batches; ++batch) {
      std::vector<Box> own;
      for (std::int64_t i = 0; i < count; ++i) {
        own.push_back(read_box(boxes.data<T>() + (batch * count + i) * 4, is_centered));
      }
      for (std::int64_t c = 0; c < classes; ++c) {
        const T* row = scores.data<T>() + (batch * classes + c) * count;
        for (const std::int64_t box : keep(own, row, limits)) {
          selected.insert(selected.end(), {batch, c, box});
        }
      }
    }
  });
  const auto rows = static_cast<std::int64_t>(selected.size() / 3);
  context.set_output(0, Tensor::of<std::int64_t>({rows, 3}, selected));
}

constexpr DataTypeSet kFloat32{DataType::kFloat32};

}  // namespace

std::vector<OpDef> non_max_suppression() {
  return {{
      .name = "NonMaxSuppression",
      .doc =
          "Per batch and class: the boxes of highest score, leaving out those that overlap a "
          "better "
          "one by more than iou_threshold and those not above score_threshold.\n"
          "Shapes: boxes [N, B, 4] = y1 x1 y2 x2 (center_point_box: x y width height of center), "
          "scores [N, C, B], scalars -> selected_indices int64[number kept, 3] = batch class box\n"
          "Source: ONNX NonMaxSuppression-11",
      .since = 11,
      .inputs = {{"boxes", {}, kFloat32},
                 {"scores", {}, kFloat32},
                 {"max_output_boxes_per_class", {}, kInt64Type, Port::Arity::kOptional},
                 {"iou_threshold", {}, kFloat32, Port::Arity::kOptional},
                 {"score_threshold", {}, kFloat32, Port::Arity::kOptional}},
      .outputs = {{"selected_indices", {}, kInt64Type}},
      .attrs = {{"center_point_box", AttrDef::Kind::kInt, 0}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
