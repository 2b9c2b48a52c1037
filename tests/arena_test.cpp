#include "backend/plan/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

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

/// The steps of a graph with branches: most values are read soon, some much later.
std::vector<ArenaRequest> mixed_requests(std::size_t count) {
  std::vector<ArenaRequest> requests;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t length = i % 7 == 0 ? i * 31 % 97 : i % 3;
    requests.push_back({i * 37 % 11 * 100, i / 2, i / 2 + length});
  }
  return requests;
}

TEST(Arena, PlacesManyBuffersAsTightlyAsTheyLive) {
  const std::vector<ArenaRequest> requests = mixed_requests(2000);
  const ArenaLayout layout = plan_arena(requests);
  std::size_t most = 0;  // Bytes that live at one step.
  for (std::size_t step = 0; step < 1100; ++step) {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (requests[i].first_step > step || requests[i].last_step < step) continue;
      bytes += (requests[i].bytes + 63) / 64 * 64;
      for (std::size_t j = 0; j < i; ++j) {
        if (requests[j].first_step > step || requests[j].last_step < step) continue;
        EXPECT_FALSE(
            overlap(layout.offsets[i], requests[i].bytes, layout.offsets[j], requests[j].bytes))
            << "buffers " << i << " and " << j;
      }
    }
    most = std::max(most, bytes);
  }
  EXPECT_GE(layout.bytes, most);
  EXPECT_LE(layout.bytes, most + most / 5);
}

// Where every placed buffer was looked at for every other, these took minutes.
TEST(Arena, PlacesLongChainsInLittleTime) {
  constexpr std::size_t kSteps = 500'000;
  std::vector<ArenaRequest> chain;
  for (std::size_t i = 0; i < kSteps; ++i) chain.push_back({1024, i, i + 1});
  chain.push_back({4096, 0, kSteps});
  EXPECT_EQ(plan_arena(chain).bytes, 4096 + 2U * 1024);
}

}  // namespace
}  // namespace gatefold
