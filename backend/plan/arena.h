#pragma once

#include <cstddef>
#include <vector>

namespace gatefold {

/// One buffer of a plan: how large, and from which step to which it must keep its content.
struct ArenaRequest {
  std::size_t bytes = 0;
  std::size_t first_step = 0;
  std::size_t last_step = 0;
};

/// Where each buffer lies in one block of memory.
struct ArenaLayout {
  std::vector<std::size_t> offsets;  ///< One per request; multiples of 64.
  std::size_t bytes = 0;             ///< Of the whole block.
};

/// Places buffers so that those that live at the same time do not overlap: largest first, each in
/// the tightest gap left by what is already placed.
/// Source: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020.
ArenaLayout plan_arena(const std::vector<ArenaRequest>& requests);

}  // namespace gatefold
