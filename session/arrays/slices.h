#pragma once

#include <cstdint>
#include <span>

#include "ir/tensor.h"

namespace gatefold {

/// Returns the slices at `indices` along an axis, one after the other, as a tensor of its own.
Tensor take(const Tensor& array, std::int64_t axis, std::span<const std::int64_t> indices);

}  // namespace gatefold
