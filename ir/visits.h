#pragma once

#include <atomic>
#include <cstdint>

/// Counts how often this process has looked at nodes and values of graphs, so that tests can tell
/// how the work of passes grows with a graph. Several threads that count at once may lose some
/// visits.
namespace gatefold::visits {

inline std::atomic<std::uint64_t> count = 0;

inline void note() {
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace gatefold::visits
