#include "passes/rewriting/element_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ir/random.h"

namespace gatefold {
namespace {

using Id = ElementFunction::Id;
using Expression = ElementFunction::Expression;
using Operator = ElementFunction::Operator;
using Sample = ElementValues::Sample;
using Point = ElementValues::Point;

constexpr double kPrecision = 1e-13;
constexpr double kGradientPrecision = 1e-12;
constexpr int kPoints = 28;
constexpr int kOrdinaryPoints = 8;  // Of magnitude 1.
constexpr double kMagnitudes[] = {0.3, 1, 3, 10};
constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool compares(Operator op) {
  return op == Operator::kMax || op == Operator::kLess || op == Operator::kEqual;
}

Sample exact(double x) { return {x, kPrecision * std::abs(x)}; }

/// The operands of an expression at a point.
struct Operands {
  std::array<double, 3> values{};
  std::array<double, 3> errors{};
  int order = 0;  ///< The sign of a - b; 0 also where rounding may have made the difference.

  Operands(const Expression& expression, const Point& point) {
    for (std::size_t k = 0; k < 3 && expression.operands[k] >= 0; ++k) {
      values[k] = point[expression.operands[k]].value;
      errors[k] = point[expression.operands[k]].error;
    }
    const double difference = values[0] - values[1];
    if (!(std::abs(difference) <= errors[0] + errors[1])) order = difference < 0 ? -1 : 1;
  }
};

struct Interval {
  double low = -kInfinity;
  double high = kInfinity;
};

// Where an expression lies whose operands lie in intervals: its extremes are at their ends.
Interval interval_of(const Expression& expression, const std::array<Interval, 3>& x) {
  const auto& [a, b, c] = x;
  const Operator op = expression.op;
  const bool has_pole =
      (op == Operator::kDiv && b.low <= 0 && b.high >= 0) || (op == Operator::kPow && a.low < 0);
  if (op == Operator::kArgument || has_pole) return {};
  if (op == Operator::kEqual) return {0, a.low <= b.high && b.low <= a.high ? 1.0 : 0.0};
  if (op == Operator::kWhere) return {std::min(b.low, c.low), std::max(b.high, c.high)};
  Interval result{kInfinity, -kInfinity};
  for (const double p : {a.low, a.high}) {
    for (const double q : {b.low, b.high}) {
      const int order = p < q ? -1 : p > q ? 1 : 0;
      double value = ElementFunction::evaluate(expression, {p, q, 0}, order).value;
      if (std::isnan(value) && op == Operator::kLog) return {};
      if (std::isnan(value) && op == Operator::kMul) value = 0;
      result.low = std::fmin(result.low, value);
      result.high = std::fmax(result.high, value);
    }
  }
  return result;
}

// True when intervals show that an expression is always on the same side.
bool is_one_sided(const ElementFunction& function, Id comparison) {
  std::vector<Interval> intervals;
  std::array<Interval, 3> x;
  for (Id id = 0; id <= comparison; ++id) {
    for (std::size_t k = 0; k < 3 && function[id].operands[k] >= 0; ++k) {
      x[k] = intervals[static_cast<std::size_t>(function[id].operands[k])];
    }
    intervals.push_back(interval_of(function[id], x));
  }
  const Operator op = function[comparison].op;
  if (op == Operator::kMax) return x[0].low >= x[1].high || x[1].low >= x[0].high;
  const Interval& truth = op == Operator::kWhere ? x[0] : intervals.back();
  return truth.low == truth.high;
}

// On which side an expression is: -1 or 1, 0 for a turn; nothing for one that has no sides.
std::optional<int> side_of(const Expression& expression, const Operands& x, double value) {
  if (expression.op == Operator::kMax) return x.order;
  if (expression.op == Operator::kWhere) return x.values[0] != 0 ? 1 : -1;
  const bool is_truth = compares(expression.op) || expression.op == Operator::kAnd;
  return is_truth ? std::optional(value != 0 ? 1 : -1) : std::nullopt;
}

// From -2e7 to 2e7, denser towards 0.
std::vector<double> sweep() {
  std::vector<double> values{0};
  for (int k = -20; k <= 24; k += 2) {
    values.push_back(std::ldexp(1.37, k));
    values.push_back(-values.back());
  }
  std::sort(values.begin(), values.end());
  return values;
}

// An argument and all up to `last` that is made of it.
std::vector<Id> affected_by(Id argument, Id last, const ElementFunction& function) {
  std::vector<Id> affected{argument};
  for (Id id = argument + 1; id <= last; ++id) {
    const auto& operands = function[id].operands;
    const bool is_affected = std::any_of(operands.begin(), operands.end(), [&](Id operand) {
      return std::binary_search(affected.begin(), affected.end(), operand);
    });
    if (is_affected) affected.push_back(id);
  }
  return affected;
}

}  // namespace

ElementValues::ElementValues(const ElementFunction& function) : function_(function) {
  const RandomNumbers random(1);
  std::uint64_t drawn = 0;
  for (int i = 0; i <= kPoints; ++i) {
    Point& point = points_.emplace_back();
    for (Id id = 0; id < function.size(); ++id) {
      const double magnitude = i <= kOrdinaryPoints ? 1 : kMagnitudes[random.bits(drawn++) % 4];
      const double number = 2 * random.uniform(drawn++) - 1;
      const bool is_truth = function.is_argument(id, ElementFunction::ArgumentKind::kTruth);
      const double value = is_truth ? (number > 0 ? 1 : 0) : magnitude * number;
      point.samples.push_back(exact(i == 0 ? 0 : value));
      point[id] = evaluate(id, point);
    }
  }
}

Sample ElementValues::evaluate(Id id, const Point& point) const {
  const Expression& expression = function_[id];
  if (expression.op == Operator::kArgument) return point[id];
  const Operands x(expression, point);
  const auto [value, slopes] = ElementFunction::evaluate(expression, x.values, x.order);
  Sample result = exact(value);
  for (std::size_t k = 0; k < 3; ++k) {
    if (x.errors[k] != 0) result.error += std::abs(slopes[k]) * x.errors[k];
  }
  return result;
}

void ElementValues::add_point(Point base, Id argument, double x, bool is_turn) {
  base[argument] = exact(x);
  base.is_turn = is_turn;
  for (Id id = 0; id < function_.size(); ++id) base[id] = evaluate(id, base);
  points_.push_back(std::move(base));
}

// Adds points around each turn that moving one argument of the first random point brings about.
bool ElementValues::add_turns(Id comparison, Id argument) {
  const std::vector<Id> affected = affected_by(argument, comparison, function_);
  if (affected.back() != comparison) return false;
  const Point base = points_[1];
  Point trial = base;
  const auto order_at = [&](double x) -> std::optional<int> {
    trial[argument] = exact(x);
    for (const Id id : affected) trial[id] = evaluate(id, trial);
    const auto values = Operands(function_[comparison], trial).values;
    const double difference = values[0] - values[1];
    if (!std::isfinite(difference)) return std::nullopt;
    return difference < 0 ? -1 : difference > 0 ? 1 : 0;
  };
  static const std::vector<double> kSweep = sweep();
  bool has_turned = false;
  std::optional<int> last;
  for (std::size_t k = 0; k < kSweep.size(); ++k) {
    const auto order = order_at(kSweep[k]);
    if (last && order && last != order) {
      has_turned = true;
      double low = kSweep[k - 1];
      double high = kSweep[k];
      add_point(base, argument, low, last == 0);
      add_point(base, argument, high, order == 0);
      for (int step = 0; step < 64 && last != 0 && order != 0; ++step) {
        const double middle = low + (high - low) / 2;
        const auto order_there = order_at(middle);
        (order_there == last ? low : high) = middle;
        if (order_there == 0) break;
      }
      add_point(base, argument, high, true);
    }
    last = order;
  }
  return has_turned;
}

std::optional<std::string> ElementValues::find_fault(Id id) const {
  bool is_seen[2] = {false, false};
  bool has_sides = false;
  for (const Point& point : points_) {
    const double value = point[id].value;
    if (!std::isfinite(value)) return fmt::format("a value is {} at {}", value, describe(point));
    const auto side = side_of(function_[id], Operands(function_[id], point), value);
    has_sides |= side.has_value();
    // At the origin, what is chosen from may be equal.
    if (side && side != 0 && &point != &points_.front()) is_seen[side > 0 ? 1 : 0] = true;
  }
  if (!has_sides || (is_seen[0] && is_seen[1]) || is_one_sided(function_, id)) return std::nullopt;
  for (const Id operand : function_[id].operands) {
    const auto bound = function_.number_of(operand);
    if (bound) return fmt::format("no point was found where the bound {} acts", std::abs(*bound));
  }
  return "no point was found where a comparison turns";
}

std::optional<std::string> ElementValues::update() {
  if (checked_ == function_.size()) return fault_;
  for (Point& point : points_) {
    while (std::ssize(point.samples) < function_.size()) {
      point.samples.push_back(evaluate(static_cast<Id>(point.samples.size()), point));
    }
  }
  for (Id id = checked_; id < function_.size(); ++id) {
    bool has_turned = !compares(function_[id].op);
    for (Id argument = 0; argument < id && !has_turned; ++argument) {
      const bool is_truth = function_.is_argument(argument, ElementFunction::ArgumentKind::kTruth);
      has_turned = function_.is_argument(argument) && !is_truth && add_turns(id, argument);
    }
  }
  checked_ = function_.size();
  for (Id id = 0; id < function_.size() && !fault_; ++id) fault_ = find_fault(id);
  return fault_;
}

std::vector<double> ElementValues::gradients(Id value, const Point& point) const {
  std::vector<double> result(point.samples.size(), 0);
  result[static_cast<std::size_t>(value)] = 1;
  for (Id id = value; id >= 0; --id) {
    const double gradient = result[static_cast<std::size_t>(id)];
    if (gradient == 0 || function_.is_argument(id)) continue;
    const Operands x(function_[id], point);
    const auto slopes = ElementFunction::evaluate(function_[id], x.values, x.order).slopes;
    for (std::size_t k = 0; k < 3 && function_[id].operands[k] >= 0; ++k) {
      result[static_cast<std::size_t>(function_[id].operands[k])] += gradient * slopes[k];
    }
  }
  return result;
}

std::optional<std::string> ElementValues::difference(Id a, Id b, bool compares_gradients) const {
  for (const Point& point : points_) {
    if (!(std::abs(point[a].value - point[b].value) <= point[a].error + point[b].error)) {
      return fmt::format("{} instead of {} at {}", point[a].value, point[b].value, describe(point));
    }
    if (!compares_gradients) continue;
    const std::vector<double> by_a = gradients(a, point);
    const std::vector<double> by_b = gradients(b, point);
    double largest = 1;
    for (const double number : by_a) largest = std::max(largest, std::abs(number));
    for (std::size_t id = 0; id < by_a.size(); ++id) {
      const bool is_equal = std::abs(by_a[id] - by_b[id]) <= kGradientPrecision * largest;
      if (is_equal || !function_.is_argument(static_cast<Id>(id))) continue;
      return fmt::format("the gradient {} instead of {} at {}", by_a[id], by_b[id],
                         describe(point));
    }
  }
  return std::nullopt;
}

std::string ElementValues::describe(const Point& point) const {
  constexpr std::string_view kNames[] = {"sum", "state", "vector", "truth"};
  std::array<int, 4> counts{};
  std::string text;
  for (Id id = 0; id < function_.size(); ++id) {
    if (!function_.is_argument(id)) continue;
    const auto kind = static_cast<std::size_t>(function_[id].number);
    text += fmt::format("{}{} {} = {:.6g}", text.empty() ? "" : ", ", kNames[kind], ++counts[kind],
                        point[id].value);
  }
  return text;
}

}  // namespace gatefold
