#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "language/pictures/place.h"

namespace gatefold {

/// What is laid out: a box, and an arrow from a box to a later one.
struct LayoutBox {
  double width = 0;
  double height = 0;
};
struct LayoutArrow {
  std::size_t from = 0;
  std::size_t to = 0;
};

/// Where boxes and arrows are, from the corner (0, 0) on.
struct LayeredLayout {
  double width = 0;
  double height = 0;
  std::vector<Place> centers;             ///< Of the boxes.
  std::vector<std::vector<Place>> paths;  ///< From the bottom of a box to the top of another one.
};

/// Lays out boxes in layers so that every arrow points down, few of them cross, and none runs
/// through a box. Source: Sugiyama, Tagawa and Toda, "Methods for visual understanding of
/// hierarchical system structures", 1981; the places within a layer are those nearest to the boxes
/// above and below in the sense of least squares.
LayeredLayout lay_out(std::span<const LayoutBox> boxes, std::span<const LayoutArrow> arrows);

}  // namespace gatefold
