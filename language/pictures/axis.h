#pragma once

#include <string>
#include <vector>

namespace gatefold {

/// A range of numbers on one edge of a chart, and the round numbers that are written beside it.
class Axis {
 public:
  struct Tick {
    double value = 0;
    std::string label;
  };

  /// An axis from exactly `low` to `high`, with whole numbers beside it.
  static Axis of_counts(double low, double high);
  /// An axis that begins and ends with round numbers.
  static Axis of_numbers(double low, double high);
  /// A logarithmic axis that begins and ends with round numbers; `low` must be above 0.
  static Axis of_powers(double low, double high);

  /// Returns where a number lies: 0 at the beginning, 1 at the end. NaN for what the axis cannot
  /// show.
  double position(double value) const;
  const std::vector<Tick>& ticks() const { return ticks_; }

 private:
  Axis(double low, double high, bool is_logarithmic)
      : low_(low), high_(high), is_logarithmic_(is_logarithmic) {}
  void add_ticks(double step);

  double low_;
  double high_;
  bool is_logarithmic_;
  std::vector<Tick> ticks_;
};

}  // namespace gatefold
