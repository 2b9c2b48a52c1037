#include "ir/random.h"

#include <bit>
#include <random>

#include "ir/graph.h"

namespace gatefold {

RandomNumbers random_numbers(const Node& node) {
  if (const AttrValue* seed = node.find_attr("seed")) {
    const auto* number = std::get_if<std::int64_t>(seed);
    return RandomNumbers(number != nullptr ? std::bit_cast<std::uint64_t>(*number)
                                           : std::bit_cast<std::uint32_t>(std::get<float>(*seed)));
  }
  std::random_device source;
  return RandomNumbers(std::uint64_t{source()} << 32 | source());
}

}  // namespace gatefold
