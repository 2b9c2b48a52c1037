#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/tokenizers/tokenizer.h"
#include "session/session.h"

namespace gatefold {

/// A label and how probable it is.
struct LabelProbability {
  std::string label;
  double probability = 0;
};

/// Labels texts by a model tokens [N, T], lengths [N] -> logits [N, labels].
class Classifier {
 public:
  /// `window` is the most tokens that the model reads, where there is a limit. Throws Error when
  /// the model has another number of labels.
  Classifier(const std::shared_ptr<const CompiledModel>& model, Tokenizer tokenizer,
             std::vector<std::string> labels, std::optional<std::int64_t> window);

  /// Returns the `count` most probable labels of a text, the most probable first. Throws Error for
  /// a text that is empty, too long, or that the tokenizer refuses.
  std::vector<LabelProbability> classify(std::string_view text, std::size_t count);

 private:
  Session session_;
  Tokenizer tokenizer_;
  std::vector<std::string> labels_;
  std::optional<std::int64_t> window_;
};

}  // namespace gatefold
