#include <nlohmann/json.hpp>

#include "language/text/characters.h"
#include "language/text/regular_expression.h"
#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/settings.h"
#include "language/tokenizers/parts/split.h"

namespace gatefold {

PreTokenizer make_whitespace(const nlohmann::json& settings) {
  read_settings(settings, {});
  return [words = RegularExpression(R"(\w+|[^\w\s]+)")](const Piece& piece) {
    return split(piece, words.find_all(piece.text), SplitBehavior::kRemoved,
                 /*is_inverted=*/true);
  };
}

PreTokenizer make_whitespace_split(const nlohmann::json& settings) {
  read_settings(settings, {});
  return [](const Piece& piece) { return split(piece, is_white_space, SplitBehavior::kRemoved); };
}

PreTokenizer make_punctuation(const nlohmann::json& settings) {
  SplitBehavior behavior = SplitBehavior::kIsolated;
  read_settings(settings, {behavior_field(behavior)});
  return [behavior](const Piece& piece) { return split(piece, is_punctuation, behavior); };
}

PreTokenizer make_digits(const nlohmann::json& settings) {
  bool is_each_alone = false;
  read_settings(settings, {required_field("individual_digits", is_each_alone)});
  const auto behavior = is_each_alone ? SplitBehavior::kIsolated : SplitBehavior::kContiguous;
  return [behavior](const Piece& piece) { return split(piece, is_numeric, behavior); };
}

}  // namespace gatefold
