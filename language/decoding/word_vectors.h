#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "language/tokenizers/tokenizer.h"

namespace gatefold {

/// A token and how near it is: the cosine of the angle between the vectors.
struct Neighbour {
  std::string token;
  double cosine = 0;
};

/// The vectors of a tokenizer's tokens: the rows of a model's embedding.
class WordVectors {
 public:
  /// Takes the table of that name, or, if the name is empty, the first parameter that a Gather
  /// reads and that has a row for each token. Throws Error when there is none.
  WordVectors(const Graph& model, Tokenizer tokenizer, const std::string& table = {});

  /// Returns the tokens whose vectors are nearest to that of a token, the nearest first. Throws
  /// Error for a token that is not in the vocabulary.
  std::vector<Neighbour> nearest(std::string_view token, std::size_t count) const;

  /// Writes the vectors as word2vec and fastText do: a line with their number and width, then a
  /// line for each token. Throws Error when the file cannot be written.
  void write_text(const std::filesystem::path& path) const;

  /// Writes what TensorBoard's projector shows into a folder: vectors.tsv, a line of numbers for
  /// each token, and metadata.tsv, the token itself on the same line, in which tabs and line breaks
  /// are \t and \n. Throws Error when the files cannot be written.
  void write_projector(const std::filesystem::path& folder) const;

  /// Returns some vectors one after another: [names, width]. Throws Error for a name that is not in
  /// the vocabulary, and for vectors that hold numbers that are not finite.
  Tensor rows_of(const std::vector<std::string>& names) const;

  /// Returns the names of the first tokens, at most `count`, without the special ones. Tokenizers
  /// made of texts number their tokens by falling frequency.
  std::vector<std::string> first_names(std::size_t count) const;

  /// Returns the table: [tokens, width].
  const Tensor& table() const { return table_; }
  const Tokenizer& tokenizer() const { return tokenizer_; }

 private:
  std::int64_t require(std::string_view token) const;

  Tensor table_;
  Tokenizer tokenizer_;
};

}  // namespace gatefold
