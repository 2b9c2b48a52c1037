#pragma once

#include <cstdint>

namespace gatefold::native {

/// y = the logarithm of the softmax of x along the middle extent of [outer, extent, inner].
void log_softmax(std::int64_t outer, std::int64_t extent, std::int64_t inner, const float* x,
                 float* y);

}  // namespace gatefold::native
