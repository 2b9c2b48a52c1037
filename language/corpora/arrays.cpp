#include "language/corpora/arrays.h"

#include <algorithm>
#include <span>

#include "ir/random.h"
#include "session/training/batch_source.h"

namespace gatefold {

Tensor padded(const TokenRows& rows, std::int64_t padding) {
  std::size_t longest = 0;
  for (const auto& row : rows) longest = std::max(longest, row.size());
  const auto width = static_cast<std::int64_t>(longest);
  Tensor result(DataType::kInt64, {static_cast<std::int64_t>(rows.size()), width});
  std::int64_t* target = result.data<std::int64_t>();
  std::fill_n(target, result.size(), padding);
  for (const auto& row : rows) {
    std::copy(row.begin(), row.end(), target);
    target += width;
  }
  return result;
}

Tensor lengths_of(const TokenRows& rows) {
  std::vector<std::int64_t> lengths;
  for (const auto& row : rows) lengths.push_back(static_cast<std::int64_t>(row.size()));
  return Tensor::of({static_cast<std::int64_t>(lengths.size())},
                    std::span<const std::int64_t>(lengths));
}

Tensor joined(const TokenRows& rows) {
  std::vector<std::int64_t> all;
  for (const auto& row : rows) all.insert(all.end(), row.begin(), row.end());
  return Tensor::of({static_cast<std::int64_t>(all.size())}, std::span<const std::int64_t>(all));
}

Division divide(std::size_t count, double validation, std::uint64_t seed) {
  const std::vector<std::int64_t> order =
      shuffled(static_cast<std::int64_t>(count), RandomNumbers(seed));
  const auto held =
      order.begin() + static_cast<std::ptrdiff_t>(validation * static_cast<double>(count));
  Division division{{held, order.end()}, {order.begin(), held}};
  std::sort(division.training.begin(), division.training.end());
  std::sort(division.validation.begin(), division.validation.end());
  return division;
}

}  // namespace gatefold
