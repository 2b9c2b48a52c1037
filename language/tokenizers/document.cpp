#include "language/tokenizers/document.h"

#include <algorithm>
#include <utility>

namespace gatefold {

using nlohmann::ordered_json;

std::vector<std::string> SpecialTokens::list() const {
  std::vector<std::string> tokens;
  for (const auto& token : {padding, unknown, beginning, end}) {
    const bool is_new = token && std::find(tokens.begin(), tokens.end(), *token) == tokens.end();
    if (is_new) tokens.push_back(*token);
  }
  return tokens;
}

std::string TokenizerDocument::text() const {
  ordered_json added = ordered_json::array();
  for (const std::string& token : special) {
    added.push_back({{"id", model["vocab"][token]},
                     {"content", token},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }
  const ordered_json root{{"version", "1.0"},
                          {"truncation", nullptr},
                          {"padding", nullptr},
                          {"added_tokens", std::move(added)},
                          {"normalizer", normalizer},
                          {"pre_tokenizer", pre_tokenizer},
                          {"post_processor", post_processor},
                          {"decoder", decoder},
                          {"model", model}};
  return root.dump(2) + "\n";
}

ordered_json vocabulary_of(const std::vector<std::string>& tokens) {
  // Filled directly: looking names up in an ordered object takes as many steps as it has fields.
  ordered_json::object_t vocabulary;
  vocabulary.reserve(tokens.size());
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    vocabulary.std::vector<ordered_json::object_t::value_type>::emplace_back(tokens[id], id);
  }
  return vocabulary;
}

ordered_json word_level_model(const std::vector<std::string>& tokens,
                              const std::optional<std::string>& unknown) {
  return {{"type", "WordLevel"},
          {"vocab", vocabulary_of(tokens)},
          {"unk_token", unknown.value_or("<unk>")}};
}

ordered_json isolate_matches(const std::string& expression) {
  return {{"type", "Split"},
          {"pattern", {{"Regex", expression}}},
          {"behavior", "Isolated"},
          {"invert", false}};
}

}  // namespace gatefold
