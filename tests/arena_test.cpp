#include "backend/plan/arena.h"

#include <gtest/gtest.h>

namespace gatefold {
namespace {

bool overlap(std::size_t a, std::size_t a_bytes, std::size_t b, std::size_t b_bytes) {
  return a < b + b_bytes && b < a + a_bytes;
}

TEST(Arena, BuffersThatLiveTogetherDoNotOverlap) {
  const std::vector<ArenaRequest> requests = {{100, 0, 2}, {300, 1, 3}, {64, 2, 2}, {1000, 3, 5},
                                              {10, 0, 5},  {0, 1, 1},   {500, 4, 6}};
  const ArenaLayout layout = plan_arena(requests);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(layout.offsets[i] % 64, 0U);
    EXPECT_LE(layout.offsets[i] + requests[i].bytes, layout.bytes);
    for (std::size_t j = 0; j < i; ++j) {
      const bool together = requests[i].first_step <= requests[j].last_step &&
                            requests[j].first_step <= requests[i].last_step;
      if (!together) continue;
      EXPECT_FALSE(
          overlap(layout.offsets[i], requests[i].bytes, layout.offsets[j], requests[j].bytes))
          << "buffers " << i << " and " << j;
    }
  }
}

TEST(Arena, BuffersThatFollowEachOtherShareMemory) {
  std::vector<ArenaRequest> chain;
  for (std::size_t i = 0; i < 10; ++i) chain.push_back({1024, i, i + 1});
  EXPECT_EQ(plan_arena(chain).bytes, 2U * 1024);
}

}  // namespace
}  // namespace gatefold
