#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "language/text/characters.h"
#include "language/text/transform.h"
#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/parts.h"
#include "language/tokenizers/parts/settings.h"
#include "language/tokenizers/parts/split.h"

namespace gatefold {
namespace {

bool is_space(char32_t point) {
  return point == U'\t' || point == U'\n' || point == U'\r' || is_white_space(point);
}

bool is_noise(char32_t point) {
  const bool is_kept = point == U'\t' || point == U'\n' || point == U'\r';
  return !is_kept && (point == 0xFFFD || is_control(point));
}

/// Leaves out control characters, and makes a space of all white space.
std::string clean(const std::string& text) {
  std::string cleaned;
  for (const char32_t point : code_points(text)) {
    if (!is_noise(point)) cleaned += is_space(point) ? " " : utf8_of(point);
  }
  return cleaned;
}

std::string set_ideographs_apart(const std::string& text) {
  std::string apart;
  for (const char32_t point : code_points(text)) {
    const std::string character = utf8_of(point);
    apart += is_ideograph(point) ? " " + character + " " : character;
  }
  return apart;
}

std::string without_accents(const std::string& text) {
  return filter_characters(normalize(text, NormalForm::kNfd),
                           [](char32_t point) { return !is_nonspacing_mark(point); });
}

/// The pair of a token and its id, as ["[SEP]", 102].
JsonField token_field(std::string_view name, std::int64_t& id) {
  return {name,
          [name, &id](const nlohmann::json& value) {
            if (!value.is_array() || value.size() != 2 || !value[1].is_number_integer()) {
              refuse_kind(name, value, "a list of a token and its id");
            }
            id = value[1].get<std::int64_t>();
          },
          /*is_required=*/true};
}

PostProcessor between(std::int64_t first, std::int64_t last) {
  return [first, last](Ids ids) {
    ids.insert(ids.begin(), first);
    ids.push_back(last);
    return ids;
  };
}

}  // namespace

Normalizer make_bert_normalizer(const nlohmann::json& settings) {
  bool is_cleaned = true;
  bool sets_ideographs_apart = true;
  std::optional<bool> strips_accents;
  bool is_lowered = true;
  read_settings(settings, {required_field("clean_text", is_cleaned),
                           required_field("handle_chinese_chars", sets_ideographs_apart),
                           json_field("strip_accents", strips_accents),
                           required_field("lowercase", is_lowered)});
  return [=](std::string text) {
    if (is_cleaned) text = clean(text);
    if (sets_ideographs_apart) text = set_ideographs_apart(text);
    if (strips_accents.value_or(is_lowered)) text = without_accents(text);
    return is_lowered ? lower_case(text) : text;
  };
}

PreTokenizer make_bert_pre_tokenizer(const nlohmann::json& settings) {
  read_settings(settings, {});
  return [](const Piece& piece) {
    std::vector<Piece> pieces;
    for (const Piece& word : split(piece, is_white_space, SplitBehavior::kRemoved)) {
      for (Piece& part : split(word, is_punctuation, SplitBehavior::kIsolated)) {
        pieces.push_back(std::move(part));
      }
    }
    return pieces;
  };
}

PostProcessor make_bert_processing(const nlohmann::json& settings) {
  std::int64_t separator = 0;
  std::int64_t beginning = 0;
  read_settings(settings, {token_field("sep", separator), token_field("cls", beginning)});
  return between(beginning, separator);
}

PostProcessor make_roberta_processing(const nlohmann::json& settings) {
  std::int64_t separator = 0;
  std::int64_t beginning = 0;
  read_settings(settings, {token_field("sep", separator), token_field("cls", beginning),
                           json_information("trim_offsets"), json_information("add_prefix_space")});
  return between(beginning, separator);
}

}  // namespace gatefold
