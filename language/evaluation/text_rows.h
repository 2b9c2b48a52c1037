#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "ir/tensor.h"

namespace gatefold {

/// Arrays by name, as a project's data hold them.
using ExampleArrays = std::map<std::string, Tensor>;

/// Returns an array. Throws Error when it is missing or has elements of another type.
const Tensor& find_array(const ExampleArrays& examples, const std::string& name,
                         DataType dtype = DataType::kInt64);

/// Texts as token ids in rows of different lengths, tokens [N, T] and lengths [N], and what is
/// wanted for each of them, the first axis of target.
class TextRows {
 public:
  /// Throws Error as find_array does, and for arrays that are not those of the same texts.
  explicit TextRows(const ExampleArrays& examples);

  std::int64_t count() const { return tokens_.dims()[0]; }
  const Tensor& lengths() const { return lengths_; }
  std::vector<std::int64_t> text(std::int64_t row) const;
  /// Returns the elements of a text's row of the target.
  std::span<const std::int64_t> wanted(std::int64_t row) const;
  /// Returns those before the first kIgnoredTarget.
  std::span<const std::int64_t> wanted_text(std::int64_t row) const;

 private:
  const Tensor& tokens_;
  const Tensor& lengths_;
  const Tensor& target_;
};

}  // namespace gatefold
