#include "language/projects/preparation.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "ir/number_text.h"
#include "language/corpora/arrays.h"
#include "language/projects/examples.h"
#include "language/tokenizers/special_names.h"
#include "language/tokenizers/training.h"
#include "session/arrays/file_set.h"
#include "session/arrays/files.h"
#include "session/arrays/npz.h"

namespace gatefold {
namespace {

/// Stands between the texts of word vectors, which no window crosses.
constexpr std::int64_t kBoundary = -1;

/// What a task makes of its texts.
struct Data {
  NamedArrays training = {};
  NamedArrays validation = {};
  Preparation result = {};
  std::map<std::string_view, std::string> files = {};  ///< Tokenizers and labels, by file name.
};

SpecialTokens special_tokens(const PreparationOptions& options, bool pads, bool ends, bool begins) {
  SpecialTokens special;
  if (pads) special.padding = kPaddingToken;
  if (options.min_count > 1) special.unknown = kUnknownToken;
  if (begins) special.beginning = kBeginningToken;
  if (ends) special.end = kEndToken;
  return special;
}

std::int64_t pair_vocabulary(const std::string& tokens) {
  const auto size = number_from_text<std::int64_t>(std::string_view(tokens).substr(4));
  if (!size || *size < 1) {
    fail("--tokens {} does not have the form bpe:SIZE, such as bpe:8000", tokens);
  }
  return *size;
}

Tokenizer make_tokenizer(const Texts& texts, const PreparationOptions& options,
                         const std::string& usual, SpecialTokens special,
                         WordBoundary boundary = WordBoundary::kPunctuation) {
  const TokenizerOptions how{.special = std::move(special),
                             .lower_case = options.lower_case,
                             .min_count = options.min_count};
  const std::string tokens = options.tokens.empty() ? usual : options.tokens;
  if (tokens == "char") return make_character_tokenizer(texts, how);
  if (tokens == "word") return make_word_tokenizer(texts, how, boundary);
  if (tokens.starts_with("bpe:")) {
    return train_bpe_tokenizer(texts, pair_vocabulary(tokens), how);
  }
  fail("--tokens {} is not known; choose char, word or bpe:SIZE", tokens);
}

Preparation counts(const Division& division) {
  return {.training = static_cast<std::int64_t>(division.training.size()),
          .validation = static_cast<std::int64_t>(division.validation.size())};
}

/// Throws Error for a label that labels.txt cannot hold in a line of its own.
void check_labels(const Texts& labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].empty()) fail("record {} has no label: its field is empty", i + 1);
    if (labels[i].find('\n') != std::string::npos) {
      fail("the label of record {} has more than one line", i + 1);
    }
  }
}

/// Numbers the labels in their order.
LabelNumbers list_labels(const std::set<std::string>& labels) {
  if (labels.empty()) fail("there are no labels");
  LabelNumbers numbers;
  for (const std::string& label : labels) {
    numbers.emplace(label, static_cast<std::int64_t>(numbers.size()));
  }
  if (numbers.size() < 2) {
    fail("there is only one label, '{}'; give texts of two labels or more", *labels.begin());
  }
  return numbers;
}

/// The list of labels, one a line.
std::string label_lines(const LabelNumbers& numbers) {
  std::string lines;
  for (const auto& [label, number] : numbers) lines += label + "\n";
  return lines;
}

DataSizes padded_sizes(const Tokenizer& tokenizer, std::int64_t targets) {
  return {.tokens = tokenizer.vocabulary_size(),
          .padding = *tokenizer.id_of(kPaddingToken),
          .targets = targets};
}

/// Divides examples of which these are the labels. An example with a label that no other one has
/// for training is not held back.
Division divide_labelled(const TokenRows& labels, const PreparationOptions& options) {
  Division division = divide(labels.size(), options.validation, options.seed);
  std::set<std::int64_t> trained;
  const auto note = [&](std::size_t example) {
    trained.insert(labels[example].begin(), labels[example].end());
  };
  for (const std::size_t example : division.training) note(example);
  std::erase_if(division.validation, [&](std::size_t example) {
    const bool is_trained =
        std::all_of(labels[example].begin(), labels[example].end(),
                    [&](std::int64_t label) { return trained.contains(label); });
    if (is_trained) return false;
    division.training.push_back(example);
    note(example);
    return true;
  });
  std::sort(division.training.begin(), division.training.end());
  return division;
}

