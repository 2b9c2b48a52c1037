#pragma once

#include <cstdint>
#include <type_traits>

#include "ir/half.h"

namespace gatefold {

/// An element of one type as another, as by a C++ cast: floats to integers are cut towards zero,
/// anything but zero is true. Unlike a cast it is defined for every value: integers wrap; floats
/// outside the range of 64 bits, and NaN, become some integer.
template <typename To, typename From>
To convert(From value) {
  if constexpr (std::is_same_v<From, Float16> || std::is_same_v<From, BFloat16>) {
    return convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, Float16> || std::is_same_v<To, BFloat16>) {
    return To(static_cast<float>(value));
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

}  // namespace gatefold
