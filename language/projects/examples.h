#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ir/tensor.h"
#include "language/corpora/arrays.h"
#include "language/corpora/records.h"
#include "language/tokenizers/tokenizer.h"

/// What is read from a project's texts, and the arrays that its models are trained and judged on.
namespace gatefold {

using Texts = std::vector<std::string>;
using NamedArrays = std::vector<std::pair<std::string, Tensor>>;
/// The number of each label.
using LabelNumbers = std::map<std::string, std::int64_t>;

/// Reads the first `count` columns, or those that are chosen, of all files: a list for each column.
/// Throws Error as read_records does, and where another number of columns is chosen.
std::vector<Texts> read_columns(std::span<const TextSource> sources, std::size_t count);
/// Reads texts and their labels; the label of a line in a file without columns is the file's name.
std::vector<Texts> read_labelled(std::span<const TextSource> sources);
/// Reads whole files, or records whose columns become lines. Throws Error for an empty file.
Texts read_documents(std::span<const TextSource> sources);

/// Returns the labels of each text's words, which white space separates.
std::vector<Texts> split_tags(const Texts& column);

TokenRows encode_all(const Tokenizer& tokenizer, const Texts& texts);
/// The same of a column of records. Throws Error, with the record's number, for a text that is
/// empty or that the tokenizer refuses.
TokenRows encode_records(const Tokenizer& tokenizer, const Texts& texts);
/// Throws Error for a text of more tokens than the model reads at a time, where there is a limit.
void check_window(const TokenRows& texts, std::optional<std::int64_t> window);

/// Return the numbers of labels; of `tags` there must be one for each token of `texts`. Throw Error
/// for a label that has none.
std::vector<std::int64_t> number_labels(const Texts& labels, const LabelNumbers& numbers);
TokenRows number_tags(const std::vector<Texts>& tags, const TokenRows& texts,
                      const LabelNumbers& numbers);

/// tokens [N, T], lengths [N], target [N]
NamedArrays label_arrays(const TokenRows& texts, const std::vector<std::int64_t>& labels,
                         std::int64_t padding);
/// tokens [N, T], lengths [N], target [N, T], which is kIgnoredTarget behind a text
NamedArrays tag_arrays(const TokenRows& texts, const TokenRows& tags, std::int64_t padding);
/// All texts as one: tokens [n], and starts, where each of them begins
NamedArrays text_arrays(const TokenRows& texts);
/// tokens [N, S], lengths [N], target_tokens [N, T], the target without its end, and target [N, T],
/// the target without its beginning, which is kIgnoredTarget behind the text
NamedArrays translation_arrays(const TokenRows& sources, const TokenRows& targets,
                               std::int64_t padding);
/// x [N, inputs], the first columns of these records, and target [N, outputs], the other ones.
/// Throws Error for what is not a number.
NamedArrays number_arrays(const std::vector<Texts>& columns, std::size_t inputs,
                          std::span<const std::size_t> records);

}  // namespace gatefold
