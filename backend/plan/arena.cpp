#include "backend/plan/arena.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "ir/inline_vector.h"

namespace gatefold {
namespace {

constexpr std::size_t kAlignment = 64;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

bool live_together(const ArenaRequest& a, const ArenaRequest& b) {
  return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

struct ByOffset {
  const std::vector<std::size_t>& offsets;
  bool operator()(std::size_t a, std::size_t b) const { return offsets[a] < offsets[b]; }
};

/// The buffers that have a place, found by the steps in which they live.
class PlacedBuffers {
 public:
  PlacedBuffers(const std::vector<ArenaRequest>& requests, const std::vector<std::size_t>& offsets)
      : requests_(requests), offsets_(offsets) {
    for (const ArenaRequest& request : requests) steps_ = std::max(steps_, request.last_step + 1);
    beginning_.resize(steps_);
    spanning_.resize(2 * steps_);
  }

  void add(std::size_t buffer) {
    const auto& [bytes, first_step, last_step] = requests_[buffer];
    beginning_[first_step].push_back(buffer);
    std::size_t low = first_step + steps_;
    std::size_t high = last_step + 1 + steps_;
    for (; low < high; low /= 2, high /= 2) {
      if (low % 2 == 1) spanning_[low++].push_back(buffer);
      if (high % 2 == 1) spanning_[--high].push_back(buffer);
    }
    added_.push_back(buffer);
  }

  /// Those that live together with a request, ordered by their offsets; among others when they are
  /// so many that sorting them takes longer than looking at all.
  const std::vector<std::size_t>& near(const ArenaRequest& request) {
    constexpr std::size_t kLeast = 64;
    const std::size_t most = kLeast + (ordered_.size() + added_.size()) / 16;
    found_.clear();
    for (std::size_t i = request.first_step + steps_; i > 0; i /= 2) {
      if (found_.size() + spanning_[i].size() > most) return all();
      found_.insert(found_.end(), spanning_[i].begin(), spanning_[i].end());
    }
    if (request.last_step - request.first_step > most) return all();
    for (std::size_t i = request.first_step + 1; i <= request.last_step; ++i) {
      if (found_.size() + beginning_[i].size() > most) return all();
      found_.insert(found_.end(), beginning_[i].begin(), beginning_[i].end());
    }
    std::sort(found_.begin(), found_.end(), ByOffset{offsets_});
    return found_;
  }

 private:
  const std::vector<std::size_t>& all() {
    std::sort(added_.begin(), added_.end(), ByOffset{offsets_});
    const auto middle = ordered_.insert(ordered_.end(), added_.begin(), added_.end());
    std::inplace_merge(ordered_.begin(), middle, ordered_.end(), ByOffset{offsets_});
    added_.clear();
    return ordered_;
  }

  const std::vector<ArenaRequest>& requests_;
  const std::vector<std::size_t>& offsets_;
  std::size_t steps_ = 0;
  std::vector<InlineVector<std::size_t>> beginning_;  // By the first step.
  std::vector<InlineVector<std::size_t>> spanning_;   // A segment tree over the steps.
  std::vector<std::size_t> ordered_;                  // By offset.
  std::vector<std::size_t> added_;                    // Not yet among those.
  std::vector<std::size_t> found_;
};

}  // namespace

ArenaLayout plan_arena(const std::vector<ArenaRequest>& requests) {
  std::vector<std::size_t> by_size(requests.size());
  std::iota(by_size.begin(), by_size.end(), 0);
  std::stable_sort(by_size.begin(), by_size.end(), [&](std::size_t a, std::size_t b) {
    return requests[a].bytes > requests[b].bytes;
  });
  ArenaLayout layout;
  layout.offsets.resize(requests.size());
  PlacedBuffers placed(requests, layout.offsets);
  for (const std::size_t current : by_size) {
    if (requests[current].bytes == 0) break;
    const std::size_t bytes = aligned(requests[current].bytes);
    std::size_t best = 0;
    std::size_t best_gap = std::numeric_limits<std::size_t>::max();
    std::size_t end = 0;
    for (const std::size_t other : placed.near(requests[current])) {
      if (!live_together(requests[current], requests[other])) continue;
      const std::size_t start = layout.offsets[other];
      if (start >= end + bytes && start - end < best_gap) {
        best = end;
        best_gap = start - end;
      }
      end = std::max(end, start + aligned(requests[other].bytes));
    }
    const std::size_t offset = best_gap == std::numeric_limits<std::size_t>::max() ? end : best;
    layout.offsets[current] = offset;
    layout.bytes = std::max(layout.bytes, offset + bytes);
    placed.add(current);
  }
  return layout;
}

}  // namespace gatefold
