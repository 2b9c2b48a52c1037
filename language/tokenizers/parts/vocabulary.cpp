#include "language/tokenizers/parts/vocabulary.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "ir/error.h"
#include "language/text/characters.h"
#include "session/training/json_fields.h"

namespace gatefold {
namespace {

constexpr std::int64_t kHighestId = (std::int64_t{1} << 31) - 1;

}  // namespace

void Vocabulary::add(std::string token, std::int64_t id) {
  if (id < 0 || id > kHighestId) {
    fail("token {} has the id {}; ids go from 0 to {}", shown(token), id, kHighestId);
  }
  const auto [other, is_new_id] = tokens_.emplace(id, token);
  if (!is_new_id) {
    fail("tokens {} and {} have the same id {}", shown(other->second), shown(token), id);
  }
  const auto [same, is_new_token] = ids_.emplace(std::move(token), id);
  if (!is_new_token) {
    fail("token {} has two ids, {} and {}", shown(same->first), same->second, id);
  }
  size_ = std::max(size_, id + 1);
}

std::optional<std::int64_t> Vocabulary::id_of(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

const std::string* Vocabulary::token_of(std::int64_t id) const {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? nullptr : &found->second;
}

Vocabulary read_vocabulary(const nlohmann::json& tokens) {
  if (!tokens.is_object()) refuse_kind("vocab", tokens, "an object from tokens to ids");
  Vocabulary vocabulary;
  for (const auto& [token, id] : tokens.items()) {
    if (!id.is_number_integer()) refuse_kind(token, id, "an integer, the id of the token");
    vocabulary.add(token, id.get<std::int64_t>());
  }
  return vocabulary;
}

}  // namespace gatefold
