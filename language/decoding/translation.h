#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "language/decoding/beam_search.h"
#include "language/tokenizers/tokenizer.h"
#include "session/session.h"

namespace gatefold {

/// One translation of a text.
struct Translation {
  std::string text;
  double score = 0;  ///< Logarithm of the probability, divided as the options say.
  std::vector<std::string> source_tokens;
  std::vector<std::string> tokens;  ///< The end included, if it was reached.
  Tensor attention;  ///< [tokens, source tokens]; undefined for a decoder without attention.
};

/// Translates by an encoder (tokens, lengths -> states and what the decoder attends to) and a
/// decoder (target_tokens and carried states -> logits), as the template seq2seq makes them. The
/// decoder's inputs are paired with the encoder's outputs as by join_graphs.
class Translator {
 public:
  Translator(const std::shared_ptr<const CompiledModel>& encoder,
             std::shared_ptr<const CompiledModel> decoder, Tokenizer source, Tokenizer target);

  /// Translates a text; the best translation comes first. Throws Error for a text that is empty or
  /// that the tokenizer refuses, and as search does.
  std::vector<Translation> translate(std::string_view text, const BeamOptions& options);
  /// The same of a text's tokens. Throws Error as search does.
  std::vector<Translation> translate(const std::vector<std::int64_t>& tokens,
                                     const BeamOptions& options);

  /// Translates tokens of the source into tokens of the target; the best sequence comes first.
  /// Throws Error for no tokens, and for options that no search can follow.
  std::vector<Hypothesis> search(const std::vector<std::int64_t>& tokens,
                                 const BeamOptions& options);

  /// The token that ends a translation.
  std::int64_t end() const { return end_; }
  /// Whether the decoder delivers what it attends to.
  bool has_attention() const;

 private:
  NamedData encode(const std::vector<std::int64_t>& ids);

  Session encoder_;
  Session decoder_;
  Tokenizer source_;
  Tokenizer target_;
  std::int64_t beginning_ = 0;
  std::int64_t end_ = 0;
};

}  // namespace gatefold
