#include <nlohmann/json.hpp>

#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/pattern.h"
#include "language/tokenizers/parts/settings.h"

namespace gatefold {

Normalizer make_replace_normalizer(const nlohmann::json& settings) {
  Pattern pattern;
  std::string content;
  read_settings(settings, {pattern_field(pattern), required_field("content", content)});
  return [pattern, content](const std::string& text) {
    return replace_matches(text, pattern, content);
  };
}

Decoder make_replace_decoder(const nlohmann::json& settings) {
  return [replace = make_replace_normalizer(settings)](std::vector<std::string> tokens) {
    for (std::string& token : tokens) token = replace(std::move(token));
    return tokens;
  };
}

}  // namespace gatefold
