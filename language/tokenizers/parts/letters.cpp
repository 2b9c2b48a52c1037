#include <nlohmann/json.hpp>

#include "language/text/transform.h"
#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/settings.h"

namespace gatefold {

Normalizer make_lowercase(const nlohmann::json& settings) {
  read_settings(settings, {});
  return [](const std::string& text) { return lower_case(text); };
}

Normalizer make_strip_accents(const nlohmann::json& settings) {
  read_settings(settings, {});
  return [](const std::string& text) { return strip_accents(text); };
}

Normalizer make_prepend(const nlohmann::json& settings) {
  std::string prefix;
  read_settings(settings, {required_field("prepend", prefix)});
  return [prefix](const std::string& text) { return text.empty() ? text : prefix + text; };
}

}  // namespace gatefold