Data prepare_classification(const Project& project, const PreparationOptions& options) {
  const std::vector<Texts> columns = read_labelled(options.texts);
  const Tokenizer tokenizer =
      make_tokenizer(columns[0], options, "char", special_tokens(options, true, false, false));
  check_labels(columns[1]);
  const LabelNumbers numbers = list_labels({columns[1].begin(), columns[1].end()});
  const std::vector<std::int64_t> labels = number_labels(columns[1], numbers);
  const TokenRows rows = encode_records(tokenizer, columns[0]);
  check_window(rows, project.config().window());
  TokenRows label_rows;
  for (const std::int64_t label : labels) label_rows.push_back({label});
  const Division division = divide_labelled(label_rows, options);
  Data data{.result = counts(division),
            .files = {{kTokenizerFile, tokenizer.document()}, {kLabelsFile, label_lines(numbers)}}};
  data.result.sizes = padded_sizes(tokenizer, static_cast<std::int64_t>(numbers.size()));
  const auto arrays_of = [&](const std::vector<std::size_t>& positions) {
    return label_arrays(chosen(rows, positions), chosen(labels, positions),
                        data.result.sizes.padding);
  };
  data.training = arrays_of(division.training);
  data.validation = arrays_of(division.validation);
  return data;
}

Data prepare_tagging(const PreparationOptions& options) {
  if (!options.tokens.empty() && options.tokens != "word") {
    fail("--tokens {} does not go with a tagger: it labels words", options.tokens);
  }
  const std::vector<Texts> columns = read_columns(options.texts, 2);
  PreparationOptions by_words = options;
  by_words.tokens = "word";
  const Tokenizer tokenizer =
      make_tokenizer(columns[0], by_words, "word", special_tokens(options, true, false, false),
                     WordBoundary::kWhiteSpace);
  const std::vector<Texts> tags = split_tags(columns[1]);
  std::set<std::string> labels;
  for (const Texts& text : tags) labels.insert(text.begin(), text.end());
  const LabelNumbers numbers = list_labels(labels);
  const TokenRows rows = encode_records(tokenizer, columns[0]);
  const TokenRows targets = number_tags(tags, rows, numbers);
  const Division division = divide_labelled(targets, options);
  Data data{.result = counts(division),
            .files = {{kTokenizerFile, tokenizer.document()}, {kLabelsFile, label_lines(numbers)}}};
  data.result.sizes = padded_sizes(tokenizer, static_cast<std::int64_t>(numbers.size()));
  const auto arrays_of = [&](const std::vector<std::size_t>& positions) {
    return tag_arrays(chosen(rows, positions), chosen(targets, positions),
                      data.result.sizes.padding);
  };
  data.training = arrays_of(division.training);
  data.validation = arrays_of(division.validation);
  return data;
}

/// Cuts the share `validation` off the end of each text; returns what is left, and the ends.
std::pair<TokenRows, TokenRows> cut_ends(const TokenRows& texts, double validation) {
  std::pair<TokenRows, TokenRows> parts;
  for (const auto& text : texts) {
    const auto size = static_cast<std::ptrdiff_t>(validation * static_cast<double>(text.size()));
    parts.first.emplace_back(text.begin(), text.end() - size);
    if (size > 0) parts.second.emplace_back(text.end() - size, text.end());
  }
  return parts;
}

Data prepare_language_model(const Project& project, const PreparationOptions& options) {
  const Texts documents = read_documents(options.texts);
  const bool has_records =
      std::any_of(options.texts.begin(), options.texts.end(),
                  [](const TextSource& source) { return !is_plain_text(source.path); });
  const std::string usual = project.config().template_name == "word-lm" ? "word" : "char";
  const Tokenizer tokenizer =
      make_tokenizer(documents, options, usual, special_tokens(options, false, has_records, false),
                     WordBoundary::kSpacedPunctuation);
  const TokenRows rows = encode_all(tokenizer, documents);
  Data data{.files = {{kTokenizerFile, tokenizer.document()}}};
  if (has_records && rows.size() > 1) {
    const Division division = divide(rows.size(), options.validation, options.seed);
    data.training = text_arrays(chosen(rows, division.training));
    data.validation = text_arrays(chosen(rows, division.validation));
  } else {
    const auto [beginnings, ends] = cut_ends(rows, options.validation);
    data.training = text_arrays(beginnings);
    data.validation = text_arrays(ends);
  }
  data.result = {.training = data.training.front().second.size(),
                 .validation = data.validation.front().second.size(),
                 .sizes = {.tokens = tokenizer.vocabulary_size()}};
  if (data.result.training < 2 || data.result.validation == 1) {
    fail(
        "{} tokens are left for training and {} held back, but a text of which the next token is "
        "to be told has at least two; take a longer text, or change --valid",
        data.result.training, data.result.validation);
  }
  return data;
}

