#include "language/tokenizers/added_tokens.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ir/error.h"
#include "language/text/characters.h"
#include "language/text/transform.h"
#include "session/training/json_fields.h"

namespace gatefold {
namespace {

using nlohmann::json;

bool is_word(std::optional<char32_t> point) { return point && is_word_character(*point); }

/// The place of a token in a text with the white space that it takes; none where it must be a word
/// of its own and is not. What lies before `done` is taken already.
std::optional<TextSpan> place_of(const AddedToken& token, std::string_view text, std::size_t at,
                                 std::size_t done) {
  TextSpan span{at, at + token.pattern.size()};
  const std::string_view before = text.substr(0, span.begin);
  const std::string_view after = text.substr(span.end);
  if (token.single_word && (is_word(last_character(before)) || is_word(first_character(after)))) {
    return std::nullopt;
  }
  if (token.lstrip) span.begin = std::max(trim(before, false, true).size(), done);
  if (token.rstrip) span.end += after.size() - trim(after, true, false).size();
  return span;
}

AddedToken read_added_token(const json& entry) {
  AddedToken token;
  JsonField id = json_field("id", token.id);
  JsonField content = json_field("content", token.content);
  id.is_required = content.is_required = true;
  read_fields(entry, "an entry of 'added_tokens'",
              {id, content, json_field("single_word", token.single_word),
               json_field("lstrip", token.lstrip), json_field("rstrip", token.rstrip),
               json_field("normalized", token.normalized), json_field("special", token.special)});
  if (token.content.empty()) fail("the added token {} has an empty 'content'", token.id);
  return token;
}

void check_id(const AddedToken& token, const Vocabulary& vocabulary) {
  const auto id = vocabulary.id_of(token.content);
  if (id && *id != token.id) {
    fail("the added token '{}' has the id {}, but 'vocab' gives it {}", token.content, token.id,
         *id);
  }
  const std::string* other = vocabulary.token_of(token.id);
  if (other != nullptr && *other != token.content) {
    fail("the added token '{}' has the id {}, which 'vocab' gives to '{}'", token.content, token.id,
         *other);
  }
}

}  // namespace

void AddedTokenSearch::add(const AddedToken& token) {
  auto& same = tokens_[static_cast<unsigned char>(token.pattern.front())];
  const auto place = std::find_if(same.begin(), same.end(), [&](const AddedToken& other) {
    return other.pattern.size() < token.pattern.size();
  });
  same.insert(place, token);
}

const AddedToken* AddedTokenSearch::longest_at(std::string_view text, std::size_t at) const {
  for (const AddedToken& token : tokens_[static_cast<unsigned char>(text[at])]) {
    if (text.substr(at).starts_with(token.pattern)) return &token;
  }
  return nullptr;
}

std::vector<TextPart> AddedTokenSearch::split(std::string_view text) const {
  std::vector<TextPart> parts;
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    const AddedToken* token = longest_at(text, at);
    const auto span = token != nullptr ? place_of(*token, text, at, done) : std::nullopt;
    at += token != nullptr ? token->pattern.size() : 1;
    if (!span) continue;
    if (done < span->begin) parts.push_back({text.substr(done, span->begin - done), {}});
    parts.push_back({text.substr(span->begin, span->end - span->begin), token->id});
    done = span->end;
    at = std::max(at, done);
  }
  if (done < text.size()) parts.push_back({text.substr(done), {}});
  return parts;
}

std::vector<AddedToken> read_added_tokens(const json& entries, const Vocabulary& vocabulary,
                                          const Normalizer& normalizer) {
  std::vector<AddedToken> tokens;
  Vocabulary added;
  for (const json& entry : entries) {
    AddedToken token = read_added_token(entry);
    check_id(token, vocabulary);
    added.add(token.content, token.id);
    const bool is_changed = token.normalized && normalizer != nullptr;
    token.pattern = is_changed ? normalizer(token.content) : token.content;
    if (token.pattern.empty()) {
      fail("the added token '{}' is empty when it is normalized", token.content);
    }
    tokens.push_back(std::move(token));
  }
  return tokens;
}

}  // namespace gatefold
