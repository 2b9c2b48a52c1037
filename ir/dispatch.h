#pragma once

#include <cassert>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "ir/type.h"

namespace gatefold {

/// Calls `function.operator()<T>()` with the C++ type T that stores `dtype`. Types outside the list
/// `Types` are a mistake of ours: ports refuse them before.
template <typename... Types, typename Function>
void dispatch(DataType dtype, Function&& function) {
  const bool found = ((data_type_of<Types>() == dtype &&
                       (std::forward<Function>(function).template operator()<Types>(), true)) ||
                      ...);
  assert(found && "the element type has no case");
  static_cast<void>(found);
}

template <typename Function>
void dispatch_float(DataType dtype, Function&& function) {
  dispatch<float, double>(dtype, std::forward<Function>(function));
}

template <typename Function>
void dispatch_integer(DataType dtype, Function&& function) {
  dispatch<std::int64_t, std::int32_t, std::int16_t, std::int8_t, std::uint64_t, std::uint32_t,
           std::uint16_t, std::uint8_t>(dtype, std::forward<Function>(function));
}

/// Every number type but the half-precision ones, which `evaluate` never sees (see evaluate.h).
template <typename Function>
void dispatch_numeric(DataType dtype, Function&& function) {
  dispatch<float, double, std::int64_t, std::int32_t, std::int16_t, std::int8_t, std::uint64_t,
           std::uint32_t, std::uint16_t, std::uint8_t>(dtype, std::forward<Function>(function));
}

/// As dispatch_numeric, and bool.
template <typename Function>
void dispatch_numeric_or_bool(DataType dtype, Function&& function) {
  dispatch<float, double, std::int64_t, std::int32_t, std::int16_t, std::int8_t, std::uint64_t,
           std::uint32_t, std::uint16_t, std::uint8_t, bool>(dtype,
                                                             std::forward<Function>(function));
}

/// Calls with an unsigned integer as wide as one element: for operators that only move elements.
template <typename Function>
void dispatch_width(DataType dtype, Function&& function) {
  switch (size_of(dtype)) {
    case 1:
      return std::forward<Function>(function).template operator()<std::uint8_t>();
    case 2:
      return std::forward<Function>(function).template operator()<std::uint16_t>();
    case 4:
      return std::forward<Function>(function).template operator()<std::uint32_t>();
    default:
      return std::forward<Function>(function).template operator()<std::uint64_t>();
  }
}

}  // namespace gatefold
