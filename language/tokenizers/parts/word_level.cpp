#include <nlohmann/json.hpp>

#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/settings.h"

namespace gatefold {

TokenModel make_word_level(const nlohmann::json& settings) {
  TokenModel model;
  read_settings(settings, {vocabulary_field(model.vocabulary),
                           required_field("unk_token", model.unknown_token.emplace())});
  model.encode = [vocabulary = model.vocabulary,
                  unknown = model.unknown_token](std::string_view piece) {
    const auto id = vocabulary->id_of(piece);
    return Ids{id ? *id : unknown_id(*vocabulary, unknown, piece)};
  };
  return model;
}

}  // namespace gatefold
