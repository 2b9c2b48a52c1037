#include <algorithm>
#include <cmath>
#include <string_view>

#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

/// One spatial axis of X. Coordinates in [low, high] lie in the image.
struct Axis {
  std::int64_t extent = 0;
  std::int64_t stride = 0;
  double low = 0;
  double high = 0;
};

/// Mirrors x at both ends until it lies in [low, high].
double reflect(double x, double low, double high) {
  const double length = high - low;
  if (length <= 0) return low;
  const double folded = std::fmod(std::abs(x - low), 2 * length);
  return low + std::min(folded, 2 * length - folded);
}

// What becomes of a coordinate outside the image; an index still outside after this reads as 0.
double keep(double x, const Axis& /*axis*/) { return x; }
double to_border(double x, const Axis& axis) {
  return std::clamp(x, 0.0, static_cast<double>(axis.extent - 1));
}
double to_mirror_image(double x, const Axis& axis) { return reflect(x, axis.low, axis.high); }

struct Padding {
  std::string_view name;
  double (*move)(double x, const Axis& axis);
};

constexpr Padding kPaddings[] = {
    {"zeros", keep}, {"border", to_border}, {"reflection", to_mirror_image}};

double linear_weight(double distance) { return std::max(0.0, 1 - distance); }

double cubic_weight(double distance) {
  constexpr double kA = -0.75;
  const double d = distance;
  if (d <= 1) return ((kA + 2) * d - (kA + 3)) * d * d + 1;
  return ((kA * d - 5 * kA) * d + 8 * kA) * d - 4 * kA;
}

double whole_weight(double /*distance*/) { return 1; }

constexpr std::int64_t kMostTaps = 4;

/// The elements from `first` to first + taps - 1, counted from the one before the coordinate,
/// weighed by their distance from it.
struct Mode {
  std::string_view name;
  std::int64_t first;
  std::int64_t taps;
  double (*weight)(double distance);
};

constexpr Mode kModes[] = {{"linear", 0, 2, linear_weight},
                           {"nearest", 0, 1, whole_weight},
                           {"cubic", -1, 4, cubic_weight}};

template <typename Entry, std::size_t kCount>
const Entry* find(const Entry (&table)[kCount], std::string_view name) {
  const auto* const found = std::find_if(std::begin(table), std::end(table),
                                         [&](const Entry& entry) { return entry.name == name; });
  return found == std::end(table) ? nullptr : found;
}

/// The elements that one coordinate reads: offsets along its axis, -1 for a zero outside the image.
struct Taps {
  std::int64_t offsets[kMostTaps];
  double weights[kMostTaps];
};

/// Reads X, whose spatial axes are `axes`, at one point after the other.
class Sampler {
 public:
  Sampler(const Node& node, std::vector<Axis> axes)
      : mode_(*find(kModes, node.attr_string("mode"))),
        padding_(*find(kPaddings, node.attr_string("padding_mode"))),
        align_corners_(node.attr_int("align_corners") != 0),
        axes_(std::move(axes)),
        taps_(axes_.size()) {
    for (Axis& axis : axes_) {
      const auto extent = static_cast<double>(axis.extent);
      axis.low = align_corners_ ? 0 : -0.5;
      axis.high = align_corners_ ? extent - 1 : extent - 0.5;
    }
  }

  /// Moves to the point that `grid` holds: one coordinate in [-1, 1] per axis, the last axis first.
  void move_to(const double* grid) {
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      taps_[i] = taps_at(axes_[i], grid[axes_.size() - 1 - i]);
    }
  }

  /// The value at the point in the image that starts at `image`.
  double sample(const double* image, std::size_t axis = 0) const {
    if (axis == axes_.size()) return *image;
    const Taps& taps = taps_[axis];
    double sum = 0;
    for (std::int64_t k = 0; k < mode_.taps; ++k) {
      if (taps.offsets[k] >= 0) sum += taps.weights[k] * sample(image + taps.offsets[k], axis + 1);
    }
    return sum;
  }

 private:
  Taps taps_at(const Axis& axis, double coordinate) const {
    constexpr double kFar = 1e9;  // Whole numbers up to here, and NaN taken for one, are indices.
    double x = axis.low + (coordinate + 1) / 2 * (axis.high - axis.low);
    x = std::isnan(x) ? -kFar : std::clamp(x, -kFar, kFar);
    if (mode_.taps == 1) x = std::nearbyint(x);
    if (x < axis.low || x > axis.high) x = padding_.move(x, axis);
    const double base = std::floor(x);
    Taps taps{};
    for (std::int64_t k = 0; k < mode_.taps; ++k) {
      const double at = base + static_cast<double>(mode_.first + k);
      const bool is_inside = at >= 0 && at < static_cast<double>(axis.extent);
      const auto index = static_cast<std::int64_t>(is_inside ? at : padding_.move(at, axis));
      const bool is_zero = index < 0 || index >= axis.extent;
      taps.offsets[k] = is_zero ? -1 : index * axis.stride;
      taps.weights[k] = mode_.weight(std::abs(x - at));
    }
    return taps;
  }

  const Mode& mode_;
  const Padding& padding_;
  bool align_corners_;
  std::vector<Axis> axes_;
  std::vector<Taps> taps_;
};

