#include <algorithm>
#include <cmath>
#include <string_view>

#include "ir/ops/resize.h"

namespace gatefold::ops {
namespace {

/// One axis as the coordinate formulas see it. `output` is scale times input and need not be whole.
struct Geometry {
  double input = 0;
  double output = 0;
  double output_extent = 0;
  double scale = 1;
  double roi_start = 0;
  double roi_end = 1;
};

double half_pixel(const Geometry& axis, double x) { return (x + 0.5) / axis.scale - 0.5; }

double half_pixel_symmetric(const Geometry& axis, double x) {
  const double offset = axis.input / 2 * (1 - axis.output_extent / axis.output);
  return offset + half_pixel(axis, x);
}

double pytorch_half_pixel(const Geometry& axis, double x) {
  return axis.output == 1 ? -0.5 : half_pixel(axis, x);
}

double align_corners(const Geometry& axis, double x) {
  return axis.output == 1 ? 0 : x * (axis.input - 1) / (axis.output - 1);
}

double asymmetric(const Geometry& axis, double x) { return x / axis.scale; }

double tf_half_pixel_for_nn(const Geometry& axis, double x) { return (x + 0.5) / axis.scale; }

double crop_and_resize(const Geometry& axis, double x) {
  const double length = (axis.roi_end - axis.roi_start) * (axis.input - 1);
  const double start = axis.roi_start * (axis.input - 1);
  return start + (axis.output == 1 ? length / 2 : x * length / (axis.output - 1));
}

/// Where position x of the result lies in the input.
struct CoordinateMode {
  std::string_view name;
  double (*map)(const Geometry& axis, double x);
};

constexpr CoordinateMode kCoordinateModes[] = {
    {"half_pixel", half_pixel},
    {"half_pixel_symmetric", half_pixel_symmetric},
    {"pytorch_half_pixel", pytorch_half_pixel},
    {"align_corners", align_corners},
    {"asymmetric", asymmetric},
    {"tf_crop_and_resize", crop_and_resize},
    {"tf_half_pixel_for_nn", tf_half_pixel_for_nn},
};

// A coordinate is seen as base + ratio with a whole base and 0 < ratio <= 1. Each rule says whether
// the nearest element is the one after the base.
struct NearestMode {
  std::string_view name;
  bool (*takes_next)(double ratio);
};

constexpr NearestMode kNearestModes[] = {
    {"round_prefer_floor", [](double ratio) { return ratio > 0.5; }},
    {"round_prefer_ceil", [](double ratio) { return ratio >= 0.5; }},
    {"floor", [](double ratio) { return ratio == 1; }},
    {"ceil", [](double /*ratio*/) { return true; }},
};

double linear_weight(double distance, double /*a*/) { return std::max(0.0, 1 - distance); }

double cubic_weight(double distance, double a) {
  const double d = distance;
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/// A mode that weighs the elements up to `reach` away by their distance.
struct Interpolation {
  std::string_view name;
  double reach;
  double (*weight)(double distance, double cubic_coeff_a);
};

constexpr Interpolation kInterpolations[] = {{"linear", 1, linear_weight},
                                             {"cubic", 2, cubic_weight}};

// `infer` has refused names that are in no table.
template <typename Entry, std::size_t kCount>
const Entry& entry(const Entry (&table)[kCount], std::string_view name) {
  return *std::find_if(std::begin(table), std::end(table),
                       [&](const Entry& known) { return known.name == name; });
}

class Weigher {
 public:
  Weigher(const Node& node, const Geometry& geometry, std::int64_t extent)
      : geometry_(geometry),
        extent_(extent),
        excludes_outside_(node.attr_int("exclude_outside") != 0),
        a_(node.attr_float("cubic_coeff_a")),
        coordinate_(entry(kCoordinateModes, node.attr_string("coordinate_transformation_mode"))) {
    if (node.attr_string("mode") == "nearest") {
      nearest_ = &entry(kNearestModes, node.attr_string("nearest_mode"));
      return;
    }
    interpolation_ = &entry(kInterpolations, node.attr_string("mode"));
    if (node.attr_int("antialias") != 0) stretch_ = std::min(1.0, geometry.scale);
    first_ = static_cast<std::int64_t>(std::floor(-interpolation_->reach / stretch_)) + 1;
  }

  std::int64_t taps() const { return nearest_ != nullptr ? 1 : 2 - 2 * first_; }

  /// Adds the taps of position `position` of the result.
  void add(std::int64_t position, ResizeAxis& axis) const {
    const double x = coordinate_.map(geometry_, static_cast<double>(position));
    if (coordinate_.map == crop_and_resize && (x < 0 || x > geometry_.input - 1)) {
      axis.outside.push_back(position);
    }
    const double base = std::ceil(x) - 1;
    const double ratio = x - base;
    if (nearest_ != nullptr) {
      axis.indices.push_back(clamped(base + (nearest_->takes_next(ratio) ? 1 : 0)));
      axis.weights.push_back(1);
      return;
    }
    const std::size_t start = axis.weights.size();
    double sum = 0;
    for (std::int64_t k = first_; k < first_ + taps(); ++k) {
      const double at = base + static_cast<double>(k);
      const double distance = std::abs(static_cast<double>(k) - ratio) * stretch_;
      const bool is_excluded = excludes_outside_ && (at < 0 || at >= geometry_.input);
      axis.indices.push_back(clamped(at));
      axis.weights.push_back(is_excluded ? 0 : interpolation_->weight(distance, a_));
      sum += axis.weights.back();
    }
    for (std::size_t k = start; k < axis.weights.size(); ++k) axis.weights[k] /= sum;
  }

 private:
  std::int64_t clamped(double at) const {
    return static_cast<std::int64_t>(std::clamp(at, 0.0, static_cast<double>(extent_ - 1)));
  }

  Geometry geometry_;
  std::int64_t extent_;
  bool excludes_outside_;
  double a_;
  const CoordinateMode& coordinate_;
  const NearestMode* nearest_ = nullptr;
  const Interpolation* interpolation_ = nullptr;
  double stretch_ = 1;
  std::int64_t first_ = 0;
};

/// The factor between the extents of the axis that is number `i` of the resized ones.
double scale_of(const Node& node, const ResizeInputs& inputs, const Dims& from,
                const std::vector<std::int64_t>& axes, std::size_t i) {
  if (!inputs.scales.empty()) return inputs.scales[i];
  const auto ratio = [&](std::size_t k) {
    return static_cast<double>(inputs.sizes[k]) / static_cast<double>(from[axes[k]]);
  };
  const std::string& policy = node.attr_string("keep_aspect_ratio_policy");
  if (policy == "stretch") return ratio(i);
  double scale = ratio(0);
  for (std::size_t k = 1; k < axes.size(); ++k) {
    scale = policy == "not_larger" ? std::min(scale, ratio(k)) : std::max(scale, ratio(k));
  }
  return scale;
}

}  // namespace

std::vector<ResizeAxis> resize_axes(const Node& node, const ResizeInputs& inputs, const Dims& from,
                                    const Dims& to) {
  std::vector<std::int64_t> axes = node.attr_ints("axes");
  const auto rank = static_cast<std::int64_t>(from.size());
  for (std::int64_t i = 0; axes.size() < from.size() && !node.has_attr("axes"); ++i) {
    axes.push_back(i);
  }
  for (std::int64_t& axis : axes) axis = axis < 0 ? axis + rank : axis;
  const bool crops = node.attr_string("coordinate_transformation_mode") == "tf_crop_and_resize";
  const bool is_exact =
      inputs.scales.empty() && node.attr_string("keep_aspect_ratio_policy") == "stretch";
  std::vector<ResizeAxis> result;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t extent = from[axes[i]];
    Geometry geometry{.input = static_cast<double>(extent),
                      .output_extent = static_cast<double>(to[axes[i]]),
                      .scale = scale_of(node, inputs, from, axes, i)};
    geometry.output = is_exact ? geometry.output_extent : geometry.scale * geometry.input;
    if (crops) {
      geometry.roi_start = inputs.roi[i];
      geometry.roi_end = inputs.roi[axes.size() + i];
    } else if (geometry.scale == 1) {
      continue;
    }
    if (to[axes[i]] == 0) {
      result.push_back({.axis = axes[i]});
      continue;
    }
    const Weigher weigher(node, geometry, extent);
    ResizeAxis axis{.axis = axes[i], .taps = weigher.taps()};
    for (std::int64_t p = 0; p < to[axes[i]]; ++p) weigher.add(p, axis);
    result.push_back(std::move(axis));
  }
  return result;
}

}  // namespace gatefold::ops
