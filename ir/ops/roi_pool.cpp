#include <algorithm>
#include <cmath>
#include <limits>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/maximum.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

// A bin of RoiAlign is read at most at so many points: regions far larger than any image are
// refused.
constexpr double kMaxSamples = 1 << 24;

void infer_pooled(InferContext& context, std::int64_t roi_extent, const Dims& pooled) {
  context.expect_rank(0, 4);
  context.expect_rank(1, 2);
  for (const std::int64_t extent : pooled) {
    if (extent < 1) context.fail("the pooled extent {} must be positive", extent);
  }
  Shape result(4);
  if (context.has_rank(0)) result[1] = context.shape(0)[1];
  if (context.has_rank(1)) {
    merge(context, context.shape(1)[1], roi_extent, "the numbers that make up a region");
    result[0] = context.shape(1)[0];
  }
  result[2] = pooled[0];
  result[3] = pooled[1];
  check_element_count(context, result);
  context.set_output(0, {context.dtype(0), result});
}

void infer_align(InferContext& context) {
  const Node& node = context.node();
  const std::string& mode = node.attr_string("mode");
  const std::string& coordinates = node.attr_string("coordinate_transformation_mode");
  if (mode != "avg" && mode != "max") {
    context.fail("attribute mode is '{}' but must be 'avg' or 'max'", mode);
  }
  if (coordinates != "half_pixel" && coordinates != "output_half_pixel") {
    context.fail(
        "attribute coordinate_transformation_mode is '{}' but must be 'half_pixel' or "
        "'output_half_pixel'",
        coordinates);
  }
  if (node.attr_int("sampling_ratio") < 0) {
    context.fail("attribute sampling_ratio is {} but must be 0 or more",
                 node.attr_int("sampling_ratio"));
  }
  context.expect_rank(1, 2);
  context.expect_rank(2, 1);
  if (context.has_rank(1) && context.has_rank(2)) {
    merge(context, context.shape(1)[0], context.shape(2)[0],
          "the number of regions and of batch_indices");
  }
  infer_pooled(context, 4, {node.attr_int("output_height"), node.attr_int("output_width")});
}

void infer_max_pool(InferContext& context) {
  const Dims pooled = context.node().attr_ints("pooled_shape");
  if (pooled.size() != 2) {
    context.fail("attribute pooled_shape has {} entries but must have 2", pooled.size());
  }
  infer_pooled(context, 5, pooled);
}

/// An axis of one region, cut into bins that are read at `samples` points each.
struct Bins {
  double start = 0;
  double size = 0;
  std::int64_t samples = 0;

  double point(std::int64_t bin, std::int64_t sample) const {
    const double part = (static_cast<double>(sample) + 0.5) / static_cast<double>(samples);
    return start + (static_cast<double>(bin) + part) * size;
  }
};

Bins cut(const EvaluateContext& context, double start, double end, std::int64_t bins) {
  const Node& node = context.node();
  const double scale = node.attr_float("spatial_scale");
  const bool is_half_pixel = node.attr_string("coordinate_transformation_mode") == "half_pixel";
  const double offset = is_half_pixel ? 0.5 : 0;
  const double length = (end - start) * scale;
  Bins result{start * scale - offset,
              (is_half_pixel ? length : std::max(length, 1.0)) / static_cast<double>(bins)};
  const std::int64_t ratio = node.attr_int("sampling_ratio");
  const double samples = ratio > 0 ? static_cast<double>(ratio) : std::ceil(result.size);
  if (!(std::abs(start) < 1e9 && samples <= kMaxSamples)) {
    context.fail("a region from {} to {} is too large to be sampled", start, end);
  }
  result.samples = static_cast<std::int64_t>(std::max(samples, 0.0));
  return result;
}

/// The two elements of an axis around a coordinate, and the share of the second.
struct Neighbours {
  std::int64_t low = 0;
  std::int64_t high = 0;
  double share = 0;
};

Neighbours neighbours(double x, std::int64_t extent) {
  x = std::clamp(x, 0.0, static_cast<double>(extent - 1));
  const auto low = static_cast<std::int64_t>(x);
  return {low, std::min(low + 1, extent - 1), x - static_cast<double>(low)};
}

