#include "language/tokenizers/parts/token_model.h"

#include <nlohmann/json.hpp>

namespace gatefold {

JsonField vocabulary_field(std::shared_ptr<const Vocabulary>& vocabulary) {
  return {"vocab",
          [&vocabulary](const nlohmann::json& tokens) {
            vocabulary = std::make_shared<const Vocabulary>(read_vocabulary(tokens));
          },
          /*is_required=*/true};
}

std::int64_t unknown_id(const Vocabulary& vocabulary, const std::optional<std::string>& token,
                        std::string_view text) {
  const auto id = token ? vocabulary.id_of(*token) : std::nullopt;
  if (!id) throw UnknownText{std::string(text)};
  return *id;
}

}  // namespace gatefold
