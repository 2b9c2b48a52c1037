#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/tokenizers/parts/part.h"
#include "language/tokenizers/parts/vocabulary.h"

namespace gatefold {

/// A token that is looked for in the text itself, before a model cuts the rest into tokens.
struct AddedToken {
  std::int64_t id = 0;
  std::string content;
  /// What is looked for: the content, or its normal form.
  std::string pattern;
  /// No letter or digit may stand beside it.
  bool single_word = false;
  /// It takes the white space on its left, on its right, with it.
  bool lstrip = false;
  bool rstrip = false;
  /// It is looked for in the normalized text.
  bool normalized = false;
  /// Decoding may leave it out.
  bool special = false;
};

/// A part of a text: an added token, or what lies between two.
struct TextPart {
  std::string_view text;
  std::optional<std::int64_t> token;
};

/// A set of added tokens to look for in one pass over a text.
class AddedTokenSearch {
 public:
  void add(const AddedToken& token);

  /// Cuts a text at the added tokens in it: of those that begin at one place, the longest counts.
  std::vector<TextPart> split(std::string_view text) const;

 private:
  const AddedToken* longest_at(std::string_view text, std::size_t at) const;

  /// By first byte, longest first.
  std::array<std::vector<AddedToken>, 256> tokens_;
};

/// Reads the field `added_tokens`. `normalizer`, which may be empty, gives the form in which
/// tokens are looked for in normalized text. Throws Error for a token whose id is not that which
/// `vocabulary` gives it, and for an id that another token has.
std::vector<AddedToken> read_added_tokens(const nlohmann::json& entries,
                                          const Vocabulary& vocabulary,
                                          const Normalizer& normalizer);

}  // namespace gatefold
