#include "language/projects/preparation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "ir/error.h"
#include "language/corpora/arrays.h"
#include "language/text/utf8.h"
#include "language/tokenizers/training.h"
#include "session/arrays/files.h"
#include "session/arrays/npz.h"

namespace gatefold {
namespace {

using Texts = std::vector<std::string>;
using Arrays = std::vector<std::pair<std::string, Tensor>>;

constexpr const char* kPadding = "<pad>";
constexpr const char* kUnknown = "<unk>";
constexpr const char* kBeginning = "<s>";
constexpr const char* kEnd = "</s>";
/// The class of targets that do not count.
constexpr std::int64_t kIgnored = -100;
/// Stands between the texts of word vectors, which no window crosses.
constexpr std::int64_t kBoundary = -1;

/// What a task makes of its texts.
struct Data {
  Arrays training = {};
  Arrays validation = {};
  Preparation result = {};
};

SpecialTokens special_tokens(const PreparationOptions& options, bool pads, bool ends, bool begins) {
  SpecialTokens special;
  if (pads) special.padding = kPadding;
  if (options.min_count > 1) special.unknown = kUnknown;
  if (begins) special.beginning = kBeginning;
  if (ends) special.end = kEnd;
  return special;
}

std::int64_t pair_vocabulary(const std::string& tokens) {
  const std::string_view size = std::string_view(tokens).substr(4);
  std::int64_t number = 0;
  const auto [rest, code] = std::from_chars(size.data(), size.data() + size.size(), number);
  if (code != std::errc() || rest != size.data() + size.size() || number < 1) {
    fail("--tokens {} does not have the form bpe:SIZE, such as bpe:8000", tokens);
  }
  return number;
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

TokenRows encode_all(const Tokenizer& tokenizer, const Texts& texts, bool add_special = true) {
  TokenRows rows;
  rows.reserve(texts.size());
  for (const std::string& text : texts) rows.push_back(tokenizer.encode(text, add_special));
  return rows;
}

/// The columns of all records of all files.
std::vector<Texts> read_columns(const PreparationOptions& options, std::size_t count) {
  std::vector<Texts> columns(count);
  for (const TextSource& source : options.texts) {
    for (Record& record : read_records(source, count)) {
      if (record.size() != count) {
        fail("'{}': {} columns are read, but the task needs {}", source.path.string(),
             record.size(), count);
      }
      for (std::size_t i = 0; i < count; ++i) columns[i].push_back(std::move(record[i]));
    }
  }
  return columns;
}

/// Columns text and label; the label of a line in a file without columns is the file's name.
std::vector<Texts> read_labelled(const PreparationOptions& options) {
  std::vector<Texts> columns(2);
  for (const TextSource& source : options.texts) {
    const bool is_plain = is_plain_text(source.path);
    for (Record& record : read_records(source, is_plain ? 1 : 2)) {
      if (is_plain) record.push_back(source.path.stem().string());
      if (record.size() != 2) {
        fail("'{}': the columns must be a text and its label", source.path.string());
      }
      columns[0].push_back(std::move(record[0]));
      columns[1].push_back(std::move(record[1]));
    }
  }
  return columns;
}

Preparation counts(const Division& division) {
  return {.training = static_cast<std::int64_t>(division.training.size()),
          .validation = static_cast<std::int64_t>(division.validation.size())};
}

/// Numbers the labels in their order, and writes their list.
std::map<std::string, std::int64_t> number_labels(const Project& project,
                                                  const std::set<std::string>& labels) {
  std::map<std::string, std::int64_t> numbers;
  for (const std::string& label : labels) {
    if (label.empty() || label.find('\n') != std::string::npos)
      fail("a label is empty or has two lines");
    numbers.emplace(label, static_cast<std::int64_t>(numbers.size()));
  }
  if (numbers.size() < 2) fail("there is only one label, '{}'", *labels.begin());
  write_file(project.file(kLabelsFile), fmt::format("{}\n", fmt::join(labels, "\n")));
  return numbers;
}

DataSizes padded_sizes(const Tokenizer& tokenizer, std::int64_t targets) {
  return {.tokens = tokenizer.vocabulary_size(),
          .padding = *tokenizer.id_of(kPadding),
          .targets = targets};
}

Data prepare_classification(const Project& project, const PreparationOptions& options) {
  const std::vector<Texts> columns = read_labelled(options);
  const Tokenizer tokenizer =
      make_tokenizer(columns[0], options, "char", special_tokens(options, true, false, false));
  write_tokenizer(tokenizer, project.file(kTokenizerFile));
  const auto numbers = number_labels(project, {columns[1].begin(), columns[1].end()});
  const TokenRows rows = encode_all(tokenizer, columns[0]);
  const Division division = divide(rows.size(), options.validation, options.seed);
  Data data{.result = counts(division)};
  data.result.sizes = padded_sizes(tokenizer, static_cast<std::int64_t>(numbers.size()));
  const auto arrays_of = [&](const std::vector<std::size_t>& positions) {
    const TokenRows texts = chosen(rows, positions);
    std::vector<std::int64_t> labels;
    for (const std::size_t position : positions) labels.push_back(numbers.at(columns[1][position]));
    return Arrays{{"tokens", padded(texts, data.result.sizes.padding)},
                  {"lengths", lengths_of(texts)},
                  {"target", joined({labels})}};
  };
  data.training = arrays_of(division.training);
  data.validation = arrays_of(division.validation);
  return data;
}

Data prepare_tagging(const Project& project, const PreparationOptions& options) {
  const std::vector<Texts> columns = read_columns(options, 2);
  PreparationOptions by_words = options;
  by_words.tokens = "word";
  const Tokenizer tokenizer =
      make_tokenizer(columns[0], by_words, "word", special_tokens(options, true, false, false),
                     WordBoundary::kWhiteSpace);
  write_tokenizer(tokenizer, project.file(kTokenizerFile));
  const Tokenizer tags =
      make_word_tokenizer(columns[1], TokenizerOptions{}, WordBoundary::kWhiteSpace);
  std::set<std::string> labels;
  for (std::int64_t i = 0; i < tags.vocabulary_size(); ++i) labels.insert(tags.token_of(i));
  const auto numbers = number_labels(project, labels);
  const TokenRows rows = encode_all(tokenizer, columns[0]);
  TokenRows targets = encode_all(tags, columns[1]);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].size() != targets[i].size()) {
      fail("record {} has {} words but {} labels", i + 1, rows[i].size(), targets[i].size());
    }
    for (std::int64_t& target : targets[i]) target = numbers.at(tags.token_of(target));
  }
  const Division division = divide(rows.size(), options.validation, options.seed);
  Data data{.result = counts(division)};
  data.result.sizes = padded_sizes(tokenizer, static_cast<std::int64_t>(numbers.size()));
  const auto arrays_of = [&](const std::vector<std::size_t>& positions) {
    const TokenRows texts = chosen(rows, positions);
    return Arrays{{"tokens", padded(texts, data.result.sizes.padding)},
                  {"lengths", lengths_of(texts)},
                  {"target", padded(chosen(targets, positions), kIgnored)}};
  };
  data.training = arrays_of(division.training);
  data.validation = arrays_of(division.validation);
  return data;
}

