#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace gatefold::native {

/// Distributes the work on a stack of layers to several teams: each layer in chunks, one after the
/// other, where a chunk also needs the same chunk of the layer below. No team holds anything while
/// it waits, so that any number of teams finishes.
class Wavefront {
 public:
  struct Task {
    std::size_t layer = 0;
    std::int64_t chunk = 0;
  };

  explicit Wavefront(std::size_t layers) : layers_(layers) {}

  /// Starts again with so many chunks of each layer.
  void begin(std::int64_t chunks);
  /// Waits for a chunk that can be computed and returns it; nothing when all chunks are taken. A
  /// team stays with a layer, `own`, whose weights are in its cache, while that layer has chunks
  /// left and none pile up before another one.
  std::optional<Task> take(std::size_t own);
  /// Marks a chunk as done.
  void finish(Task task) {
    layers_[task.layer].done.store(task.chunk + 1, std::memory_order_release);
  }

 private:
  static constexpr std::size_t kCacheLine = 64;

  /// How many chunks of a layer are taken, and how many are done.
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
