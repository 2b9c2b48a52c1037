#pragma once

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>

namespace gatefold::native {

/// Numbers [begin, end) of things.
struct Range {
  std::int64_t begin = 0, end = 0;

  std::int64_t count() const { return end - begin; }
};

/// Where the threads of a team wait for one another. OpenMP's own barrier spins for milliseconds
/// when one of them has lost its core to another program; this one soon lets others run.
class Barrier {
 public:
  void wait(int threads) {
    const std::uint32_t round = round_.load(std::memory_order_relaxed);
    if (waiting_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads) {
      waiting_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    for (int i = 0; round_.load(std::memory_order_acquire) == round; ++i) {
      if (i >= kSpins) std::this_thread::yield();
    }
  }

 private:
  static constexpr int kSpins = 4096;
  static constexpr std::size_t kCacheLine = 64;

  alignas(kCacheLine) std::atomic<int> waiting_ = 0;
  alignas(kCacheLine) std::atomic<std::uint32_t> round_ = 0;
};

/// The threads of one run, seen by one of them.
struct Team {
  int thread = 0;
  int threads = 1;
  Barrier* barrier = nullptr;  ///< Given where there are several.

  /// This thread's part of `count` things.
  Range share(std::int64_t count) const {
    return {count * thread / threads, count * (thread + 1) / threads};
  }
  void wait_for_others() const {
    if (threads > 1) barrier->wait(threads);
  }
};

/// How many of `threads` are worth their waiting for one another at every step, and their fetching
/// the weights from one another's caches once, for so many multiplications.
inline int useful_threads(std::int64_t step_products, std::int64_t steps, int threads) {
  constexpr std::int64_t kStepProducts = 8 * 1024;
  constexpr std::int64_t kRunProducts = 512 * 1024;
  const std::int64_t useful =
      std::min(step_products / kStepProducts, step_products * steps / kRunProducts);
  return static_cast<int>(std::clamp<std::int64_t>(useful, 1, std::max(threads, 1)));
}

/// Elements below which an element-wise operator does not gain from threads.
inline constexpr std::int64_t kParallelElements = 1 << 17;

/// Calls compute(part) for every part, on several threads.
template <typename Compute>
void for_each_part(std::int64_t parts, int threads, const Compute& compute) {
  if (threads == 1 || parts == 1) {
    for (std::int64_t part = 0; part < parts; ++part) compute(part);
    return;
  }
#pragma omp parallel for num_threads(threads)
  for (std::int64_t part = 0; part < parts; ++part) compute(part);
}

/// Calls run(team) on every one of `threads`.
template <typename Run>
void run_as_team(int threads, const Run& run) {
  if (threads == 1) return run(Team{});
  Barrier barrier;
#pragma omp parallel num_threads(threads)
  run(Team{omp_get_thread_num(), omp_get_num_threads(), &barrier});
}

}  // namespace gatefold::native
