#include "ir/ops/grid_sampler.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "ir/index.h"

namespace gatefold::ops {

/// The elements from `first` to first + taps - 1, counted from the one before the coordinate,
/// weighed by their distance from it.
struct GridMode {
  std::string_view name;
  std::int64_t first;
  std::int64_t taps;
  double (*weight)(double distance);
};

/// What becomes of a coordinate outside the image of the given extent, whose coordinates lie in
/// [low, high]; an index still outside after this reads as 0.
struct GridPadding {
  std::string_view name;
  double (*move)(double x, std::int64_t extent, double low, double high);
};

namespace {

double keep(double x, std::int64_t /*extent*/, double /*low*/, double /*high*/) { return x; }

double to_border(double x, std::int64_t extent, double /*low*/, double /*high*/) {
  return std::clamp(x, 0.0, static_cast<double>(extent - 1));
}

/// Mirrors x at both ends until it lies in [low, high].
double to_mirror_image(double x, std::int64_t /*extent*/, double low, double high) {
  const double length = high - low;
  if (length <= 0) return low;
  const double folded = std::fmod(std::abs(x - low), 2 * length);
  return low + std::min(folded, 2 * length - folded);
}

constexpr GridPadding kPaddings[] = {
    {"zeros", keep}, {"border", to_border}, {"reflection", to_mirror_image}};

double linear_weight(double distance) { return std::max(0.0, 1 - distance); }

double cubic_weight(double distance) {
  constexpr double kA = -0.75;
  const double d = distance;
  if (d <= 1) return ((kA + 2) * d - (kA + 3)) * d * d + 1;
  return ((kA * d - 5 * kA) * d + 8 * kA) * d - 4 * kA;
}

double whole_weight(double /*distance*/) { return 1; }

constexpr GridMode kModes[] = {{"linear", 0, 2, linear_weight},
                               {"nearest", 0, 1, whole_weight},
                               {"cubic", -1, 4, cubic_weight}};

template <typename Entry, std::size_t kCount>
const Entry* find(const Entry (&table)[kCount], std::string_view name) {
  const auto* const found = std::find_if(std::begin(table), std::end(table),
                                         [&](const Entry& entry) { return entry.name == name; });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace

bool GridSampler::has_mode(std::string_view name) { return find(kModes, name) != nullptr; }

bool GridSampler::has_padding(std::string_view name) { return find(kPaddings, name) != nullptr; }

GridSampler::GridSampler(const Node& node, const Dims& x)
    : mode_(*find(kModes, node.attr_string("mode"))),
      padding_(*find(kPaddings, node.attr_string("padding_mode"))) {
  const bool aligns_corners = node.attr_int("align_corners") != 0;
  const Dims strides = strides_of(x);
  std::size_t most_taps = 1;
  for (std::size_t i = 2; i < x.size(); ++i) {
    const auto extent = static_cast<double>(x[i]);
    axes_.push_back(
        {x[i], strides[i], aligns_corners ? 0 : -0.5, aligns_corners ? extent - 1 : extent - 0.5});
    most_taps *= static_cast<std::size_t>(mode_.taps);
  }
  taps_.reserve(most_taps);
  wider_.reserve(most_taps);
}

void GridSampler::move_to(const double* grid) {
  taps_.assign(1, {0, 1.0});
  for (std::size_t i = 0; i < axes_.size(); ++i) add_taps(axes_[i], grid[axes_.size() - 1 - i]);
}

void GridSampler::add_taps(const Axis& axis, double coordinate) {
  constexpr double kFar = 1e9;  // Whole numbers up to here, and NaN taken for one, are indices.
  const auto padded = [&](double x) { return padding_.move(x, axis.extent, axis.low, axis.high); };
  double x = axis.low + (coordinate + 1) / 2 * (axis.high - axis.low);
  x = std::isnan(x) ? -kFar : std::clamp(x, -kFar, kFar);
  if (mode_.taps == 1) x = std::nearbyint(x);
  if (x < axis.low || x > axis.high) x = padded(x);
  const double base = std::floor(x);
  wider_.clear();
  for (std::int64_t k = 0; k < mode_.taps; ++k) {
    const double at = base + static_cast<double>(mode_.first + k);
    const bool is_inside = at >= 0 && at < static_cast<double>(axis.extent);
    const auto index = static_cast<std::int64_t>(is_inside ? at : padded(at));
    if (index < 0 || index >= axis.extent) continue;
    const double weight = mode_.weight(std::abs(x - at));
    for (const Tap& tap : taps_) {
      wider_.push_back({tap.offset + index * axis.stride, tap.weight * weight});
    }
  }
  std::swap(taps_, wider_);
}

}  // namespace gatefold::ops
