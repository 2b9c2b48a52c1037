#include "language/tokenizers/parts/parts.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/settings.h"

namespace gatefold {
namespace {

using nlohmann::json;

/// Parts of one type, one after the other.
template <typename Part>
Part in_sequence(std::vector<Part> parts) {
  return [parts = std::move(parts)](auto value) {
    for (const Part& part : parts) value = part(std::move(value));
    return value;
  };
}

Normalizer make_normalizer_sequence(const json& settings) {
  return in_sequence(read_parts(settings, "normalizers", make_normalizer));
}

PostProcessor make_post_processor_sequence(const json& settings) {
  return in_sequence(read_parts(settings, "processors", make_post_processor));
}

Decoder make_decoder_sequence(const json& settings) {
  return in_sequence(read_parts(settings, "decoders", make_decoder));
}

PreTokenizer make_pre_tokenizer_sequence(const json& settings) {
  return [parts = read_parts(settings, "pretokenizers", make_pre_tokenizer)](Piece piece) {
    std::vector<Piece> pieces;
    pieces.push_back(std::move(piece));
    for (const PreTokenizer& part : parts) {
      std::vector<Piece> next;
      for (Piece& whole : pieces) {
        for (Piece& smaller : cut(part, std::move(whole))) next.push_back(std::move(smaller));
      }
      pieces = std::move(next);
    }
    return pieces;
  };
}

constexpr PartKind<Normalizer> kNormalizers[] = {
    {"Sequence", make_normalizer_sequence},
    {"NFC", make_nfc},
    {"NFD", make_nfd},
    {"NFKC", make_nfkc},
    {"NFKD", make_nfkd},
    {"Lowercase", make_lowercase},
    {"Strip", make_strip_normalizer},
    {"StripAccents", make_strip_accents},
    {"Replace", make_replace_normalizer},
    {"Prepend", make_prepend},
    {"BertNormalizer", make_bert_normalizer},
};

constexpr PartKind<PreTokenizer> kPreTokenizers[] = {
    {"Sequence", make_pre_tokenizer_sequence},
    {"Whitespace", make_whitespace},
    {"WhitespaceSplit", make_whitespace_split},
    {"Punctuation", make_punctuation},
    {"Digits", make_digits},
    {"Split", make_split},
    {"ByteLevel", make_byte_level_pre_tokenizer},
    {"Metaspace", make_metaspace_pre_tokenizer},
    {"BertPreTokenizer", make_bert_pre_tokenizer},
};

constexpr PartKind<TokenModel> kModels[] = {
    {"WordLevel", make_word_level},
    {"BPE", make_bpe},
    {"WordPiece", make_word_piece},
};

constexpr PartKind<PostProcessor> kPostProcessors[] = {
    {"Sequence", make_post_processor_sequence},    {"TemplateProcessing", make_template_processing},
    {"BertProcessing", make_bert_processing},      {"RobertaProcessing", make_roberta_processing},
    {"ByteLevel", make_byte_level_post_processor},
};

constexpr PartKind<Decoder> kDecoders[] = {
    {"Sequence", make_decoder_sequence},    {"ByteLevel", make_byte_level_decoder},
    {"Metaspace", make_metaspace_decoder},  {"BPEDecoder", make_bpe_decoder},
    {"WordPiece", make_word_piece_decoder}, {"Fuse", make_fuse},
    {"Strip", make_strip_decoder},          {"Replace", make_replace_decoder},
    {"ByteFallback", make_byte_fallback},
};

}  // namespace

Normalizer make_normalizer(const json& settings) {
  return make_part<Normalizer>(settings, "the normalizer", kNormalizers);
}

PreTokenizer make_pre_tokenizer(const json& settings) {
  return make_part<PreTokenizer>(settings, "the pre_tokenizer", kPreTokenizers);
}

TokenModel make_model(const json& settings) {
  return make_part<TokenModel>(settings, "the model", kModels);
}

PostProcessor make_post_processor(const json& settings) {
  return make_part<PostProcessor>(settings, "the post_processor", kPostProcessors);
}

Decoder make_decoder(const json& settings) {
  return make_part<Decoder>(settings, "the decoder", kDecoders);
}

std::vector<Piece> cut(const PreTokenizer& pre_tokenizer, Piece piece) {
  std::vector<Piece> pieces = pre_tokenizer(std::move(piece));
  std::erase_if(pieces, [](const Piece& part) { return part.text.empty(); });
  return pieces;
}

}  // namespace gatefold
