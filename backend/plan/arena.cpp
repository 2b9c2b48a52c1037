#include "backend/plan/arena.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace gatefold {
namespace {

constexpr std::size_t kAlignment = 64;
// Pairs of buffers that live at the same time up to which each is looked at.
constexpr std::size_t kMostPairs = std::size_t{1} << 20;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// The buffers in the order in which they begin to live, those without bytes left out.
std::vector<std::size_t> by_first_step(const std::vector<ArenaRequest>& requests) {
  std::vector<std::size_t> order;
  order.reserve(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].bytes > 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return requests[a].first_step < requests[b].first_step;
  });
  return order;
}

/// Which buffers live at the same time. Each one is a number in `order`.
struct Lifetimes {
  std::vector<std::size_t> order;  ///< See by_first_step.
  /// Those that live already when buffer i begins to: `earlier` from [i] to [i + 1].
  std::vector<std::size_t> first_earlier;
  std::vector<std::size_t> earlier;
};

/// Nothing where there are too many pairs.
std::optional<Lifetimes> find_lifetimes(const std::vector<ArenaRequest>& requests) {
  Lifetimes lifetimes{by_first_step(requests), {0}, {}};
  std::vector<std::size_t> live;
  for (std::size_t i = 0; i < lifetimes.order.size(); ++i) {
    const auto has_ended = [&](std::size_t other) {
      return requests[lifetimes.order[other]].last_step < requests[lifetimes.order[i]].first_step;
    };
    live.erase(std::remove_if(live.begin(), live.end(), has_ended), live.end());
    if (lifetimes.earlier.size() + live.size() > kMostPairs) return std::nullopt;
    lifetimes.earlier.insert(lifetimes.earlier.end(), live.begin(), live.end());
    lifetimes.first_earlier.push_back(lifetimes.earlier.size());
    live.push_back(i);
  }
  return lifetimes;
}

/// Largest first, each in the tightest gap left by those that live at the same time.
class SizePlacement {
 public:
  SizePlacement(const std::vector<ArenaRequest>& requests, const Lifetimes& lifetimes)
      : requests_(requests),
        lifetimes_(lifetimes),
        layout_{std::vector<std::size_t>(requests.size(), kNowhere)} {}

  ArenaLayout place();

 private:
  static constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

  void find_taken(std::size_t current);
  void add_taken(std::size_t other);
  std::size_t tightest_gap(std::size_t bytes) const;

  const std::vector<ArenaRequest>& requests_;
  const Lifetimes& lifetimes_;
  ArenaLayout layout_;
  /// From, to: by those that live at the same time as the current one.
  std::vector<std::pair<std::size_t, std::size_t>> taken_;
};

void SizePlacement::add_taken(std::size_t other) {
  const std::size_t buffer = lifetimes_.order[other];
  const std::size_t start = layout_.offsets[buffer];
  if (start != kNowhere) taken_.emplace_back(start, start + aligned(requests_[buffer].bytes));
}

void SizePlacement::find_taken(std::size_t current) {
  taken_.clear();
  for (std::size_t k = lifetimes_.first_earlier[current]; k < lifetimes_.first_earlier[current + 1];
       ++k) {
    add_taken(lifetimes_.earlier[k]);
  }
  const std::size_t last_step = requests_[lifetimes_.order[current]].last_step;
  for (std::size_t later = current + 1; later < lifetimes_.order.size(); ++later) {
    if (requests_[lifetimes_.order[later]].first_step > last_step) break;
    add_taken(later);
  }
  std::sort(taken_.begin(), taken_.end());
}

std::size_t SizePlacement::tightest_gap(std::size_t bytes) const {
  std::size_t best = kNowhere;
  std::size_t best_gap = kNowhere;
  std::size_t end = 0;
  for (const auto& [from, to] : taken_) {
    if (from >= end + bytes && from - end < best_gap) {
      best = end;
      best_gap = from - end;
    }
    end = std::max(end, to);
  }
  return best == kNowhere ? end : best;
}

