#include "ir/number_text.h"

#include <fmt/format.h>

namespace gatefold {

std::string format_count(std::int64_t count) {
  std::string digits = fmt::format("{}", count);
  const std::size_t start = count < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > start + 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
  return digits;
}

}  // namespace gatefold
