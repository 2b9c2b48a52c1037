#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "language/tokenizers/parts/part.h"
#include "language/tokenizers/parts/token_model.h"

namespace gatefold {

/// Makes a part of its JSON object, by the tables of the kinds that there are. Throws Error for
/// what is not supported.
Normalizer make_normalizer(const nlohmann::json& settings);
PreTokenizer make_pre_tokenizer(const nlohmann::json& settings);
TokenModel make_model(const nlohmann::json& settings);
PostProcessor make_post_processor(const nlohmann::json& settings);
Decoder make_decoder(const nlohmann::json& settings);

/// Cuts a piece by a pre-tokenizer, and leaves out what is empty.
std::vector<Piece> cut(const PreTokenizer& pre_tokenizer, Piece piece);

}  // namespace gatefold
