#include "language/decoding/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ir/error.h"

namespace gatefold {

void check_sampling(const SamplingOptions& options) {
  if (!(options.temperature > 0) || !std::isfinite(options.temperature)) {
    fail(
        "a temperature of {} cannot be had; it must be a finite number above 0; "
        "--greedy always takes the most probable token",
        options.temperature);
  }
  if (!(options.top_p > 0 && options.top_p <= 1)) {
    fail("a share of {} cannot be drawn from; --top-p must be above 0 and at most 1",
         options.top_p);
  }
  if (options.top_k < 0) fail("--top-k {} is negative", options.top_k);
}

std::int64_t Sampler::choose(std::span<const float> scores) {
  const auto best = std::max_element(scores.begin(), scores.end());
  if (options_.greedy) return best - scores.begin();
  order_.resize(scores.size());
  std::iota(order_.begin(), order_.end(), 0);
  std::size_t count = scores.size();
  if (options_.top_k > 0) count = std::min(count, static_cast<std::size_t>(options_.top_k));
  std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(count),
                    order_.end(), [&](std::int64_t a, std::int64_t b) {
                      return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
                    });
  shares_.resize(count);
  double total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    shares_[i] = std::exp((static_cast<double>(scores[order_[i]]) - *best) / options_.temperature);
    total += shares_[i];
  }
  double limit = 0;
  for (std::size_t i = 0; i < count && limit < options_.top_p * total; ++i) limit += shares_[i];
  double left = random_.uniform(drawn_++) * limit;
  for (std::size_t i = 0; i < count; ++i) {
    left -= shares_[i];
    if (left < 0) return order_[i];
  }
  return order_[0];
}

}  // namespace gatefold
