#include "language/corpora/word_pairs.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ir/error.h"
#include "ir/random.h"
#include "session/arrays/npz.h"

namespace gatefold {
namespace {

constexpr std::int64_t kUsualBatchSize = 256;

}  // namespace

WordPairs::WordPairs(const DataSource& source, const std::string& target,
                     const BatchOptions& batches, const WordPairOptions& options)
    : target_(target), batches_(batches), options_(options) {
  if (batches_.batch_size == 0) batches_.batch_size = kUsualBatchSize;
  const auto arrays = source.path.empty() ? source.arrays : read_npz(source.path);
  const auto text = arrays.find("tokens");
  if (text == arrays.end() || text->second.rank() != 1) {
    fail("{}: there is no array 'tokens' with one axis, the text", source.name());
  }
  const Tensor tokens = text->second.converted(DataType::kInt64);
  find_pairs(tokens.values<std::int64_t>());
  if (pairs_.empty()) fail("{}: no two tokens stand beside each other", source.name());
  count_shares(tokens.values<std::int64_t>());
}

void WordPairs::find_pairs(std::span<const std::int64_t> tokens) {
  const std::int64_t size = std::ssize(tokens);
  for (std::int64_t center = 0; center < size; ++center) {
    if (tokens[center] < 0) continue;
    for (const std::int64_t side : {-1, 1}) {
      for (std::int64_t distance = 1; distance <= options_.window; ++distance) {
        const std::int64_t other = center + side * distance;
        if (other < 0 || other >= size || tokens[other] < 0) break;
        pairs_.emplace_back(tokens[center], tokens[other]);
      }
    }
  }
}

void WordPairs::count_shares(std::span<const std::int64_t> tokens) {
  shares_.assign(static_cast<std::size_t>(*std::max_element(tokens.begin(), tokens.end()) + 1), 0);
  for (const std::int64_t token : tokens) {
    if (token >= 0) shares_[token] += 1;
  }
  for (double& share : shares_) share = std::pow(share, 0.75);
  std::partial_sum(shares_.begin(), shares_.end(), shares_.begin());
}

std::int64_t WordPairs::batches_per_epoch() const {
  return (std::ssize(pairs_) + batches_.batch_size - 1) / batches_.batch_size;
}

std::int64_t WordPairs::samples(std::int64_t index) const {
  return std::min(batches_.batch_size, std::ssize(pairs_) - index * batches_.batch_size);
}

void WordPairs::find_order(std::int64_t epoch) {
  if (order_epoch_ == epoch) return;
  order_epoch_ = epoch;
  // Neighbouring pairs share their center.
  order_ = shuffled(std::ssize(pairs_), batches_.seed, epoch);
}

std::int64_t WordPairs::draw(double share) const {
  const auto found = std::upper_bound(shares_.begin(), shares_.end(), share * shares_.back());
  return std::min<std::int64_t>(found - shares_.begin(), std::ssize(shares_) - 1);
}

Batch WordPairs::batch(std::int64_t epoch, std::int64_t index) {
  find_order(epoch);
  const RandomNumbers random(
      RandomNumbers(batches_.seed + 1).bits(static_cast<std::uint64_t>(epoch)));
  const std::int64_t first = index * batches_.batch_size;
  const std::int64_t count = samples(index);
  const std::int64_t width = 1 + options_.negatives;
  Tensor center(DataType::kInt64, {count});
  Tensor context(DataType::kInt64, {count, width});
  Tensor target(DataType::kFloat32, {count, width});
  for (std::int64_t i = 0; i < count; ++i) {
    const auto& [token, neighbour] = pairs_[order_[first + i]];
    center.data<std::int64_t>()[i] = token;
    std::int64_t* row = context.data<std::int64_t>() + i * width;
    row[0] = neighbour;
    target.data<float>()[i * width] = 1;
    for (std::int64_t k = 1; k < width; ++k) {
      const auto number = static_cast<std::uint64_t>((first + i) * width + k);
      row[k] = draw(random.uniform(number));
    }
  }
  return {{"center", center}, {"context", context}, {target_, target}};
}

}  // namespace gatefold
