#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <span>

#include "ir/evaluate.h"

namespace gatefold::test {

/// Checks tensors against expected ones: every element may be off by `tolerance`, absolute and
/// relative together.
inline void expect_near(std::span<const Datum> outputs, std::span<const Datum> oracle,
                        double tolerance) {
  ASSERT_EQ(outputs.size(), oracle.size());
  for (std::size_t i = 0; i < oracle.size(); ++i) {
    const auto& expected = std::get<Tensor>(oracle[i]);
    const auto& actual = std::get<Tensor>(outputs[i]);
    ASSERT_EQ(actual.dims(), expected.dims());
    for (std::int64_t k = 0; k < expected.size(); ++k) {
      const double wanted = expected.number_at(k);
      ASSERT_NEAR(actual.number_at(k), wanted, tolerance * (1 + std::abs(wanted)))
          << "output " << i << ", element " << k;
    }
  }
}

}  // namespace gatefold::test
