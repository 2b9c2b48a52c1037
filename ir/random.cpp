#include "ir/random.h"

#include <atomic>
#include <bit>
#include <random>

#include "ir/graph.h"

namespace gatefold {

namespace {

/// A number that no other call gives, in this process or another. The machine's source is asked
/// once, as it takes microseconds.
std::uint64_t fresh_seed() {
  static const std::uint64_t first = [] {
    std::random_device source;
    return std::uint64_t{source()} << 32 | source();
  }();
  static std::atomic<std::uint64_t> calls = 0;
  return first + calls.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

RandomNumbers random_numbers(const Node& node) {
  if (const AttrValue* seed = node.find_attr("seed")) {
    const auto* number = std::get_if<std::int64_t>(seed);
    return RandomNumbers(number != nullptr ? std::bit_cast<std::uint64_t>(*number)
                                           : std::bit_cast<std::uint32_t>(std::get<float>(*seed)));
  }
  return RandomNumbers(fresh_seed());
}

}  // namespace gatefold
