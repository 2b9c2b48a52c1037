#include "backend/plan/arena.h"

#include <gtest/gtest.h>

#include <vector>

namespace gatefold {
namespace {

bool overlap(std::size_t a, std::size_t a_bytes, std::size_t b, std::size_t b_bytes) {
  return a < b + b_bytes && b < a + a_bytes;
}

/// Checks the layout of buffers few enough to look at each pair.
void expect_no_overlap(const std::vector<ArenaRequest>& requests, const ArenaLayout& layout) {
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

/// Those of a training step: what a step forward makes is read on the way back.
std::vector<ArenaRequest> nested(std::size_t count) {
  std::vector<ArenaRequest> requests;
  for (std::size_t i = 0; i < count; ++i) requests.push_back({1000, i, 2 * count - i});
  for (std::size_t i = 0; i < count; ++i) requests.push_back({500, count + i, count + i + 1});
  return requests;
}

std::vector<ArenaRequest> chain(std::size_t count) {
  std::vector<ArenaRequest> requests;
  for (std::size_t i = 0; i < count; ++i) requests.push_back({1024, i, i + 1});
  return requests;
}

std::vector<ArenaRequest> all_together(std::size_t count) {
  return std::vector<ArenaRequest>(count, {64, 0, count});
}

TEST(Arena, BuffersThatLiveTogetherDoNotOverlap) {
  const std::vector<ArenaRequest> requests = {{100, 0, 2}, {300, 1, 3}, {64, 2, 2}, {1000, 3, 5},
                                              {10, 0, 5},  {0, 1, 1},   {500, 4, 6}};
  expect_no_overlap(requests, plan_arena(requests));
}

TEST(Arena, BuffersInAMillionPairsDoNotOverlap) {
  std::vector<ArenaRequest> requests = nested(4000);
  std::size_t number = 1;
  for (ArenaRequest& request : requests) {
    number = number * 48271 % 2147483647;
    request.bytes = number % 5000;
  }
  expect_no_overlap(requests, plan_arena(requests));
}

// Takes minutes where each of so many buffers is looked at for each other one.
TEST(Arena, ManyBuffersTakeNoMoreMemoryThanThoseThatLive) {
  constexpr std::size_t kMany = 1 << 18;
  EXPECT_EQ(plan_arena(chain(kMany)).bytes, 2U * 1024);
  EXPECT_EQ(plan_arena(nested(kMany)).bytes, kMany * 1024 + 2 * 512);
  EXPECT_EQ(plan_arena(all_together(kMany)).bytes, kMany * 64);
}

TEST(Arena, BuffersThatFollowEachOtherShareMemory) {
  EXPECT_EQ(plan_arena(chain(10)).bytes, 2U * 1024);
}

}  // namespace
}  // namespace gatefold
