#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "language/tokenizers/parts/part.h"
#include "language/tokenizers/parts/vocabulary.h"
#include "session/training/json_fields.h"

namespace gatefold {

/// What a model throws for a text that it has no token for. Who knows the whole text makes an Error
/// of it, with the place.
struct UnknownText {
  std::string text;
};

/// Turns pieces into tokens.
struct TokenModel {
  std::shared_ptr<const Vocabulary> vocabulary;
  /// The token for what has none, which the vocabulary may lack.
  std::optional<std::string> unknown_token;
  /// Throws UnknownText.
  std::function<Ids(std::string_view piece)> encode;
};

/// Makes the field `vocab`, which must be there.
JsonField vocabulary_field(std::shared_ptr<const Vocabulary>& vocabulary);

/// Returns the id of the unknown token, which stands for `text`. Throws UnknownText where the
/// vocabulary has no such token.
std::int64_t unknown_id(const Vocabulary& vocabulary, const std::optional<std::string>& token,
                        std::string_view text);

}  // namespace gatefold
