#pragma once

#include <cstdint>

namespace gatefold::native {

/// Rows of a panel of weights.
inline constexpr std::int64_t kPanelRows = 8;

/// A matrix product that reads X as it lies.
struct ColumnProduct {
  std::int64_t depth = 0;   ///< Rows of X.
  std::int64_t x_step = 0;  ///< Elements from one row of X to the next.
  std::int64_t y_step = 0;

  /// Y[r, i] = bias[r] + the sum over k of panel[k * kPanelRows + r] X[k, i], for the first `rows`
  /// rows of a panel and `count` columns. Without bias where that is nullptr.
  void run(const float* panel, const float* bias, std::int64_t rows, std::int64_t count,
           const float* x, float* y) const;
};

}  // namespace gatefold::native
