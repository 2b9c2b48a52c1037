#pragma once

#include <cstdint>
#include <vector>

#include "ir/tensor.h"

namespace gatefold {

/// Token ids of some texts.
using TokenRows = std::vector<std::vector<std::int64_t>>;

/// Stands in arrays of targets where nothing is to be predicted.
inline constexpr std::int64_t kIgnoredTarget = -100;

/// Returns int64 [rows, longest], where `padding` stands behind the shorter ones.
Tensor padded(const TokenRows& rows, std::int64_t padding);
/// Returns the number of tokens in each row: int64 [rows].
Tensor lengths_of(const TokenRows& rows);
/// Returns all rows one after another: int64 [sum of the lengths].
Tensor joined(const TokenRows& rows);

/// Which of n examples are for training and which are held back, each in ascending order.
struct Division {
  std::vector<std::size_t> training;
  std::vector<std::size_t> validation;
};

/// Holds back the share `validation` of `count` examples, drawn with a seed.
Division divide(std::size_t count, double validation, std::uint64_t seed);

/// Returns the elements at these positions.
template <typename T>
std::vector<T> chosen(const std::vector<T>& all, const std::vector<std::size_t>& positions) {
  std::vector<T> result;
  result.reserve(positions.size());
  for (const std::size_t position : positions) result.push_back(all[position]);
  return result;
}

}  // namespace gatefold
