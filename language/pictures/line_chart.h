#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "language/pictures/place.h"

namespace gatefold {

/// One line of a chart, with an entry in the legend.
struct ChartLine {
  enum class Style : std::uint8_t { kSolid, kDashed, kDotted, kFaint };

  std::string name;
  /// By rising x. A point that is not finite, and on a logarithmic axis one that is not above 0,
  /// interrupts the line.
  std::vector<Place> points = {};
  Style style = Style::kSolid;
  std::size_t colour = 0;
  bool is_on_second_axis = false;
};

/// Numbers over counted steps.
struct LineChart {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::string second_label = {};  ///< Of the axis at the right edge, if a line uses it.
  bool is_logarithmic = false;    ///< The axis at the left edge.
  std::vector<ChartLine> lines = {};
};

/// Draws a chart as SVG.
std::string draw(const LineChart& chart);

}  // namespace gatefold
