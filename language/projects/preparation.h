#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "language/corpora/records.h"
#include "language/projects/project.h"

namespace gatefold {

/// How texts become the data of a project.
struct PreparationOptions {
  std::vector<TextSource> texts;
  /// "char", "word", or "bpe:SIZE" for byte-pair encoding with so many tokens; empty: characters,
  /// or words for the tasks whose tokens are words.
  std::string tokens = {};
  std::int64_t min_count = 1;  ///< Rarer tokens become <unk>.
  bool lower_case = false;
  double validation = 0.1;  ///< The share of the examples that is held back.
  std::uint64_t seed = 0;   ///< Of the choice which these are.
};

/// What was made.
struct Preparation {
  std::int64_t training = 0;    ///< Examples, or tokens of a text.
  std::int64_t validation = 0;  ///< Those that are held back.
  DataSizes sizes = {};
};

/// Makes a project's tokenizers, labels, arrays and models of texts:
/// classification: columns text and label, or files of lines that are named like their label
/// tagging: columns of words and of as many labels, both separated by spaces
/// language models: whole files, the end of each of which is held back, or records whose columns
/// become lines, each ended by </s>
/// translation: columns source and target
/// word vectors: lines
/// regression: a column of numbers for each input and for each output of the model
/// Throws Error for texts that do not have this form, and for too few of them; the project then is
/// as it was.
Preparation prepare(Project& project, const PreparationOptions& options);

}  // namespace gatefold
