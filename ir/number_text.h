#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace gatefold {

/// Returns the number that a whole text spells as std::from_chars reads it; nothing for other texts
/// and for numbers that T cannot hold.
template <typename T>
std::optional<T> number_from_text(std::string_view text) {
  T number{};
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

/// Formats 1234567 as "1,234,567".
std::string format_count(std::int64_t count);

}  // namespace gatefold
