#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "ir/half.h"
#include "ir/type.h"

namespace gatefold {

/// `value` as a float, of the two around it the one with an odd last bit. Rounding that to a type
/// with fewer bits gives what rounding `value` itself would.
inline float rounded_to_odd(double value) {
  const auto nearest = static_cast<float>(value);
  const auto bits = std::bit_cast<std::uint32_t>(nearest);
  const double magnitude = value < 0 ? -value : value;
  const double rounded = nearest < 0 ? -nearest : nearest;
  if (rounded == magnitude || value != value || (bits & 1U) != 0) return nearest;
  return std::bit_cast<float>(rounded < magnitude ? bits + 1 : bits - 1);
}

/// An element of one type as another, as by a C++ cast: floats to integers are cut towards zero,
/// anything but zero is true. Unlike a cast it is defined for every value: integers wrap; floats
/// outside the range of 64 bits, and NaN, become some integer.
template <typename To, typename From>
To convert(From value) {
  if constexpr (std::is_same_v<From, Float16> || std::is_same_v<From, BFloat16>) {
    return convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, Float16> || std::is_same_v<To, BFloat16>) {
    if constexpr (std::is_same_v<From, float>) return To(value);
    return To(rounded_to_odd(static_cast<double>(value)));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From{};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (value >= From{-0x1p63} && value < From{0x1p63}) {
      return static_cast<To>(static_cast<std::int64_t>(value));
    }
    if (value >= From{0x1p63} && value < From{0x1p64}) {
      return static_cast<To>(static_cast<std::uint64_t>(value));
    }
    return To{};
  } else {
    return static_cast<To>(value);
  }
}

/// The same for `count` elements of any types.
void convert_elements(DataType from_type, const void* from, DataType to_type, void* to,
                      std::int64_t count);

}  // namespace gatefold
