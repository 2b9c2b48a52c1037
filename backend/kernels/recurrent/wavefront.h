#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace gatefold::native {

/// Deals out a stack of layers to several teams: each layer in chunks, one after the other, where a
/// chunk also needs the same chunk of the layer below. No team holds anything while it waits, so
/// any number of them comes to the end.
class Wavefront {
 public:
  struct Task {
    std::size_t layer = 0;
    std::int64_t chunk = 0;
  };

  explicit Wavefront(std::size_t layers) : layers_(layers) {}

  /// Begins anew with so many chunks of each layer.
  void begin(std::int64_t chunks);
  /// What a team does next, once that can be computed; nothing when all is dealt out. A team stays
  /// with a layer, `own`, whose weights are in its cache, while that has more to do and nothing
  /// piles up before another one.
  std::optional<Task> take(std::size_t own);
  /// Says that it is done.
  void finish(Task task) {
    layers_[task.layer].done.store(task.chunk + 1, std::memory_order_release);
  }

 private:
  static constexpr std::size_t kCacheLine = 64;

  /// Chunks of a layer that are dealt out, and that are done.
  struct alignas(kCacheLine) Progress {
    std::atomic<std::int64_t> taken = 0;
    std::atomic<std::int64_t> done = 0;
  };

  std::optional<Task> try_take(std::size_t layer, std::int64_t least_waiting);
  std::optional<Task> try_take_any(std::int64_t least_waiting);

  std::int64_t chunks_ = 0;
  std::vector<Progress> layers_;
};

}  // namespace gatefold::native