template <typename T>
class RoiAligner {
 public:
  RoiAligner(std::int64_t height, std::int64_t width, bool takes_max)
      : height_(height), width_(width), takes_max_(takes_max) {}

  double bin(const T* image, const Bins& rows, const Bins& columns, std::int64_t row,
             std::int64_t column) const {
    const std::int64_t count = rows.samples * columns.samples;
    if (count == 0) return 0;
    double sum = 0;
    double largest = -std::numeric_limits<double>::infinity();
    for (std::int64_t i = 0; i < rows.samples; ++i) {
      for (std::int64_t j = 0; j < columns.samples; ++j) {
        const double y = rows.point(row, i);
        const double x = columns.point(column, j);
        double terms[4] = {};
        read(image, y, x, terms);
        sum += terms[0] + terms[1] + terms[2] + terms[3];
        for (const double term : terms) largest = maximum(term, largest);
      }
    }
    return takes_max_ ? largest : sum / static_cast<double>(count);
  }

 private:
  /// The four weighed neighbours of a point; zeros outside the image.
  void read(const T* image, double y, double x, double (&terms)[4]) const {
    if (y < -1 || y > static_cast<double>(height_) || x < -1 || x > static_cast<double>(width_)) {
      return;
    }
    const Neighbours v = neighbours(y, height_);
    const Neighbours h = neighbours(x, width_);
    terms[0] = (1 - v.share) * (1 - h.share) * image[v.low * width_ + h.low];
    terms[1] = (1 - v.share) * h.share * image[v.low * width_ + h.high];
    terms[2] = v.share * (1 - h.share) * image[v.high * width_ + h.low];
    terms[3] = v.share * h.share * image[v.high * width_ + h.high];
  }

  std::int64_t height_;
  std::int64_t width_;
  bool takes_max_;
};

std::int64_t checked_batch(const EvaluateContext& context, std::int64_t batch, std::int64_t count) {
  if (batch < 0 || batch >= count) {
    context.fail("batch index {} is outside [0, {})", batch, count);
  }
  return batch;
}

void evaluate_align(EvaluateContext& context) {
  const Tensor& X = context.input(0);
  const Tensor& rois = context.input(1);
  const std::vector<std::int64_t> batches = context.input(2).to_int64();
  const Dims dims = inferred_dims(context);
  const std::int64_t height = X.dims()[2];
  const std::int64_t width = X.dims()[3];
  if (height * width == 0) context.fail("X has no elements to read");
  Tensor& Y = context.output(0, X.dtype(), dims);
  dispatch_float(X.dtype(), [&]<typename T>() {
    const RoiAligner<T> aligner(height, width, context.node().attr_string("mode") == "max");
    T* output = Y.data<T>();
    for (std::int64_t r = 0; r < dims[0]; ++r) {
      const std::int64_t batch = checked_batch(context, batches[r], X.dims()[0]);
      const T* roi = rois.data<T>() + 4 * r;
      const Bins columns = cut(context, roi[0], roi[2], dims[3]);
      const Bins rows = cut(context, roi[1], roi[3], dims[2]);
      for (std::int64_t c = 0; c < dims[1]; ++c) {
        const T* image = X.data<T>() + (batch * dims[1] + c) * height * width;
        for (std::int64_t i = 0; i < dims[2] * dims[3]; ++i) {
          *output++ = static_cast<T>(aligner.bin(image, rows, columns, i / dims[3], i % dims[3]));
        }
      }
    }
  });
}

