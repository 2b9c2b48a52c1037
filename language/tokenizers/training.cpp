#include "language/tokenizers/training.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "language/text/characters.h"
#include "language/text/utf8.h"
#include "language/tokenizers/pair_merging.h"
#include "language/tokenizers/parts/byte_level.h"
#include "language/tokenizers/parts/parts.h"

namespace gatefold {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

using Counts = std::map<std::string, std::int64_t>;

ordered_json normalizer_of(const TokenizerOptions& options) {
  ordered_json form{{"type", "NFC"}};
  if (!options.lower_case) return form;
  return {{"type", "Sequence"},
          {"normalizers", ordered_json::array({form, {{"type", "Lowercase"}}})}};
}

/// Counts the pieces into which a document's normalizer and pre-tokenizer cut texts.
Counts count_pieces(std::span<const std::string> texts, const TokenizerDocument& document) {
  const Normalizer normalize = make_normalizer(json(document.normalizer));
  const PreTokenizer pre_tokenizer = make_pre_tokenizer(json(document.pre_tokenizer));
  Counts counts;
  for (std::size_t index = 0; index < texts.size(); ++index) {
    if (!is_utf8(texts[index])) {
      checked_utf8(texts[index], fmt::format("text {} of {}", index + 1, texts.size()));
    }
    Piece whole{normalize(texts[index]), /*is_first=*/true};
    if (whole.text.empty()) continue;
    for (const Piece& piece : cut(pre_tokenizer, std::move(whole))) ++counts[piece.text];
  }
  return counts;
}

ordered_json template_piece(std::string_view kind, std::string_view id) {
  return {{kind, {{"id", id}, {"type_id", 0}}}};
}

/// The post-processor that puts the tokens for the beginning and the end around a text; null where
/// there is neither.
ordered_json post_processor_of(const SpecialTokens& special, const ordered_json& vocabulary) {
  if (!special.beginning && !special.end) return nullptr;
  ordered_json single = ordered_json::array();
  ordered_json tokens = ordered_json::object();
  if (special.beginning) single.push_back(template_piece("SpecialToken", *special.beginning));
  single.push_back(template_piece("Sequence", "A"));
  if (special.end) single.push_back(template_piece("SpecialToken", *special.end));
  ordered_json pair = single;
  pair.push_back(template_piece("Sequence", "B"));
  for (const auto& token : {special.beginning, special.end}) {
    if (!token) continue;
    tokens[*token] = {{"id", *token},
                      {"ids", ordered_json::array({vocabulary[*token]})},
                      {"tokens", ordered_json::array({*token})}};
  }
  return {{"type", "TemplateProcessing"},
          {"single", std::move(single)},
          {"pair", std::move(pair)},
          {"special_tokens", std::move(tokens)}};
}

/// Special tokens, then pieces by falling count.
std::vector<std::string> tokens_by_count(const Counts& counts, const TokenizerOptions& options) {
  std::vector<std::string> tokens = options.special.list();
  const std::set<std::string> special(tokens.begin(), tokens.end());
  // The map is in the order of code points, which UTF-8 keeps.
  std::vector<std::pair<std::int64_t, std::string>> kept;
  for (const auto& [piece, count] : counts) {
    if (count >= options.min_count && !special.contains(piece)) kept.emplace_back(count, piece);
  }
  if (kept.empty()) {
    if (options.min_count <= 1) fail("the texts hold nothing of which to make tokens");
    fail("the texts hold nothing that is there {} times or more, of which to make tokens",
         options.min_count);
  }
  std::stable_sort(kept.begin(), kept.end(),
                   [](const auto& left, const auto& right) { return left.first > right.first; });
  for (auto& [count, piece] : kept) tokens.push_back(std::move(piece));
  return tokens;
}

/// Completes a document whose tokens are the pieces themselves.
Tokenizer make_word_level_tokenizer(std::span<const std::string> texts,
                                    const TokenizerOptions& options, TokenizerDocument document) {
  document.normalizer = normalizer_of(options);
  document.special = options.special.list();
  document.model = word_level_model(tokens_by_count(count_pieces(texts, document), options),
                                    options.special.unknown);
  document.post_processor = post_processor_of(options.special, document.model["vocab"]);
  return Tokenizer(document.text());
}

/// Writes spaces, and the beginning of a text, as a sign at the beginning of what follows.
ordered_json metaspace() {
  return {
      {"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}, {"split", true}};
}

TokenizerDocument pair_document(const TokenizerOptions& options, PairAlphabet alphabet) {
  TokenizerDocument document;
  document.normalizer = normalizer_of(options);
  document.special = options.special.list();
  if (alphabet == PairAlphabet::kBytes) {
    document.pre_tokenizer = {{"type", "ByteLevel"},
                              {"add_prefix_space", false},
                              {"trim_offsets", true},
                              {"use_regex", true}};
  } else {
    document.pre_tokenizer = metaspace();
  }
  document.decoder = document.pre_tokenizer;
  return document;
}

/// The tokens that pairs are made of, in the order of their code points.
std::set<std::string> alphabet_of(const Counts& counts, PairAlphabet alphabet) {
  if (alphabet == PairAlphabet::kBytes) {
    const std::vector<std::string> bytes = byte_alphabet();
    return {bytes.begin(), bytes.end()};
  }
  std::set<std::string> letters;
  for (const auto& [piece, count] : counts) {
    for (const std::string_view letter : characters(piece)) letters.emplace(letter);
  }
  return letters;
}

ordered_json pair_model(const LearnedPairs& learned, const std::optional<std::string>& unknown) {
  ordered_json merges = ordered_json::array();
  for (const auto& [left, right] : learned.merges) merges.push_back({left, right});
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", unknown ? ordered_json(*unknown) : ordered_json()},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", false},
          {"byte_fallback", false},
          {"ignore_merges", false},
          {"vocab", vocabulary_of(learned.tokens)},
          {"merges", std::move(merges)}};
}

}  // namespace

