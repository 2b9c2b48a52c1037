#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace gatefold {

/// The tokens that a tokenizer made here has beside those of its texts; each may be missing, and
/// two may be the same. Those that there are have the first ids, in this order.
struct SpecialTokens {
  /// Fills batches.
  std::optional<std::string> padding = std::nullopt;
  /// Stands for what is not in the vocabulary.
  std::optional<std::string> unknown = std::nullopt;
  /// Put before a text, and behind it.
  std::optional<std::string> beginning = std::nullopt;
  std::optional<std::string> end = std::nullopt;

  /// Those that there are, each once.
  std::vector<std::string> list() const;
};

/// What a tokenizer.json is made of; a part that is null is not there.
struct TokenizerDocument {
  nlohmann::ordered_json normalizer;
  nlohmann::ordered_json pre_tokenizer;
  nlohmann::ordered_json post_processor;
  nlohmann::ordered_json decoder;
  nlohmann::ordered_json model;
  /// Special tokens, in the order of their ids, which `model` gives them.
  std::vector<std::string> special;

  std::string text() const;
};

/// Returns the field `vocab` for tokens in the order of their ids.
nlohmann::ordered_json vocabulary_of(const std::vector<std::string>& tokens);

/// Returns a model of the kind WordLevel. Where there is no unknown token, the file, which must
/// name one, names one that is not in the vocabulary.
nlohmann::ordered_json word_level_model(const std::vector<std::string>& tokens,
                                        const std::optional<std::string>& unknown);

/// Returns a pre-tokenizer that makes a piece of every match of a regular expression.
nlohmann::ordered_json isolate_matches(const std::string& expression);

/// Each code point a piece.
inline const std::string kEachCodePoint = "[\\s\\S]";
/// Each grapheme cluster a piece.
inline const std::string kEachGrapheme = "\\X";

}  // namespace gatefold
