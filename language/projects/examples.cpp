#include "language/projects/examples.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <iterator>
#include <limits>

#include "ir/error.h"
#include "ir/number_text.h"
#include "language/text/utf8.h"
#include "language/tokenizers/training.h"

namespace gatefold {
namespace {

/// The number of a label in some record, counted from 1.
std::int64_t number_of(const std::string& label, const LabelNumbers& numbers, std::size_t record) {
  const auto found = numbers.find(label);
  if (found != numbers.end()) return found->second;
  std::vector<std::string_view> known;
  for (const auto& [name, number] : numbers) known.push_back(name);
  fail("record {} has the label '{}', which training never saw; the labels are {}", record, label,
       fmt::join(known, ", "));
}

/// The number in a field of some record, both counted from 1.
double parse_number(const std::string& text, std::size_t record, std::size_t column) {
  const auto number = number_from_text<double>(text);
  if (!number || !(std::abs(*number) <= std::numeric_limits<float>::max())) {
    fail(
        "'{}' is not a number to learn from; it stands in record {}, column {} of those that are "
        "read",
        text, record, column);
  }
  return *number;
}

/// Columns [first, last) of the records at these positions: float [records, columns].
Tensor numbers_of(const std::vector<Texts>& columns, std::size_t first, std::size_t last,
                  std::span<const std::size_t> records) {
  Tensor numbers(DataType::kFloat32,
                 {std::ssize(records), static_cast<std::int64_t>(last - first)});
  float* target = numbers.data<float>();
  for (const std::size_t record : records) {
    for (std::size_t column = first; column < last; ++column) {
      *target++ = static_cast<float>(parse_number(columns[column][record], record + 1, column + 1));
    }
  }
  return numbers;
}

}  // namespace

std::vector<Texts> read_columns(std::span<const TextSource> sources, std::size_t count) {
  std::vector<Texts> columns(count);
  for (const TextSource& source : sources) {
    for (Record& record : read_records(source, count)) {
      if (record.size() != count) {
        fail("'{}' gives {} {} a record, but the template needs {}", source.path.string(),
             record.size(), record.size() == 1 ? "column" : "columns", count);
      }
      for (std::size_t i = 0; i < count; ++i) columns[i].push_back(std::move(record[i]));
    }
  }
  return columns;
}

std::vector<Texts> read_labelled(std::span<const TextSource> sources) {
  std::vector<Texts> columns(2);
  for (const TextSource& source : sources) {
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

Texts read_documents(std::span<const TextSource> sources) {
  Texts documents;
  for (const TextSource& source : sources) {
    if (is_plain_text(source.path)) {
      documents.push_back(read_text(source.path));
      if (documents.back().empty()) {
        fail("'{}' is empty: there is no text in it", source.path.string());
      }
      continue;
    }
    for (const Record& record : read_records(source, 1)) {
      documents.push_back(fmt::format("{}", fmt::join(record, "\n")));
    }
  }
  return documents;
}

std::vector<Texts> split_tags(const Texts& column) {
  const Tokenizer words =
      make_word_tokenizer(column, TokenizerOptions{}, WordBoundary::kWhiteSpace);
  std::vector<Texts> tags;
  tags.reserve(column.size());
  for (const std::string& text : column) tags.push_back(words.encode_pieces(text));
  return tags;
}

TokenRows encode_all(const Tokenizer& tokenizer, const Texts& texts) {
  TokenRows rows;
  rows.reserve(texts.size());
  for (const std::string& text : texts) rows.push_back(tokenizer.encode(text));
  return rows;
}

TokenRows encode_records(const Tokenizer& tokenizer, const Texts& texts) {
  const std::size_t added = tokenizer.encode("").size();
  TokenRows rows;
  rows.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    try {
      rows.push_back(tokenizer.encode(texts[i]));
    } catch (const Error& error) {
      fail("record {}: {}", i + 1, error.what());
    }
    if (rows.back().size() == added) {
      fail("record {} has an empty text; leave it out, or check which columns are read", i + 1);
    }
  }
  return rows;
}

void check_window(const TokenRows& texts, std::optional<std::int64_t> window) {
  for (std::size_t i = 0; window && i < texts.size(); ++i) {
    if (std::ssize(texts[i]) <= *window) continue;
    fail(
        "record {} has {} tokens, but the model reads at most {} at a time; shorten it, or make "
        "a project with --window {}",
        i + 1, texts[i].size(), *window, texts[i].size());
  }
}

std::vector<std::int64_t> number_labels(const Texts& labels, const LabelNumbers& numbers) {
  std::vector<std::int64_t> result;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    result.push_back(number_of(labels[i], numbers, i + 1));
  }
  return result;
}

TokenRows number_tags(const std::vector<Texts>& tags, const TokenRows& texts,
                      const LabelNumbers& numbers) {
  TokenRows rows(tags.size());
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (texts[i].size() != tags[i].size()) {
      fail("record {} has {} words but {} labels", i + 1, texts[i].size(), tags[i].size());
    }
    for (const std::string& tag : tags[i]) rows[i].push_back(number_of(tag, numbers, i + 1));
  }
  return rows;
}

NamedArrays label_arrays(const TokenRows& texts, const std::vector<std::int64_t>& labels,
                         std::int64_t padding) {
  return {{"tokens", padded(texts, padding)},
          {"lengths", lengths_of(texts)},
          {"target", joined({labels})}};
}

NamedArrays tag_arrays(const TokenRows& texts, const TokenRows& tags, std::int64_t padding) {
  return {{"tokens", padded(texts, padding)},
          {"lengths", lengths_of(texts)},
          {"target", padded(tags, kIgnoredTarget)}};
}

NamedArrays text_arrays(const TokenRows& texts) {
  std::vector<std::int64_t> starts;
  std::int64_t size = 0;
  for (const auto& text : texts) {
    starts.push_back(size);
    size += std::ssize(text);
  }
  return {{"tokens", joined(texts)}, {"starts", joined({starts})}};
}

NamedArrays translation_arrays(const TokenRows& sources, const TokenRows& targets,
                               std::int64_t padding) {
  TokenRows given = targets;
  TokenRows wanted = targets;
  for (auto& row : given) row.pop_back();
  for (auto& row : wanted) row.erase(row.begin());
  return {{"tokens", padded(sources, padding)},
          {"lengths", lengths_of(sources)},
          {"target_tokens", padded(given, padding)},
          {"target", padded(wanted, kIgnoredTarget)}};
}

NamedArrays number_arrays(const std::vector<Texts>& columns, std::size_t inputs,
                          std::span<const std::size_t> records) {
  return {{"x", numbers_of(columns, 0, inputs, records)},
          {"target", numbers_of(columns, inputs, columns.size(), records)}};
}

}  // namespace gatefold
