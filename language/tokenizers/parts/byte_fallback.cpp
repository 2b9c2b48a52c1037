#include "language/tokenizers/parts/byte_fallback.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "language/text/utf8.h"
#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/settings.h"

namespace gatefold {
namespace {

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

/// The byte that a token such as "<0xE4>" stands for.
std::optional<char> byte_of(const std::string& token) {
  if (token.size() != 6 || !token.starts_with("<0x") || !token.ends_with('>')) return std::nullopt;
  unsigned value = 0;
  const char* end = token.data() + 5;
  const auto read = std::from_chars(token.data() + 3, end, value, 16);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return static_cast<char>(value);
}

/// Moves gathered bytes to the texts: as one text, or, if they are none, each as U+FFFD.
void flush(std::string& bytes, std::vector<std::string>& texts) {
  if (bytes.empty()) return;
  if (is_utf8(bytes)) {
    texts.push_back(bytes);
  } else {
    texts.insert(texts.end(), bytes.size(), std::string(kReplacementCharacter));
  }
  bytes.clear();
}

}  // namespace

std::string byte_token(char byte) {
  return fmt::format("<0x{:02X}>", static_cast<unsigned char>(byte));
}

Decoder make_byte_fallback(const nlohmann::json& settings) {
  read_settings(settings, {});
  return [](const std::vector<std::string>& tokens) {
    std::vector<std::string> texts;
    std::string bytes;
    for (const std::string& token : tokens) {
      if (const auto byte = byte_of(token)) {
        bytes += *byte;
      } else {
        flush(bytes, texts);
        texts.push_back(token);
      }
    }
    flush(bytes, texts);
    return texts;
  };
}

}  // namespace gatefold