Data prepare_translation(const PreparationOptions& options) {
  const std::vector<Texts> columns = read_columns(options.texts, 2);
  const Tokenizer source =
      make_tokenizer(columns[0], options, "word", special_tokens(options, true, true, false),
                     WordBoundary::kSpacedPunctuation);
  const Tokenizer target =
      make_tokenizer(columns[1], options, "word", special_tokens(options, true, true, true),
                     WordBoundary::kSpacedPunctuation);
  const TokenRows rows = encode_records(source, columns[0]);
  const TokenRows targets = encode_records(target, columns[1]);
  const Division division = divide(rows.size(), options.validation, options.seed);
  Data data{
      .result = counts(division),
      .files = {{kTokenizerFile, source.document()}, {kTargetTokenizerFile, target.document()}}};
  data.result.sizes = padded_sizes(source, target.vocabulary_size());
  const auto arrays_of = [&](const std::vector<std::size_t>& positions) {
    return translation_arrays(chosen(rows, positions), chosen(targets, positions),
                              data.result.sizes.padding);
  };
  data.training = arrays_of(division.training);
  data.validation = arrays_of(division.validation);
  return data;
}

Data prepare_word_vectors(const PreparationOptions& options) {
  Texts lines;
  for (const TextSource& source : options.texts) {
    for (Record& record : read_records(source, 1)) lines.push_back(std::move(record.front()));
  }
  const Tokenizer tokenizer =
      make_tokenizer(lines, options, "word", special_tokens(options, false, false, false));
  TokenRows rows = encode_all(tokenizer, lines);
  std::int64_t tokens = 0;
  for (auto& row : rows) {
    tokens += static_cast<std::int64_t>(row.size());
    row.push_back(kBoundary);
  }
  return {.training = {{"tokens", joined(rows)}},
          .validation = {},
          .result = {.training = tokens, .sizes = {.tokens = tokenizer.vocabulary_size()}},
          .files = {{kTokenizerFile, tokenizer.document()}}};
}

Data prepare_regression(const Project& project, const PreparationOptions& options) {
  const auto inputs = static_cast<std::size_t>(project.config().options.inputs);
  const auto outputs = static_cast<std::size_t>(project.config().options.outputs);
  const std::vector<Texts> columns = read_columns(options.texts, inputs + outputs);
  const Division division = divide(columns.front().size(), options.validation, options.seed);
  const auto arrays_of = [&](const std::vector<std::size_t>& records) {
    return number_arrays(columns, inputs, records);
  };
  return {.training = arrays_of(division.training),
          .validation = arrays_of(division.validation),
          .result = counts(division)};
}

Data prepare_by_task(const Project& project, const PreparationOptions& options) {
  switch (project.task()) {
    case Task::kClassification:
      return prepare_classification(project, options);
    case Task::kTagging:
      return prepare_tagging(options);
    case Task::kLanguageModel:
      return prepare_language_model(project, options);
    case Task::kTranslation:
      return prepare_translation(options);
    case Task::kSkipGram:
    case Task::kCbow:
      return prepare_word_vectors(options);
    case Task::kRegression:
      return prepare_regression(project, options);
  }
  return {};
}

}  // namespace

Preparation prepare(Project& project, const PreparationOptions& options) {
  if (options.texts.empty()) fail("no text is given");
  if (!(options.validation >= 0 && options.validation < 1)) {
    fail("--valid {} is not a share from 0 to below 1", options.validation);
  }
  const Data data = prepare_by_task(project, options);
  if (data.result.training == 0) fail("no example is left for training; hold back fewer of them");
  FileSet files(project.folder());
  for (const auto& [name, content] : data.files) {
    const std::string& text = content;
    files.write(std::string(name),
                [&](const std::filesystem::path& path) { write_file(path, text); });
  }
  const auto write_arrays = [&](std::string_view name, const NamedArrays& arrays) {
    files.write(std::string(name),
                [&](const std::filesystem::path& path) { write_npz(path, arrays); });
  };
  write_arrays(kTrainingDataFile, data.training);
  if (data.result.validation > 0) {
    write_arrays(kValidationDataFile, data.validation);
  } else {
    files.remove(std::string(kValidationDataFile));
  }
  project.make_models(data.result.sizes, files);
  files.commit();
  return data.result;
}

}  // namespace gatefold
