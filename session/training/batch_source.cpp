#include "session/training/batch_source.h"

#include <numeric>
#include <utility>

namespace gatefold {

std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed, std::int64_t epoch) {
  return shuffled(count,
                  RandomNumbers(RandomNumbers(seed).bits(static_cast<std::uint64_t>(epoch))));
}

// Fisher and Yates' shuffle.
std::vector<std::int64_t> shuffled(std::int64_t count, const RandomNumbers& random) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i-- > 1;) {
    const auto other = static_cast<std::size_t>(random.uniform(i) * static_cast<double>(i + 1));
    std::swap(order[i], order[other]);
  }
  return order;
}

}  // namespace gatefold
