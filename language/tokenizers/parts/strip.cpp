#include <algorithm>
#include <nlohmann/json.hpp>

#include "language/text/characters.h"
#include "language/text/transform.h"
#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/settings.h"

namespace gatefold {
namespace {

/// How many entries, at most `limit`, from the first on are `content`.
template <typename Iterator>
std::int64_t count_leading(Iterator first, Iterator last, const std::string& content,
                           std::int64_t limit) {
  const auto end = first + std::min<std::int64_t>(limit, last - first);
  return std::find_if(first, end, [&](std::string_view part) { return part != content; }) - first;
}

}  // namespace

Normalizer make_strip_normalizer(const nlohmann::json& settings) {
  bool at_begin = true;
  bool at_end = true;
  read_settings(settings,
                {required_field("strip_left", at_begin), required_field("strip_right", at_end)});
  return [at_begin, at_end](const std::string& text) {
    return std::string(trim(text, at_begin, at_end));
  };
}

Decoder make_strip_decoder(const nlohmann::json& settings) {
  std::string content;
  std::int64_t at_begin = 0;
  std::int64_t at_end = 0;
  read_settings(settings, {required_field("content", content), required_field("start", at_begin),
                           required_field("stop", at_end)});
  if (at_begin < 0 || at_end < 0) fail("Strip has a negative number of characters to strip");
  return [content, at_begin, at_end](std::vector<std::string> tokens) {
    for (std::string& token : tokens) {
      const std::vector<std::string_view> parts = characters(token);
      const auto first = count_leading(parts.begin(), parts.end(), content, at_begin);
      const auto last = count_leading(parts.rbegin(), parts.rend() - first, content, at_end);
      std::string kept;
      std::for_each(parts.begin() + first, parts.end() - last,
                    [&](std::string_view part) { kept += part; });
      token = kept;
    }
    return tokens;
  };
}

}  // namespace gatefold
