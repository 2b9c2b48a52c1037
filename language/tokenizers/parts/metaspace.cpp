#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "language/text/characters.h"
#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/settings.h"
#include "language/tokenizers/parts/split.h"

namespace gatefold {
namespace {

struct Metaspace {
  char32_t replacement = 0;
  std::string scheme = "always";
  bool splits = true;
};

Metaspace read_metaspace(const nlohmann::json& settings) {
  Metaspace part;
  std::string replacement;
  std::optional<bool> adds_space;
  read_settings(settings, {required_field("replacement", replacement),
                           json_field("prepend_scheme", part.scheme),
                           json_field("add_prefix_space", adds_space),
                           json_field("split", part.splits), json_information("str_rep")});
  const std::vector<char32_t> points = code_points(replacement);
  if (points.size() != 1)
    fail("field 'replacement' is '{}'; it must be one character", replacement);
  part.replacement = points[0];
  if (part.scheme != "always" && part.scheme != "first" && part.scheme != "never") {
    fail("field 'prepend_scheme' is '{}'; it must be always, first or never", part.scheme);
  }
  if (adds_space == false && part.scheme != "never") {
    fail(
        "Metaspace has the field 'add_prefix_space' false, but 'prepend_scheme' is '{}'; it must "
        "be never",
        part.scheme);
  }
  return part;
}

std::vector<Piece> cut_at_spaces(const Metaspace& part, Piece piece) {
  const std::string replacement = utf8_of(part.replacement);
  std::string text;
  for (const char byte : piece.text) {
    if (byte == ' ') {
      text += replacement;
    } else {
      text += byte;
    }
  }
  const bool prepends = part.scheme == "always" || (part.scheme == "first" && piece.is_first);
  if (prepends && !text.starts_with(replacement)) text.insert(0, replacement);
  piece.text = std::move(text);
  if (!part.splits) return {std::move(piece)};
  return split(
      piece, [&](char32_t point) { return point == part.replacement; },
      SplitBehavior::kMergedWithNext);
}

}  // namespace

PreTokenizer make_metaspace_pre_tokenizer(const nlohmann::json& settings) {
  return [part = read_metaspace(settings)](Piece piece) {
    return cut_at_spaces(part, std::move(piece));
  };
}

Decoder make_metaspace_decoder(const nlohmann::json& settings) {
  return [part = read_metaspace(settings)](std::vector<std::string> tokens) {
    bool leaves_out = part.scheme != "never";
    for (std::string& token : tokens) {
      std::string text;
      for (const char32_t point : code_points(token)) {
        const bool is_space = point == part.replacement;
        if (!is_space) text += utf8_of(point);
        if (is_space && !leaves_out) text += ' ';
      }
      token = std::move(text);
      leaves_out = false;
    }
    return tokens;
  };
}

}  // namespace gatefold
