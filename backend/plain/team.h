#pragma once

#include <cstdint>

namespace gatefold::plain {

/// Numbers [begin, end) of things.
struct Range {
  std::int64_t begin = 0, end = 0;

  std::int64_t count() const { return end - begin; }
};

/// The threads of one run, seen by one of them.
struct Team {
  int thread = 0;
  int threads = 1;

  /// This thread's part of `count` things.
  Range share(std::int64_t count) const {
    return {count * thread / threads, count * (thread + 1) / threads};
  }
  void wait_for_others() const {
    if (threads == 1) return;
#pragma omp barrier
  }
};

}  // namespace gatefold::plain
