#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "passes/rewriting/element_function.h"

namespace gatefold {

/// The values of a function's expressions in double at many points: the origin, random ones of
/// several magnitudes, and for each comparison in it points where it turns, found by bisection
/// along one argument, and on either side of that.
class ElementValues {
 public:
  using Id = ElementFunction::Id;
  struct Sample {
    double value = 0;
    double error = 0;  ///< How far operators that are exact to 1e-13 may have led astray.
  };
  struct Point {
    std::vector<Sample> samples;  ///< One for each expression.
    bool is_turn = false;         ///< A comparison finds its operands equal.

    Sample& operator[](Id id) { return samples[static_cast<std::size_t>(id)]; }
    const Sample& operator[](Id id) const { return samples[static_cast<std::size_t>(id)]; }
  };

  /// The function must outlive this.
  explicit ElementValues(const ElementFunction& function);

  /// Evaluates what was defined since. Returns what makes the values no proof: one that is not
  /// finite, or a comparison that was seen on one side only though intervals do not rule out the
  /// other; nothing when all is well.
  std::optional<std::string> update();

  /// The origin first.
  const std::vector<Point>& points() const { return points_; }
  /// False where a formula, which makes a number of a point, is surely another function than an
  /// expression; looks at no turns.
  template <typename Formula>
  bool may_equal(Id id, Formula formula) const {
    return std::all_of(points_.begin(), points_.end(), [&](const Point& point) {
      const auto [expected, error] = point[id];
      const double gap = std::abs(formula(point) - expected);
      return point.is_turn || gap <= kScreen * (1 + std::abs(expected)) + error;
    });
  }
  /// Says where two expressions, or their gradients by an argument if asked for, are different;
  /// nothing when they are equal everywhere.
  std::optional<std::string> difference(Id a, Id b, bool compares_gradients) const;
  /// The gradients of `value` at a point by all expressions.
  std::vector<double> gradients(Id value, const Point& point) const;
  /// The arguments at a point: "sum 1 = 0.5, state 1 = -2".
  std::string describe(const Point& point) const;

 private:
  static constexpr double kScreen = 1e-9;

  Sample evaluate(Id id, const Point& point) const;
  void add_point(Point base, Id argument, double x, bool is_turn);
  bool add_turns(Id comparison, Id argument);
  std::optional<std::string> find_fault(Id id) const;

  const ElementFunction& function_;
  std::vector<Point> points_;
  Id checked_ = 0;
  std::optional<std::string> fault_;
};

}  // namespace gatefold
