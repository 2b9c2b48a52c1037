#include "language/decoding/word_vectors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "ir/error.h"
#include "ir/op_def.h"
#include "session/arrays/files.h"
#include "session/arrays/slices.h"

namespace gatefold {
namespace {

bool is_looked_up(const Value& table) {
  return std::any_of(table.uses().begin(), table.uses().end(), [](const Use& use) {
    return use.user->op().name == "Gather" && use.index == 0;
  });
}

Tensor find_table(const Graph& model, std::int64_t tokens, const std::string& name) {
  for (const auto& value : model.initializers()) {
    const Tensor& data = *value->data();
    if (data.dtype() != DataType::kFloat32 || data.rank() != 2 || data.dims()[0] != tokens)
      continue;
    if (name.empty() ? is_looked_up(*value) : value->name() == name) return data;
  }
  if (name.empty()) fail("the model looks up no table with a row for each of {} tokens", tokens);
  fail("the model has no table '{}' with a row for each of {} tokens", name, tokens);
}

/// A token as a line of a table.
std::string one_line(const std::string& token) {
  std::string line;
  for (const char letter : token) {
    if (letter == '\t') {
      line += "\\t";
    } else if (letter == '\n') {
      line += "\\n";
    } else {
      line += letter;
    }
  }
  return line;
}

}  // namespace

WordVectors::WordVectors(const Graph& model, Tokenizer tokenizer, const std::string& table)
    : table_(find_table(model, tokenizer.vocabulary_size(), table)),
      tokenizer_(std::move(tokenizer)) {}

std::vector<Neighbour> WordVectors::nearest(std::string_view token, std::size_t count) const {
  const std::int64_t wanted = require(token);
  const std::int64_t width = table_.dims()[1];
  const auto vector_of = [&](std::int64_t id) { return table_.data<float>() + id * width; };
  const auto product = [&](const float* a, const float* b) {
    double sum = 0;
    for (std::int64_t i = 0; i < width; ++i) sum += static_cast<double>(a[i]) * b[i];
    return sum;
  };
  const float* const center = vector_of(wanted);
  const double length = std::sqrt(product(center, center));
  std::vector<std::pair<double, std::int64_t>> found;
  for (std::int64_t id = 0; id < table_.dims()[0]; ++id) {
    if (id == wanted || tokenizer_.is_special(id)) continue;
    const float* const other = vector_of(id);
    const double lengths = length * std::sqrt(product(other, other));
    found.emplace_back(lengths > 0 ? -product(center, other) / lengths : 0, id);
  }
  std::sort(found.begin(), found.end());
  std::vector<Neighbour> neighbours;
  for (std::size_t i = 0; i < std::min(count, found.size()); ++i) {
    neighbours.push_back({tokenizer_.token_of(found[i].second), -found[i].first});
  }
  return neighbours;
}

std::int64_t WordVectors::require(std::string_view token) const {
  const std::optional<std::int64_t> id = tokenizer_.id_of(token);
  if (!id) fail("'{}' is not in the vocabulary", token);
  return *id;
}

void WordVectors::write_text(const std::filesystem::path& path) const {
  fmt::memory_buffer text;
  const std::int64_t width = table_.dims()[1];
  fmt::format_to(std::back_inserter(text), "{} {}\n", table_.dims()[0], width);
  for (std::int64_t id = 0; id < table_.dims()[0]; ++id) {
    text.append(tokenizer_.token_of(id));
    for (std::int64_t i = 0; i < width; ++i) {
      fmt::format_to(std::back_inserter(text), " {}", table_.data<float>()[id * width + i]);
    }
    text.push_back('\n');
  }
  write_file(path, fmt::to_string(text));
}

void WordVectors::write_projector(const std::filesystem::path& folder) const {
  make_folder(folder);
  fmt::memory_buffer vectors;
  std::string names;
  const std::int64_t width = table_.dims()[1];
  for (std::int64_t id = 0; id < table_.dims()[0]; ++id) {
    const auto row = table_.values<float>().subspan(static_cast<std::size_t>(id * width),
                                                    static_cast<std::size_t>(width));
    fmt::format_to(std::back_inserter(vectors), "{}\n", fmt::join(row, "\t"));
    names += one_line(tokenizer_.token_of(id)) + "\n";
  }
  write_file(folder / "vectors.tsv", fmt::to_string(vectors));
  write_file(folder / "metadata.tsv", names);
}

Tensor WordVectors::rows_of(const std::vector<std::string>& names) const {
  std::vector<std::int64_t> ids;
  for (const std::string& name : names) ids.push_back(require(name));
  Tensor rows = take(table_, 0, ids);
  const auto numbers = rows.values<float>();
  if (!std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); })) {
    fail("the vectors hold numbers that are not finite");
  }
  return rows;
}

std::vector<std::string> WordVectors::first_names(std::size_t count) const {
  std::vector<std::string> names;
  for (std::int64_t id = 0; id < table_.dims()[0] && names.size() < count; ++id) {
    if (!tokenizer_.is_special(id)) names.push_back(tokenizer_.token_of(id));
  }
  return names;
}

}  // namespace gatefold