Tokenizer make_character_tokenizer(std::span<const std::string> texts,
                                   const TokenizerOptions& options, CharacterUnit unit) {
  TokenizerDocument document;
  const bool is_code_point = unit == CharacterUnit::kCodePoint;
  document.pre_tokenizer = isolate_matches(is_code_point ? kEachCodePoint : kEachGrapheme);
  document.decoder = {{"type", "Fuse"}};
  return make_word_level_tokenizer(texts, options, std::move(document));
}

Tokenizer make_word_tokenizer(std::span<const std::string> texts, const TokenizerOptions& options,
                              WordBoundary boundary) {
  TokenizerDocument document;
  if (boundary == WordBoundary::kSpacedPunctuation) {
    document.pre_tokenizer = {
        {"type", "Sequence"},
        {"pretokenizers", {metaspace(), isolate_matches(R"(▁?\w+|▁?[^\w\s▁]+)")}}};
    document.decoder = metaspace();
  } else {
    const bool is_space = boundary == WordBoundary::kWhiteSpace;
    document.pre_tokenizer = {{"type", is_space ? "WhitespaceSplit" : "Whitespace"}};
  }
  return make_word_level_tokenizer(texts, options, std::move(document));
}

Tokenizer train_bpe_tokenizer(std::span<const std::string> texts, std::int64_t vocabulary_size,
                              const TokenizerOptions& options, PairAlphabet alphabet) {
  TokenizerDocument document = pair_document(options, alphabet);
  const Counts counts = count_pieces(texts, document);
  if (counts.empty()) fail("the texts are empty; there is nothing of which to make tokens");
  std::vector<std::string> tokens = document.special;
  for (const std::string& letter : alphabet_of(counts, alphabet)) {
    const bool is_special = std::find(document.special.begin(), document.special.end(), letter) !=
                            document.special.end();
    if (!is_special) tokens.push_back(letter);
  }
  if (std::ssize(tokens) > vocabulary_size) {
    fail(
        "a vocabulary of {} tokens is too small for {} special tokens and an alphabet of {}; it "
        "needs {} or more",
        vocabulary_size, document.special.size(), tokens.size() - document.special.size(),
        tokens.size());
  }
  document.model =
      pair_model(learn_pairs(counts, std::move(tokens), vocabulary_size, options.min_count),
                 options.special.unknown);
  document.post_processor = post_processor_of(options.special, document.model["vocab"]);
  return Tokenizer(document.text());
}

}  // namespace gatefold
