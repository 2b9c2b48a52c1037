#include "language/pictures/line_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "language/pictures/axis.h"
#include "language/pictures/drawing.h"

namespace gatefold {
namespace {

using Anchor = TextStyle::Anchor;

constexpr double kLeft = 70;
constexpr double kTop = 40;
constexpr double kPlotWidth = 530;
constexpr double kPlotHeight = 380;
constexpr double kBottom = 50;
constexpr double kSecondAxis = 65;  ///< Room for its numbers.
constexpr double kLegendLine = 20;
constexpr double kLegendSample = 24;
constexpr double kRight = kLeft + kPlotWidth;

constexpr std::array<std::string_view, 4> kStyles{"line", "line dashed", "thin dotted",
                                                  "thin faint"};

std::string classes_of(const ChartLine& line) {
  return fmt::format("{} {}", kStyles[static_cast<std::size_t>(line.style)],
                     colour_class(line.colour));
}

/// The range of some numbers.
struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void add(double number) {
    low = std::min(low, number);
    high = std::max(high, number);
  }
  /// The same, or a range of any numbers above 0 when there were none.
  Range or_any() const { return low <= high ? *this : Range{0.1, 1}; }
};

class ChartDrawing {
 public:
  explicit ChartDrawing(const LineChart& chart)
      : chart_(chart),
        has_second_(std::any_of(chart.lines.begin(), chart.lines.end(),
                                [](const ChartLine& line) { return line.is_on_second_axis; })),
        x_(x_axis(chart)),
        y_(y_axis(chart, false)),
        second_(y_axis(chart, true)),
        drawing_(width(), height()) {}

  std::string draw() {
    drawing_.text({kLeft, 24}, chart_.title, {.classes = "title"});
    draw_axes();
    for (const ChartLine& line : chart_.lines) draw_line(line);
    for (std::size_t i = 0; i < chart_.lines.size(); ++i) draw_legend(i);
    return drawing_.to_string();
  }

 private:
  static Axis x_axis(const LineChart& chart) {
    Range range;
    for (const ChartLine& line : chart.lines) {
      for (const Place& point : line.points) range.add(point.x);
    }
    return Axis::of_counts(range.or_any().low, range.or_any().high);
  }

  static Axis y_axis(const LineChart& chart, bool is_second) {
    const bool is_logarithmic = chart.is_logarithmic && !is_second;
    Range range;
    for (const ChartLine& line : chart.lines) {
      if (line.is_on_second_axis != is_second) continue;
      for (const Place& point : line.points) {
        if (std::isfinite(point.y) && (point.y > 0 || !is_logarithmic)) range.add(point.y);
      }
    }
    const auto [low, high] = range.or_any();
    return is_logarithmic ? Axis::of_powers(low, high) : Axis::of_numbers(low, high);
  }

  double legend_left() const { return kRight + (has_second_ ? kSecondAxis : 0) + 20; }

  double width() const {
    double names = 0;
    for (const ChartLine& line : chart_.lines) names = std::max(names, text_width(line.name));
    return std::max(legend_left() + kLegendSample + 8 + names + 16,
                    kLeft + text_width(chart_.title) * 14 / 12 + 16);
  }

  double height() const {
    const double legend = kTop + kLegendLine * static_cast<double>(chart_.lines.size() + 1);
    return std::max(kTop + kPlotHeight + kBottom, legend);
  }

  double x(double value) const { return kLeft + kPlotWidth * x_.position(value); }
  static double y(const Axis& axis, double value) {
    return kTop + kPlotHeight * (1 - axis.position(value));
  }

  void draw_axes() {
    for (const Axis::Tick& tick : y_.ticks()) {
      const double height = y(y_, tick.value);
      drawing_.line({kLeft, height}, {kRight, height}, "thin grid");
      drawing_.text({kLeft - 8, height + 4}, tick.label, {.anchor = Anchor::kEnd});
    }
    for (const Axis::Tick& tick : x_.ticks()) {
      const double bottom = kTop + kPlotHeight;
      drawing_.line({x(tick.value), bottom}, {x(tick.value), bottom + 5}, "thin grid");
      drawing_.text({x(tick.value), bottom + 20}, tick.label, {.anchor = Anchor::kMiddle});
    }
    const double middle = kTop + kPlotHeight / 2;
    drawing_.text({kLeft + kPlotWidth / 2, kTop + kPlotHeight + 40}, chart_.x_label,
                  {.anchor = Anchor::kMiddle});
    drawing_.text({16, middle}, chart_.y_label, {.anchor = Anchor::kMiddle, .turn = -90});
    if (!has_second_) return;
    for (const Axis::Tick& tick : second_.ticks()) {
      const double height = y(second_, tick.value);
      drawing_.line({kRight, height}, {kRight + 5, height}, "thin grid");
      drawing_.text({kRight + 8, height + 4}, tick.label);
    }
    drawing_.text({kRight + kSecondAxis, middle}, chart_.second_label,
                  {.anchor = Anchor::kMiddle, .turn = -90});
  }

  void draw_line(const ChartLine& line) {
    const Axis& axis = line.is_on_second_axis ? second_ : y_;
    std::vector<Place> places;
    places.reserve(line.points.size());
    for (const Place& point : line.points) places.push_back({x(point.x), y(axis, point.y)});
    drawing_.path(places, classes_of(line));
    if (places.size() == 1 && std::isfinite(places.front().y)) {
      drawing_.circle(places.front(), 3, "shade " + colour_class(line.colour));
    }
  }

  void draw_legend(std::size_t number) {
    const ChartLine& line = chart_.lines[number];
    const double height = kTop + 10 + kLegendLine * static_cast<double>(number);
    const double end = legend_left() + kLegendSample;
    drawing_.line({legend_left(), height}, {end, height}, classes_of(line));
    drawing_.text({end + 8, height + 4}, line.name);
  }

  const LineChart& chart_;
  bool has_second_;
  Axis x_;
  Axis y_;
  Axis second_;
  Drawing drawing_;
};

}  // namespace

std::string draw(const LineChart& chart) { return ChartDrawing(chart).draw(); }

}  // namespace gatefold
