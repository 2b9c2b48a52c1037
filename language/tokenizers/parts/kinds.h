#pragma once

#include <nlohmann/json_fwd.hpp>

#include "language/tokenizers/parts/part.h"
#include "language/tokenizers/parts/token_model.h"

namespace gatefold {

/// The kinds of parts, each made of its JSON object; parts.cpp holds the tables. Each throws Error
/// for settings that it does not know.

Normalizer make_nfc(const nlohmann::json& settings);
Normalizer make_nfd(const nlohmann::json& settings);
Normalizer make_nfkc(const nlohmann::json& settings);
Normalizer make_nfkd(const nlohmann::json& settings);
Normalizer make_lowercase(const nlohmann::json& settings);
Normalizer make_strip_accents(const nlohmann::json& settings);
/// White space off the ends.
Normalizer make_strip_normalizer(const nlohmann::json& settings);
Normalizer make_replace_normalizer(const nlohmann::json& settings);
/// A text before every text that is not empty.
Normalizer make_prepend(const nlohmann::json& settings);
/// BERT's cleaning: control characters out, spaces around ideographs, accents off, lower case.
Normalizer make_bert_normalizer(const nlohmann::json& settings);

/// Words and runs of other signs, without the white space between them.
PreTokenizer make_whitespace(const nlohmann::json& settings);
/// What stands between white space.
PreTokenizer make_whitespace_split(const nlohmann::json& settings);
PreTokenizer make_punctuation(const nlohmann::json& settings);
PreTokenizer make_digits(const nlohmann::json& settings);
/// A text or a regular expression to split at.
PreTokenizer make_split(const nlohmann::json& settings);
/// GPT-2's words, their bytes written as printable characters.
PreTokenizer make_byte_level_pre_tokenizer(const nlohmann::json& settings);
/// SentencePiece's words, a space being written as "▁".
PreTokenizer make_metaspace_pre_tokenizer(const nlohmann::json& settings);
PreTokenizer make_bert_pre_tokenizer(const nlohmann::json& settings);

TokenModel make_word_level(const nlohmann::json& settings);
TokenModel make_bpe(const nlohmann::json& settings);
TokenModel make_word_piece(const nlohmann::json& settings);

PostProcessor make_template_processing(const nlohmann::json& settings);
PostProcessor make_bert_processing(const nlohmann::json& settings);
PostProcessor make_roberta_processing(const nlohmann::json& settings);
/// Concerns offsets into the text alone: the ids stay as they are.
PostProcessor make_byte_level_post_processor(const nlohmann::json& settings);

Decoder make_byte_level_decoder(const nlohmann::json& settings);
Decoder make_metaspace_decoder(const nlohmann::json& settings);
Decoder make_bpe_decoder(const nlohmann::json& settings);
Decoder make_word_piece_decoder(const nlohmann::json& settings);
/// All tokens as one.
Decoder make_fuse(const nlohmann::json& settings);
/// Characters off the ends of each token.
Decoder make_strip_decoder(const nlohmann::json& settings);
Decoder make_replace_decoder(const nlohmann::json& settings);
/// Tokens such as "<0xE4>" as the bytes that they stand for.
Decoder make_byte_fallback(const nlohmann::json& settings);

}  // namespace gatefold
