#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace gatefold::ops {

struct GridMode;
struct GridPadding;

/// Which elements GridSample reads at a point, and how it weighs them.
class GridSampler {
 public:
  static bool has_mode(std::string_view name);
  static bool has_padding(std::string_view name);

  /// For a checked node and the extents of its X [N,C,D1..,Dk].
  GridSampler(const Node& node, const Dims& x);

  /// Moves to the point that a row of the grid holds: one coordinate in [-1, 1] per axis, the last
  /// axis first. Allocates nothing.
  void move_to(const double* grid);

  /// The value at the point in the image [D1..,Dk] that starts at `image`.
  template <typename T>
  T sample(const T* image) const {
    T sum{};
    for (const Tap& tap : taps_) sum += static_cast<T>(tap.weight) * image[tap.offset];
    return sum;
  }

 private:
  /// One spatial axis of X. Coordinates in [low, high] lie in the image.
  struct Axis {
    std::int64_t extent = 0;
    std::int64_t stride = 0;
    double low = 0;
    double high = 0;
  };
  struct Tap {
    std::int64_t offset;
    double weight;
  };

  void add_taps(const Axis& axis, double coordinate);

  const GridMode& mode_;
  const GridPadding& padding_;
  std::vector<Axis> axes_;
  std::vector<Tap> taps_;
  std::vector<Tap> wider_;  // While an axis is added.
};

}  // namespace gatefold::ops
