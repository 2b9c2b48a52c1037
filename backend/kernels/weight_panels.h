#pragma once

#include <cstdint>

#include "ir/tensor.h"

namespace gatefold::native {

/// A matrix [rows,depth] of each group in panels of `panel` rows, which lie as columns: [groups,
/// panels, depth, panel], with zeros where the last panel of a group has no rows.
inline Tensor pack_weight_panels(const float* weights, std::int64_t groups, std::int64_t rows,
                                 std::int64_t depth, std::int64_t panel) {
  const std::int64_t panels = (rows + panel - 1) / panel;
  Tensor packed(DataType::kFloat32, {groups, panels, depth, panel});
  auto* target = packed.data<float>();
  for (std::int64_t group = 0; group < groups; ++group, target += panels * depth * panel) {
    for (std::int64_t row = 0; row < rows; ++row) {
      float* column = target + row / panel * depth * panel + row % panel;
      for (std::int64_t k = 0; k < depth; ++k) column[k * panel] = *weights++;
    }
  }
  return packed;
}

}  // namespace gatefold::native
