#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "language/corpora/records.h"
#include "language/decoding/beam_search.h"
#include "language/evaluation/confusion.h"
#include "language/evaluation/text_rows.h"
#include "language/projects/project.h"

namespace gatefold {

/// What a project's model is judged on, and by which numbers.
struct EvaluationOptions {
  /// Texts of the form that preparation takes; empty: the data that the project holds back, or
  /// those for training where there are none.
  std::vector<TextSource> texts = {};
  std::vector<std::string> metrics = {};  ///< Empty: all that the task has.
  BeamOptions beam = {.size = 1};         ///< Of translations.
};

/// How good a model is.
struct Evaluation {
  std::string source;         ///< "valid.npz, held back from training"
  std::int64_t examples = 0;  ///< See unit_of_examples.
  std::vector<std::pair<std::string, double>> metrics = {};  ///< In the order of the options.
  std::vector<std::string> labels = {};                      ///< Where the model finds labels.
  std::optional<Confusion> confusion = {};
};

/// What the examples of a task are called: records, tokens, texts.
std::string_view unit_of_examples(Task task);

/// Reads the arrays that a project holds back from training, or those for training where there are
/// none, and says which they are. Throws Error when there are neither.
std::pair<ExampleArrays, std::string> own_examples(const Project& project);

/// Judges the newest model of a project by the metrics of its task:
/// regression: loss (the mean squared difference)
/// classification and tagging: loss, accuracy, f1 (macro)
/// language models: loss, perplexity, accuracy
/// translation: exact (the share of texts translated exactly as in the data), bleu
/// Throws Error for another task or metric, for texts that preparation would refuse, and for a
/// label that the project does not have.
Evaluation evaluate(const Project& project, const EvaluationOptions& options);

}  // namespace gatefold
