#pragma once

#include <atomic>
#include <cstdint>

/// How often nodes and values of graphs have been looked at in this process. Tests count what
/// passes do as a graph grows; several threads that count at once may lose some.
namespace gatefold::visits {

inline std::atomic<std::uint64_t> count = 0;

inline void note() {
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace gatefold::visits