ArenaLayout SizePlacement::place() {
  const auto bytes_of = [&](std::size_t i) { return requests_[lifetimes_.order[i]].bytes; };
  std::vector<std::size_t> by_size(lifetimes_.order.size());
  std::iota(by_size.begin(), by_size.end(), 0);
  std::sort(by_size.begin(), by_size.end(), [&](std::size_t a, std::size_t b) {
    return bytes_of(a) != bytes_of(b) ? bytes_of(a) > bytes_of(b)
                                      : lifetimes_.order[a] < lifetimes_.order[b];
  });
  for (const std::size_t current : by_size) {
    find_taken(current);
    const std::size_t bytes = aligned(bytes_of(current));
    const std::size_t offset = tightest_gap(bytes);
    layout_.offsets[lifetimes_.order[current]] = offset;
    layout_.bytes = std::max(layout_.bytes, offset + bytes);
  }
  std::replace(layout_.offsets.begin(), layout_.offsets.end(), kNowhere, std::size_t{0});
  return std::move(layout_);
}

/// The free parts of a block of memory that grows at its end.
class FreeParts {
 public:
  /// Takes the tightest part that is large enough, else the end of the block.
  std::size_t take(std::size_t bytes) {
    const auto tightest = by_size_.lower_bound({bytes, 0});
    std::size_t offset = end_;
    std::size_t size = 0;
    if (tightest != by_size_.end()) {
      std::tie(size, offset) = *tightest;
    } else if (!by_offset_.empty()) {
      const auto& [start, left] = *by_offset_.rbegin();
      if (start + left == end_) std::tie(size, offset) = std::pair(left, start);
    }
    if (size > 0) erase(offset, size);
    if (size > bytes) insert(offset + bytes, size - bytes);
    end_ = std::max(end_, offset + bytes);
    return offset;
  }

  /// Gives a part back and joins it with those beside it.
  void give(std::size_t offset, std::size_t bytes) {
    const auto behind = by_offset_.lower_bound(offset);
    if (behind != by_offset_.end() && behind->first == offset + bytes) {
      bytes += behind->second;
      erase(behind->first, behind->second);
    }
    const auto after = by_offset_.lower_bound(offset);
    if (after != by_offset_.begin()) {
      const auto [start, size] = *std::prev(after);
      if (start + size == offset) {
        erase(start, size);
        offset = start;
        bytes += size;
      }
    }
    insert(offset, bytes);
  }

  std::size_t end() const { return end_; }

 private:
  void insert(std::size_t offset, std::size_t bytes) {
    by_offset_.emplace(offset, bytes);
    by_size_.emplace(bytes, offset);
  }
  void erase(std::size_t offset, std::size_t bytes) {
    by_offset_.erase(offset);
    by_size_.erase({bytes, offset});
  }

  std::map<std::size_t, std::size_t> by_offset_;
  std::set<std::pair<std::size_t, std::size_t>> by_size_;
  std::size_t end_ = 0;
};

/// In the order in which they begin to live, each in the tightest part that is free by then.
ArenaLayout place_by_time(const std::vector<ArenaRequest>& requests) {
  ArenaLayout layout{std::vector<std::size_t>(requests.size())};
  FreeParts parts;
  std::set<std::pair<std::size_t, std::size_t>> live;  // Last step, buffer.
  for (const std::size_t current : by_first_step(requests)) {
    while (!live.empty() && live.begin()->first < requests[current].first_step) {
      const std::size_t ended = live.begin()->second;
      parts.give(layout.offsets[ended], aligned(requests[ended].bytes));
      live.erase(live.begin());
    }
    layout.offsets[current] = parts.take(aligned(requests[current].bytes));
    live.emplace(requests[current].last_step, current);
  }
  layout.bytes = parts.end();
  return layout;
}

}  // namespace

ArenaLayout plan_arena(const std::vector<ArenaRequest>& requests) {
  const std::optional<Lifetimes> lifetimes = find_lifetimes(requests);
  return lifetimes ? SizePlacement(requests, *lifetimes).place() : place_by_time(requests);
}

}  // namespace gatefold
