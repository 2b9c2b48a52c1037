#include "ir/convert.h"

#include <cstring>

#include "ir/dispatch.h"

namespace gatefold {
namespace {

template <typename Function>
void dispatch_any(DataType dtype, Function&& function) {
  dispatch<float, double, Float16, BFloat16, std::int64_t, std::int32_t, std::int16_t, std::int8_t,
           std::uint64_t, std::uint32_t, std::uint16_t, std::uint8_t, bool>(
      dtype, std::forward<Function>(function));
}

}  // namespace

void convert_elements(DataType from_type, const void* from, DataType to_type, void* to,
                      std::int64_t count) {
  if (from_type == to_type) {
    std::memcpy(to, from, static_cast<std::size_t>(count) * size_of(to_type));
    return;
  }
  dispatch_any(from_type, [&]<typename From>() {
    dispatch_any(to_type, [&]<typename To>() {
      const auto* source = static_cast<const From*>(from);
      auto* target = static_cast<To*>(to);
      for (std::int64_t i = 0; i < count; ++i) target[i] = convert<To>(source[i]);
    });
  });
}

}  // namespace gatefold
