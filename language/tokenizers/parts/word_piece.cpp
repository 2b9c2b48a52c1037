#include <nlohmann/json.hpp>
#include <utility>

#include "language/text/characters.h"
#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/settings.h"

namespace gatefold {
namespace {

struct WordPiece {
  std::shared_ptr<const Vocabulary> vocabulary;
  std::optional<std::string> unknown_token;
  std::string prefix;
  std::int64_t longest_word = 0;
};

/// The longest token at the beginning of the characters from `begin` on. Moves `begin` behind it.
std::optional<std::int64_t> take_longest(const WordPiece& model,
                                         const std::vector<std::string_view>& characters,
                                         std::size_t& begin) {
  for (std::size_t end = characters.size(); end > begin; --end) {
    std::string candidate = begin > 0 ? model.prefix : "";
    for (std::size_t index = begin; index < end; ++index) candidate += characters[index];
    if (const auto id = model.vocabulary->id_of(candidate)) {
      begin = end;
      return id;
    }
  }
  return std::nullopt;
}

Ids encode_word(const WordPiece& model, std::string_view word) {
  const std::vector<std::string_view> parts = characters(word);
  const bool is_too_long = std::ssize(parts) > model.longest_word;
  Ids ids;
  for (std::size_t begin = 0; begin < parts.size();) {
    const auto id = is_too_long ? std::nullopt : take_longest(model, parts, begin);
    if (!id) return {unknown_id(*model.vocabulary, model.unknown_token, word)};
    ids.push_back(*id);
  }
  return ids;
}

/// What BERT's detokenizer joins, in this order.
constexpr std::pair<std::string_view, std::string_view> kCleanUps[] = {
    {" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
    {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
    {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};

std::string cleaned_up(std::string text) {
  for (const auto& [from, to] : kCleanUps) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

}  // namespace

TokenModel make_word_piece(const nlohmann::json& settings) {
  WordPiece part;
  read_settings(settings, {vocabulary_field(part.vocabulary),
                           required_field("unk_token", part.unknown_token.emplace()),
                           required_field("continuing_subword_prefix", part.prefix),
                           required_field("max_input_chars_per_word", part.longest_word)});
  return {part.vocabulary, part.unknown_token,
          [part](std::string_view word) { return encode_word(part, word); }};
}

Decoder make_word_piece_decoder(const nlohmann::json& settings) {
  std::string prefix;
  bool is_cleaned = true;
  read_settings(settings, {required_field("prefix", prefix), json_field("cleanup", is_cleaned)});
  return [prefix, is_cleaned](std::vector<std::string> tokens) {
    for (std::size_t index = 0; index < tokens.size(); ++index) {
      std::string& token = tokens[index];
      if (index > 0) {
        if (token.starts_with(prefix)) {
          token.erase(0, prefix.size());
        } else {
          token.insert(0, 1, ' ');
        }
      }
      if (is_cleaned) token = cleaned_up(std::move(token));
    }
    return tokens;
  };
}

}  // namespace gatefold
