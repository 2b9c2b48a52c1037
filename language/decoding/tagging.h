#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "language/tokenizers/tokenizer.h"
#include "session/session.h"

namespace gatefold {

/// Gives each token of a text a label by a model with inputs tokens int64 [N, T] and lengths int64
/// [N] and the output logits [N, T, labels].
class Tagger {
 public:
  /// Throws Error when the model has no such output or another number of labels.
  Tagger(const std::shared_ptr<const CompiledModel>& model, Tokenizer tokenizer,
         std::vector<std::string> labels);

  /// Returns the most probable label of each token. Throws Error for an empty text, and as
  /// Tokenizer::encode does.
  std::vector<std::string> tag(std::string_view text);

 private:
  Session session_;
  Tokenizer tokenizer_;
  std::vector<std::string> labels_;
};

}  // namespace gatefold