/// Texts as one long one, and where each begins.
Arrays text_arrays(const TokenRows& texts) {
  std::vector<std::int64_t> starts;
  std::int64_t size = 0;
  for (const auto& text : texts) {
    starts.push_back(size);
    size += std::ssize(text);
  }
  return {{"tokens", joined(texts)}, {"starts", joined({starts})}};
}

Data prepare_language_model(const Project& project, const PreparationOptions& options) {
  Texts documents;
  bool has_records = false;
  for (const TextSource& source : options.texts) {
    if (is_plain_text(source.path)) {
      documents.push_back(read_text(source.path));
      continue;
    }
    has_records = true;
    for (const Record& record : read_records(source, 1)) {
      documents.push_back(fmt::format("{}", fmt::join(record, "\n")));
    }
  }
  const std::string usual = project.config().template_name == "word-lm" ? "word" : "char";
  const Tokenizer tokenizer =
      make_tokenizer(documents, options, usual, special_tokens(options, false, has_records, false));
  write_tokenizer(tokenizer, project.file(kTokenizerFile));
  const TokenRows rows = encode_all(tokenizer, documents);
  Data data;
  if (rows.size() > 1) {
    const Division division = divide(rows.size(), options.validation, options.seed);
    data.training = text_arrays(chosen(rows, division.training));
    data.validation = text_arrays(chosen(rows, division.validation));
  } else {
    const auto& row = rows.front();
    const auto end = row.end() - static_cast<std::ptrdiff_t>(options.validation *
                                                             static_cast<double>(row.size()));
    data.training = text_arrays({{row.begin(), end}});
    data.validation = text_arrays({{end, row.end()}});
  }
  data.result = {.training = data.training.front().second.size(),
                 .validation = data.validation.front().second.size(),
                 .sizes = {.tokens = tokenizer.vocabulary_size()}};
  return data;
}

