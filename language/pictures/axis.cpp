#include "language/pictures/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gatefold {
namespace {

constexpr double kMostTicks = 10;
/// Up to so many powers of ten their double and fivefold are shown as well.
constexpr int kFewPowers = 3;

/// The smallest of 1, 2 and 5 times a power of ten that divides a range into few parts.
double round_step(double range) {
  const double least = range / kMostTicks;
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

/// A power of ten that is the nearest number to it.
double power_of_ten(int exponent) {
  return exponent < 0 ? 1 / std::pow(10, -exponent) : std::pow(10, exponent);
}

}  // namespace

Axis Axis::of_counts(double low, double high) {
  Axis axis(low, high > low ? high : low + 1, false);
  axis.add_ticks(std::max(1.0, round_step(axis.high_ - low)));
  return axis;
}

Axis Axis::of_numbers(double low, double high) {
  if (!(high > low)) {
    const double margin = low == 0 ? 1 : std::abs(low) / 2;
    low -= margin;
    high += margin;
  }
  const double step = round_step(high - low);
  Axis axis(std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step, false);
  axis.add_ticks(step);
  return axis;
}

void Axis::add_ticks(double step) {
  const double first = std::ceil(low_ / step - 1e-9);
  const double last = std::floor(high_ / step + 1e-9);
  for (double number = first; number <= last; ++number) {
    const double value = number * step + 0.0;  // Zero without a sign.
    ticks_.push_back({value, fmt::format("{:g}", value)});
  }
}

Axis Axis::of_powers(double low, double high) {
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  std::vector<double> numbers;
  const int stride = 1 + (last - first) / static_cast<int>(kMostTicks + 1);
  for (int exponent = first; exponent <= last + stride; exponent += stride) {
    const double power = power_of_ten(exponent);
    numbers.push_back(power);
    if (last - first > kFewPowers) continue;
    numbers.push_back(2 * power);
    numbers.push_back(5 * power);
  }
  // From the last number that is not above `low` to the first that is not below `high`.
  const auto begin = std::upper_bound(numbers.begin(), numbers.end(), low * (1 + 1e-9)) - 1;
  auto end = std::lower_bound(begin, numbers.end(), high * (1 - 1e-9));
  if (end == begin) ++end;
  Axis axis(*begin, *end, true);
  for (auto number = begin; number <= end; ++number) {
    axis.ticks_.push_back({*number, fmt::format("{:g}", *number)});
  }
  return axis;
}

double Axis::position(double value) const {
  if (!is_logarithmic_) return (value - low_) / (high_ - low_);
  if (!(value > 0)) return std::numeric_limits<double>::quiet_NaN();
  return std::log(value / low_) / std::log(high_ / low_);
}

}  // namespace gatefold
