#pragma once

#include <cstdint>
#include <random>

#include "ir/tensor.h"

namespace gatefold::test {

/// A tensor of the given static type: floats in [-1, 1), integers in [0, 4), booleans; the same
/// seed gives the same numbers.
inline Tensor random_tensor(const Type& type, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  const auto uniform = [&] { return static_cast<double>(generator() >> 11) * 0x1p-53; };
  const bool floating = is_float(type.dtype);
  const double scale = floating ? 2 : type.dtype == DataType::kBool ? 2 : 4;
  Tensor numbers(floating ? DataType::kFloat64 : DataType::kInt64, type.dims());
  for (std::int64_t i = 0; i < numbers.size(); ++i) {
    if (floating) {
      // As float, so that the oracle in double sees the very numbers the kernel sees.
      numbers.data<double>()[i] = static_cast<float>(scale * uniform() - 1);
    } else {
      numbers.data<std::int64_t>()[i] = static_cast<std::int64_t>(scale * uniform());
    }
  }
  return numbers.converted(type.dtype);
}

}  // namespace gatefold::test
