#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "language/corpora/negative_sampling.h"

namespace gatefold {

/// Delivers tokens with those around them for continuous bags of words: context [N, 2 * window],
/// the neighbours, of which there are lengths [N], fewer than 2 * window where a text begins or
/// ends; zeros fill the rest. candidates [N, 1 + negatives] are those for the token in the middle.
/// Tokens without neighbours are left out.
class WordWindows : public NegativeSampling {
 public:
  WordWindows(const DataSource& source, const std::string& target, const BatchOptions& batches,
              const WordPairOptions& options);

 protected:
  std::int64_t examples() const override { return std::ssize(centers_); }
  std::int64_t right_token(std::int64_t example) const override {
    return tokens()[centers_[example]];
  }
  void add_inputs(std::span<const std::int64_t> examples, Batch& batch) const override;

 private:
  std::vector<std::int64_t> centers_;  // Positions in the text.
};

}  // namespace gatefold
