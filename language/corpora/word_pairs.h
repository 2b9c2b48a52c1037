#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "session/training/dataset.h"

namespace gatefold {

/// How word vectors are trained.
struct WordPairOptions {
  std::int64_t window = 5;     ///< Tokens on either side that count as neighbours.
  std::int64_t negatives = 5;  ///< Tokens drawn at random for each pair.
};

/// Delivers pairs of neighbouring tokens of a text for skip-grams with negative sampling (Mikolov
/// and others, "Distributed representations of words and phrases and their compositionality",
/// 2013). Of the text `tokens` int64 [n], in which negative numbers separate what no window
/// crosses, a batch holds: center [N], context [N, 1 + negatives], whose first column is the
/// neighbour and whose others are drawn anew each epoch in proportion to count^0.75, and the
/// target [N, 1 + negatives] of ones in the first column and zeros in the others.
class WordPairs : public BatchSource {
 public:
  WordPairs(const DataSource& source, const std::string& target, const BatchOptions& batches,
            const WordPairOptions& options);

  std::int64_t batches_per_epoch() const override;
  Batch batch(std::int64_t epoch, std::int64_t index) override;
  bool starts_anew(std::int64_t /*index*/) const override { return false; }
  std::int64_t samples(std::int64_t index) const override;

 private:
  void find_pairs(std::span<const std::int64_t> tokens);
  void count_shares(std::span<const std::int64_t> tokens);
  void find_order(std::int64_t epoch);
  std::int64_t draw(double share) const;

  std::string target_;
  BatchOptions batches_;
  WordPairOptions options_;
  std::vector<std::pair<std::int32_t, std::int32_t>> pairs_;  // Center and neighbour.
  std::vector<double> shares_;                                // Of all tokens up to this one.
  std::vector<std::int64_t> order_;
  std::int64_t order_epoch_ = -1;
};

}  // namespace gatefold
