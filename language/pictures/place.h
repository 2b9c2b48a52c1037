#pragma once

namespace gatefold {

/// A point of a picture or of a chart.
struct Place {
  double x = 0;
  double y = 0;
};

}  // namespace gatefold
