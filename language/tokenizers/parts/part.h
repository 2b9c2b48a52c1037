#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gatefold {

/// The parts of a tokenizer, in the order in which a text goes through them. What they do is
/// defined by Hugging Face's library `tokenizers`, whose file format names them.

/// Token ids.
using Ids = std::vector<std::int64_t>;

/// Changes a text, before anything else is done with it.
using Normalizer = std::function<std::string(std::string text)>;

/// A piece of the normalized text, within which tokens are looked for.
struct Piece {
  std::string text;
  /// Whether the whole text begins with this piece.
  bool is_first = false;

  bool operator==(const Piece&) const = default;
};

/// Cuts a piece into pieces, or changes it. Empty pieces mean nothing.
using PreTokenizer = std::function<std::vector<Piece>(Piece piece)>;

/// Adds special tokens to the ids of a text.
using PostProcessor = std::function<Ids(Ids ids)>;

/// Turns the tokens of a text back into parts that, put together, are the text.
using Decoder = std::function<std::vector<std::string>(std::vector<std::string> tokens)>;

}  // namespace gatefold
