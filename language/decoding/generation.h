#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/decoding/sampling.h"
#include "language/tokenizers/tokenizer.h"
#include "session/session.h"

namespace gatefold {

/// Receives pieces of a text as they are made; they are whole characters.
using TextReceiver = std::function<void(std::string_view piece)>;

/// Continues texts with a language model: tokens [N, T] and carried states -> logits [N, T, V]. A
/// model without states reads what it made so far anew for each token.
class Generator {
 public:
  /// `end` is the token behind which nothing follows, if there is one; `window` is the most tokens
  /// that a model without states reads. Throws Error for a model without an input `tokens` and an
  /// output `logits` with a score for each token of the vocabulary.
  Generator(const std::shared_ptr<const CompiledModel>& model, Tokenizer tokenizer,
            std::optional<std::int64_t> end, std::int64_t window);

  /// Reads a prompt once, as the beginning of a text, and makes at most `count` tokens after it,
  /// each from the carried states and the token before. Returns how many were made. Throws Error
  /// for a prompt that is empty, holds characters that the tokenizer does not know, or is longer
  /// than the window.
  std::int64_t generate(std::string_view prompt, std::int64_t count, const SamplingOptions& options,
                        const TextReceiver& receive);

 private:
  std::span<const float> step(std::span<const std::int64_t> tokens);

  Session session_;
  Tokenizer tokenizer_;
  std::optional<std::int64_t> end_;
  std::size_t window_;
  std::vector<std::int64_t> read_;  // What a model without states reads, the last `window_`.
};

}  // namespace gatefold
