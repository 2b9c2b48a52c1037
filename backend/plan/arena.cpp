#include "backend/plan/arena.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace gatefold {
namespace {

constexpr std::size_t kAlignment = 64;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

bool live_together(const ArenaRequest& a, const ArenaRequest& b) {
  return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

}  // namespace

ArenaLayout plan_arena(const std::vector<ArenaRequest>& requests) {
  std::vector<std::size_t> by_size(requests.size());
  std::iota(by_size.begin(), by_size.end(), 0);
  std::stable_sort(by_size.begin(), by_size.end(), [&](std::size_t a, std::size_t b) {
    return requests[a].bytes > requests[b].bytes;
  });
  ArenaLayout layout;
  layout.offsets.resize(requests.size());
  std::vector<std::size_t> placed;  // Ordered by offset.
  for (const std::size_t current : by_size) {
    const std::size_t bytes = aligned(requests[current].bytes);
    std::size_t best = 0;
    std::size_t best_gap = std::numeric_limits<std::size_t>::max();
    std::size_t end = 0;
    for (const std::size_t other : placed) {
      if (!live_together(requests[current], requests[other])) continue;
      const std::size_t start = layout.offsets[other];
      if (start >= end + bytes && start - end < best_gap) {
        best = end;
        best_gap = start - end;
      }
      end = std::max(end, start + aligned(requests[other].bytes));
    }
    const std::size_t offset = best_gap == std::numeric_limits<std::size_t>::max() ? end : best;
    layout.offsets[current] = offset;
    layout.bytes = std::max(layout.bytes, offset + bytes);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), offset,
                                   [&](std::size_t value, std::size_t other) {
                                     return value < layout.offsets[other];
                                   }),
                  current);
  }
  return layout;
}

}  // namespace gatefold
