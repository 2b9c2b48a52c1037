#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "language/text/characters.h"
#include "language/tokenizers/parts/byte_fallback.h"
#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/merges.h"
#include "language/tokenizers/parts/settings.h"

namespace gatefold {
namespace {

using nlohmann::json;

/// Byte-pair encoding.
struct Bpe {
  std::shared_ptr<const Vocabulary> vocabulary;
  Merges merges;
  std::optional<std::string> unknown_token;
  std::string prefix;
  std::string suffix;
  bool fuses_unknown = false;
  bool falls_back_to_bytes = false;
  bool prefers_whole_words = false;
};

std::pair<std::string, std::string> read_merge(const json& merge) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  }
  if (!merge.is_string()) refuse_kind("merges", merge, "a list of pairs of tokens");
  const std::string text = merge.get<std::string>();
  const std::size_t space = text.find(' ');
  if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) {
    fail("entry '{}' of 'merges' is not two tokens with a space between them", text);
  }
  return {text.substr(0, space), text.substr(space + 1)};
}

void add_merge(Bpe& model, const std::string& left, const std::string& right) {
  if (!right.starts_with(model.prefix)) {
    fail("the second token of the merge '{} {}' does not begin with '{}'", left, right,
         model.prefix);
  }
  const std::string merged = left + right.substr(model.prefix.size());
  for (const std::string& token : {left, right, merged}) {
    if (model.vocabulary->id_of(token)) continue;
    fail("the merge '{} {}' needs the token '{}', which is not in 'vocab'", left, right, token);
  }
  model.merges.add(*model.vocabulary->id_of(left), *model.vocabulary->id_of(right),
                   *model.vocabulary->id_of(merged));
}

/// Reads after the vocabulary and the prefix.
JsonField merges_field(Bpe& model) {
  JsonField field = json_list_field("merges", [&model](const json& entry) {
    const bool is_version = entry.is_string() && entry.get<std::string>().starts_with("#version");
    if (is_version) return;
    const auto [left, right] = read_merge(entry);
    add_merge(model, left, right);
  });
  field.is_required = true;
  return field;
}

JsonField dropout_field() {
  return {"dropout", [](const json& value) {
            if (value != json(0)) {
              fail("field 'dropout' is {}, which is not supported; it must be null or 0",
                   value.dump());
            }
          }};
}

/// The tokens of the bytes of a text; none where one of them has no token.
std::optional<Ids> bytes_of(const Bpe& model, const std::string& text) {
  Ids ids;
  for (const char byte : text) {
    const auto id = model.vocabulary->id_of(byte_token(byte));
    if (!id) return std::nullopt;
    ids.push_back(*id);
  }
  return ids;
}

/// The tokens of the characters of a word, before any merge.
Ids characters_of(const Bpe& model, std::string_view word) {
  const std::vector<std::string_view> parts = characters(word);
  Ids ids;
  bool was_unknown = false;
  for (std::size_t index = 0; index < parts.size(); ++index) {
    std::string text = (index > 0 ? model.prefix : "") + std::string(parts[index]);
    if (index + 1 == parts.size()) text += model.suffix;
    std::optional<Ids> found;
    if (const auto id = model.vocabulary->id_of(text)) {
      found = Ids{*id};
    } else if (model.falls_back_to_bytes) {
      found = bytes_of(model, text);
    }
    const bool is_fused = !found && was_unknown && model.fuses_unknown;
    was_unknown = !found;
    if (is_fused) continue;
    if (!found) found = Ids{unknown_id(*model.vocabulary, model.unknown_token, parts[index])};
    ids.insert(ids.end(), found->begin(), found->end());
  }
  return ids;
}

Ids encode_word(const Bpe& model, std::string_view word) {
  if (model.prefers_whole_words) {
    if (const auto id = model.vocabulary->id_of(word)) return {*id};
  }
  return model.merges.apply(characters_of(model, word));
}

}  // namespace

TokenModel make_bpe(const json& settings) {
  const auto model = std::make_shared<Bpe>();
  read_settings(
      settings,
      {vocabulary_field(model->vocabulary), json_field("continuing_subword_prefix", model->prefix),
       merges_field(*model), json_field("unk_token", model->unknown_token),
       json_field("end_of_word_suffix", model->suffix),
       json_field("fuse_unk", model->fuses_unknown),
       json_field("byte_fallback", model->falls_back_to_bytes),
       json_field("ignore_merges", model->prefers_whole_words), dropout_field()});
  return {model->vocabulary, model->unknown_token,
          [model](std::string_view word) { return encode_word(*model, word); }};
}

Decoder make_bpe_decoder(const json& settings) {
  std::string suffix;
  read_settings(settings, {required_field("suffix", suffix)});
  if (suffix.empty()) fail("field 'suffix' of BPEDecoder is empty");
  return [suffix](std::vector<std::string> tokens) {
    for (std::size_t index = 0; index < tokens.size(); ++index) {
      const std::string_view space = index + 1 < tokens.size() ? " " : "";
      std::string& token = tokens[index];
      for (std::size_t at = token.find(suffix); at != std::string::npos;
           at = token.find(suffix, at + space.size())) {
        token.replace(at, suffix.size(), space);
      }
    }
    return tokens;
  };
}

}  // namespace gatefold