/// The elements [first, last) of an axis that a bin covers.
struct Span {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// Bin `bin` of `bins` of a region from `start` to `end`, both included and rounded to elements.
Span covered(double start, double end, std::int64_t bin, std::int64_t bins, std::int64_t extent) {
  const double first = std::round(start);
  const double size = std::max(std::round(end) - first + 1, 1.0) / static_cast<double>(bins);
  const auto position = [&](double at) {
    return static_cast<std::int64_t>(std::clamp(first + at, 0.0, static_cast<double>(extent)));
  };
  return {position(std::floor(static_cast<double>(bin) * size)),
          position(std::ceil(static_cast<double>(bin + 1) * size))};
}

template <typename T>
T largest(const T* image, std::int64_t width, const Span& rows, const Span& columns) {
  if (rows.first >= rows.last || columns.first >= columns.last) return T{};
  T result = image[rows.first * width + columns.first];
  for (std::int64_t y = rows.first; y < rows.last; ++y) {
    for (std::int64_t x = columns.first; x < columns.last; ++x) {
      result = maximum(image[y * width + x], result);
    }
  }
  return result;
}

void evaluate_max_pool(EvaluateContext& context) {
  const Tensor& X = context.input(0);
  const Tensor& rois = context.input(1);
  const Dims dims = inferred_dims(context);
  const double scale = context.node().attr_float("spatial_scale");
  const std::int64_t height = X.dims()[2];
  const std::int64_t width = X.dims()[3];
  Tensor& Y = context.output(0, X.dtype(), dims);
  dispatch_float(X.dtype(), [&]<typename T>() {
    T* output = Y.data<T>();
    for (std::int64_t r = 0; r < dims[0]; ++r) {
      double region[5];
      std::copy_n(rois.data<T>() + 5 * r, 5, region);
      const bool is_finite =
          std::all_of(region, region + 5, [](double x) { return std::abs(x) < 1e9; });
      if (!is_finite) context.fail("region {} holds a number that is no coordinate", r);
      const auto batch = checked_batch(context, static_cast<std::int64_t>(region[0]), X.dims()[0]);
      for (std::int64_t i = 0; i < dims[1] * dims[2] * dims[3]; ++i) {
        const std::int64_t column = i % dims[3];
        const std::int64_t row = i / dims[3] % dims[2];
        const std::int64_t channel = batch * dims[1] + i / (dims[2] * dims[3]);
        const Span rows = covered(region[2] * scale, region[4] * scale, row, dims[2], height);
        const Span columns = covered(region[1] * scale, region[3] * scale, column, dims[3], width);
        *output++ = largest(X.data<T>() + channel * height * width, width, rows, columns);
      }
    }
  });
}

}  // namespace

std::vector<OpDef> roi_pool() {
  using Kind = AttrDef::Kind;
  return {
      {
          .name = "RoiAlign",
          .doc = "Reads each region of an image at regular points, by linear interpolation, and "
                 "pools them into bins: their mean, or the largest of the weighed neighbours that "
                 "the interpolations add up (mode max, as ONNX's reference does).\n"
                 "Shapes: X [N, C, H, W], rois [R, 4] (x1, y1, x2, y2), batch_indices [R] -> "
                 "Y [R, C, output_height, output_width]\n"
                 "Source: ONNX RoiAlign-16",
          .since = 16,
          .inputs = {{"X", "T1", kFloatTypes},
                     {"rois", "T1", kFloatTypes},
                     {"batch_indices", {}, kInt64Type}},
          .outputs = {{"Y", "T1", kFloatTypes}},
          .attrs = {{"coordinate_transformation_mode", Kind::kString, "half_pixel"},
                    {"mode", Kind::kString, "avg"},
                    {"output_height", Kind::kInt, 1},
                    {"output_width", Kind::kInt, 1},
                    {"sampling_ratio", Kind::kInt, 0},
                    {"spatial_scale", Kind::kFloat, 1.0F}},
          .infer = infer_align,
          .evaluate = evaluate_align,
      },
      {
          .name = "MaxRoiPool",
          .doc = "The largest element in each bin of each region, whose corners are rounded to "
                 "elements; 0 for bins outside the image.\n"
                 "Shapes: X [N, C, H, W], rois [R, 5] (batch, x1, y1, x2, y2) -> "
                 "Y [R, C, pooled_shape..]\n"
                 "Source: ONNX MaxRoiPool-1",
          .since = 1,
          .inputs = {{"X", "T", kFloatTypes}, {"rois", "T", kFloatTypes}},
          .outputs = {{"Y", "T", kFloatTypes}},
          .attrs = {{"pooled_shape", Kind::kInts, std::nullopt, true},
                    {"spatial_scale", Kind::kFloat, 1.0F}},
          .infer = infer_max_pool,
          .evaluate = evaluate_max_pool,
      },
  };
}

}  // namespace gatefold::ops
