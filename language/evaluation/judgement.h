#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "language/decoding/translation.h"
#include "language/evaluation/confusion.h"
#include "language/evaluation/text_rows.h"
#include "session/compiled_model.h"

/// Judges models on examples: arrays by name, as a project's data hold them. Each function throws
/// Error for an array that is missing or does not have its form.
namespace gatefold {

/// Judges a model that makes numbers of x [N, inputs] by target [N, outputs]: returns the mean of
/// the squared differences.
double judge_numbers(const std::shared_ptr<const CompiledModel>& model,
                     const ExampleArrays& examples);

struct LabelJudgement {
  Confusion confusion;
  double loss = 0;  ///< The mean of -log p of the right label.
};

/// Judges a model tokens [N, T], lengths [N] -> logits on tokens, lengths and target, for a label
/// of each text logits [N, labels] and target [N], for labels of tokens logits [N, T, labels] and
/// target [N, T], which is kIgnoredTarget behind the text.
LabelJudgement judge_labels(const std::shared_ptr<const CompiledModel>& model,
                            const ExampleArrays& examples, std::size_t labels);

struct TextJudgement {
  std::int64_t tokens = 0;  ///< Those that are predicted.
  double loss = 0;          ///< The mean of -log p of the token that follows.
  double accuracy = 0;      ///< How often it was the most probable one.
};

/// Judges a model tokens [N, T] and carried states -> logits [N, T, V] on one long text, in pieces
/// of `chunk` tokens. The token `end`, after which texts begin, is read before the first one, so
/// that this one is predicted, too.
TextJudgement judge_text(const std::shared_ptr<const CompiledModel>& model,
                         const ExampleArrays& examples, std::optional<std::int64_t> end,
                         std::int64_t chunk = 256);

struct TranslationJudgement {
  std::int64_t texts = 0;
  double exact = 0;  ///< The share of texts whose translation is one of their targets.
  double bleu = 0;   ///< As Bleu, without the tokens for the end.
};

/// Judges translations of tokens [N, S] with lengths [N] by target [N, T], which ends with the
/// token for the end and is kIgnoredTarget behind it. All targets of equal texts are right.
TranslationJudgement judge_translations(Translator& translator, const ExampleArrays& examples,
                                        const BeamOptions& options);

}  // namespace gatefold