Data prepare_translation(const Project& project, const PreparationOptions& options) {
  const std::vector<Texts> columns = read_columns(options, 2);
  const Tokenizer source =
      make_tokenizer(columns[0], options, "word", special_tokens(options, true, true, false));
  const Tokenizer target =
      make_tokenizer(columns[1], options, "word", special_tokens(options, true, true, true));
  write_tokenizer(source, project.file(kTokenizerFile));
  write_tokenizer(target, project.file(kTargetTokenizerFile));
  const TokenRows rows = encode_all(source, columns[0]);
  const TokenRows targets = encode_all(target, columns[1]);
  const Division division = divide(rows.size(), options.validation, options.seed);
  Data data{.result = counts(division)};
  data.result.sizes = padded_sizes(source, target.vocabulary_size());
  const auto arrays_of = [&](const std::vector<std::size_t>& positions) {
    const TokenRows texts = chosen(rows, positions);
    TokenRows given = chosen(targets, positions);
    TokenRows wanted = given;
    for (auto& row : given) row.pop_back();
    for (auto& row : wanted) row.erase(row.begin());
    return Arrays{{"tokens", padded(texts, data.result.sizes.padding)},
                  {"lengths", lengths_of(texts)},
                  {"target_tokens", padded(given, data.result.sizes.padding)},
                  {"target", padded(wanted, kIgnored)}};
  };
  data.training = arrays_of(division.training);
  data.validation = arrays_of(division.validation);
  return data;
}

Data prepare_word_vectors(const Project& project, const PreparationOptions& options) {
  Texts lines;
  for (const TextSource& source : options.texts) {
    for (Record& record : read_records(source, 1)) lines.push_back(std::move(record.front()));
  }
  const Tokenizer tokenizer =
      make_tokenizer(lines, options, "word", special_tokens(options, false, false, false));
  write_tokenizer(tokenizer, project.file(kTokenizerFile));
  TokenRows rows = encode_all(tokenizer, lines);
  std::int64_t tokens = 0;
  for (auto& row : rows) {
    tokens += static_cast<std::int64_t>(row.size());
    row.push_back(kBoundary);
  }
  return {.training = {{"tokens", joined(rows)}},
          .validation = {},
          .result = {.training = tokens, .sizes = {.tokens = tokenizer.vocabulary_size()}}};
}

double parse_number(const std::string& text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc() || rest != end) fail("'{}' is not a number", text);
  return number;
}

/// Columns [first, last) of the records at these positions: float [records, columns].
Tensor numbers_of(const std::vector<Texts>& columns, std::size_t first, std::size_t last,
                  const std::vector<std::size_t>& records) {
  Tensor numbers(DataType::kFloat32,
                 {std::ssize(records), static_cast<std::int64_t>(last - first)});
  float* target = numbers.data<float>();
  for (const std::size_t record : records) {
    for (std::size_t column = first; column < last; ++column) {
      *target++ = static_cast<float>(parse_number(columns[column][record]));
    }
  }
  return numbers;
}

Data prepare_regression(const Project& project, const PreparationOptions& options) {
  const auto inputs = static_cast<std::size_t>(project.config().options.inputs);
  const auto outputs = static_cast<std::size_t>(project.config().options.outputs);
  const std::vector<Texts> columns = read_columns(options, inputs + outputs);
  const Division division = divide(columns.front().size(), options.validation, options.seed);
  const auto arrays_of = [&](const std::vector<std::size_t>& records) {
    return Arrays{{"x", numbers_of(columns, 0, inputs, records)},
                  {"target", numbers_of(columns, inputs, inputs + outputs, records)}};
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
      return prepare_tagging(project, options);
    case Task::kLanguageModel:
      return prepare_language_model(project, options);
    case Task::kTranslation:
      return prepare_translation(project, options);
    case Task::kSkipGram:
    case Task::kCbow:
      return prepare_word_vectors(project, options);
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
  write_npz(project.file(kTrainingDataFile), data.training);
  std::filesystem::remove(project.file(kValidationDataFile));
  if (data.result.validation > 0) write_npz(project.file(kValidationDataFile), data.validation);
  project.make_models(data.result.sizes);
  return data.result;
}

}  // namespace gatefold
