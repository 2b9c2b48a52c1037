#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "language/corpora/negative_sampling.h"

namespace gatefold {

/// Delivers pairs of neighbouring tokens for skip-grams: center [N] and context [N, 1 + negatives],
/// the candidates for a neighbour.
class WordPairs : public NegativeSampling {
 public:
  WordPairs(const DataSource& source, const std::string& target, const BatchOptions& batches,
            const WordPairOptions& options);

 protected:
  std::int64_t examples() const override { return std::ssize(pairs_); }
  std::int64_t right_token(std::int64_t example) const override { return pairs_[example].second; }
  void add_inputs(std::span<const std::int64_t> examples, Batch& batch) const override;

 private:
  std::vector<std::pair<std::int32_t, std::int32_t>> pairs_;  // Center and neighbour.
};

}  // namespace gatefold
