#include "backend/kernels/recurrent/wavefront.h"

#include <algorithm>
#include <thread>

namespace gatefold::native {
namespace {

// Chunks before a layer that make a team leave its own: enough to be worth fetching the weights.
constexpr std::int64_t kPile = 6;
// Looks at its own layer before a team turns to another one: about as long as the hand-over from a
// team that has just done a chunk and goes on with the next.
constexpr int kPatience = 256;
// Looks before a team lets other programs have its core.
constexpr int kSpins = 4096;

}  // namespace

void Wavefront::begin(std::int64_t chunks) {
  chunks_ = chunks;
  for (Progress& layer : layers_) {
    layer.taken.store(0, std::memory_order_relaxed);
    layer.done.store(0, std::memory_order_relaxed);
  }
}

std::optional<Wavefront::Task> Wavefront::take(std::size_t own) {
  for (int looks = 0; layers_.back().taken.load(std::memory_order_relaxed) < chunks_; ++looks) {
    if (const auto task = try_take_any(kPile)) return task;
    if (const auto task = try_take(own, 1)) return task;
    if (looks >= kPatience) {
      if (const auto task = try_take_any(1)) return task;
    }
    if (looks >= kSpins) std::this_thread::yield();
  }
  return std::nullopt;
}

/// The next chunk of a layer if nobody is at work on it and as many chunks as said wait before it.
std::optional<Wavefront::Task> Wavefront::try_take(std::size_t layer, std::int64_t least_waiting) {
  Progress& progress = layers_[layer];
  std::int64_t chunk = progress.taken.load(std::memory_order_relaxed);
  // Nothing piles up before the lowest layer: it always has its next chunk.
  const std::int64_t below = layer == 0 ? std::min(chunk + 1, chunks_)
                                        : layers_[layer - 1].done.load(std::memory_order_acquire);
  const bool is_free = progress.done.load(std::memory_order_acquire) == chunk;
  if (!is_free || below - chunk < least_waiting) return std::nullopt;
  if (!progress.taken.compare_exchange_strong(chunk, chunk + 1)) return std::nullopt;
  return Task{layer, chunk};
}

/// The uppermost layer's before which so many chunks wait.
std::optional<Wavefront::Task> Wavefront::try_take_any(std::int64_t least_waiting) {
  for (std::size_t layer = layers_.size(); layer-- > 0;) {
    if (const auto task = try_take(layer, least_waiting)) return task;
  }
  return std::nullopt;
}

}  // namespace gatefold::native
