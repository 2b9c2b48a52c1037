#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gatefold {

/// The tokens of a model and their ids, both ways.
class Vocabulary {
 public:
  /// Throws Error for an id that is negative or beyond 31 bits, and for a token or id that is
  /// there already.
  void add(std::string token, std::int64_t id);

  std::optional<std::int64_t> id_of(std::string_view token) const;
  /// Returns null for an id without a token.
  const std::string* token_of(std::int64_t id) const;
  /// One more than the highest id.
  std::int64_t size() const { return size_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> ids_;
  std::unordered_map<std::int64_t, std::string> tokens_;
  std::int64_t size_ = 0;
};

/// Reads the field `vocab` of a model: an object from tokens to ids. Throws Error as `add` does.
Vocabulary read_vocabulary(const nlohmann::json& tokens);

}  // namespace gatefold
