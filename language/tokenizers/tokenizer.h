#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatefold {

/// Turns text into token ids and back, as Hugging Face's library `tokenizers` does by the same
/// file. Copies share what they hold.
class Tokenizer {
 public:
  /// Makes a tokenizer of the text of a tokenizer.json. Throws Error for what is not supported,
  /// naming the field and what there is instead.
  explicit Tokenizer(std::string document);

  /// Returns the ids of a text. `add_special_tokens` puts around them what the post-processor
  /// adds, such as tokens for the beginning and the end. Throws Error for a text that is not UTF-8,
  /// and for a character or word that is not in the vocabulary of a tokenizer without an unknown
  /// token.
  std::vector<std::int64_t> encode(std::string_view text, bool add_special_tokens = true) const;
  /// Returns the tokens themselves instead of their ids.
  std::vector<std::string> encode_pieces(std::string_view text,
                                         bool add_special_tokens = true) const;

  /// Returns the text of some ids; `skip_special_tokens` leaves special tokens out. Throws Error
  /// for an id without a token.
  std::string decode(std::span<const std::int64_t> ids, bool skip_special_tokens = true) const;

  /// One more than the highest id: the rows of an embedding for it.
  std::int64_t vocabulary_size() const;
  std::optional<std::int64_t> id_of(std::string_view token) const;
  /// Throws Error for an id without a token.
  const std::string& token_of(std::int64_t id) const;
  /// The id of the token for what is not in the vocabulary.
  std::optional<std::int64_t> unknown_id() const;
  /// Whether decoding leaves the token out.
  bool is_special(std::int64_t id) const;

  /// The text that the tokenizer was made of.
  const std::string& document() const;

 private:
  struct Parts;
  std::shared_ptr<const Parts> parts_;
};

/// Reads a tokenizer.json, or, where the file's name does not end in .json, a list of tokens as
/// tokenizer_of_list does. Throws Error when the file cannot be read, is not UTF-8, or is not
/// supported.
Tokenizer read_tokenizer(const std::filesystem::path& path);

/// Writes a tokenizer as a tokenizer.json. Throws Error when the file cannot be written.
void write_tokenizer(const Tokenizer& tokenizer, const std::filesystem::path& path);

}  // namespace gatefold