void infer(InferContext& context) {
  const Node& node = context.node();
  if (find(kModes, node.attr_string("mode")) == nullptr) {
    context.fail("attribute mode is '{}' but must be 'linear', 'nearest' or 'cubic'",
                 node.attr_string("mode"));
  }
  if (find(kPaddings, node.attr_string("padding_mode")) == nullptr) {
    context.fail("attribute padding_mode is '{}' but must be 'zeros', 'border' or 'reflection'",
                 node.attr_string("padding_mode"));
  }
  if (!context.has_rank(0)) return context.set_output(0, {context.dtype(0), std::nullopt});
  if (context.rank(0) < 3) {
    context.fail("input X is {} but must have at least 3 dimensions", to_string(context.input(0)));
  }
  context.expect_rank(1, context.rank(0));
  Shape result(context.shape(0).size());
  result[1] = context.shape(0)[1];
  if (context.has_rank(1)) {
    const Shape& grid = context.shape(1);
    result[0] = merge(context, context.shape(0)[0], grid[0], "the batch extents of X and grid");
    merge(context, grid.back(), context.rank(0) - 2, "the coordinates of grid and the axes of X");
    std::copy(grid.begin() + 1, grid.end() - 1, result.begin() + 2);
  } else {
    result[0] = context.shape(0)[0];
  }
  for (std::size_t i = 2; i < result.size(); ++i) {
    if (context.shape(0)[i].is(0)) context.fail("axis {} of X has no elements to sample", i);
  }
  context.set_output(0, {context.dtype(0), result});
}

void evaluate(EvaluateContext& context) {
  const Tensor X = context.input(0).converted(DataType::kFloat64);
  const Tensor grid = context.input(1).converted(DataType::kFloat64);
  const Dims strides = strides_of(X.dims());
  std::vector<Axis> axes;
  for (std::size_t i = 2; i < strides.size(); ++i) axes.push_back({X.dims()[i], strides[i]});
  const auto spatial = static_cast<std::int64_t>(axes.size());
  Sampler sampler(context.node(), std::move(axes));
  Tensor Y(DataType::kFloat64, inferred_dims(context));
  const std::int64_t batches = X.dims()[0];
  const std::int64_t channels = X.dims()[1];
  const std::int64_t points = Y.size() == 0 ? 0 : Y.size() / (batches * channels);
  for (std::int64_t n = 0; n < batches; ++n) {
    for (std::int64_t point = 0; point < points; ++point) {
      sampler.move_to(grid.data<double>() + (n * points + point) * spatial);
      for (std::int64_t c = 0; c < channels; ++c) {
        Y.data<double>()[(n * channels + c) * points + point] =
            sampler.sample(X.data<double>() + n * strides[0] + c * strides[1]);
      }
    }
  }
  context.set_output(0, Y.converted(context.input(0).dtype()));
}

}  // namespace

std::vector<OpDef> grid_sample() {
  return {{
      .name = "GridSample",
      .doc = "Reads X at the points of a grid, whose coordinates run from -1 to 1 over the image "
             "(over the centres of its outermost elements with align_corners = 1) and are stored "
             "last axis first.\n"
             "Shapes: X [N, C, D1.., Dk], grid [N, d1.., dk, k] -> Y [N, C, d1.., dk]\n"
             "Source: ONNX GridSample-20",
      .since = 20,
      .inputs = {{"X", "T1", kNumericTypes}, {"grid", "T2", kFloatTypes}},
      .outputs = {{"Y", "T1", kNumericTypes}},
      .attrs = {{"align_corners", AttrDef::Kind::kInt, 0},
                {"mode", AttrDef::Kind::kString, "linear"},
                {"padding_mode", AttrDef::Kind::kString, "zeros"}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
