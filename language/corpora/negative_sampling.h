#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "session/training/dataset.h"

namespace gatefold {

/// How word vectors are trained.
struct WordPairOptions {
  std::int64_t window = 5;     ///< Tokens on either side that count as neighbours.
  std::int64_t negatives = 5;  ///< Tokens drawn at random for each example.
};

/// Delivers examples in which one token is to be told from others that are drawn at random:
/// negative sampling (Mikolov and others, "Distributed representations of words and phrases and
/// their compositionality", 2013). They are made of a text, the array `tokens` int64 [n], in which
/// negative numbers separate what no window crosses. A batch holds the candidates [N, 1 +
/// negatives], whose first column is the right token and whose others are drawn anew each epoch in
/// proportion to count^0.75, and the target [N, 1 + negatives] of ones in the first column and
/// zeros in the others; what else the model reads is up to the kind of examples. These are shuffled
/// in each epoch.
class NegativeSampling : public BatchSource {
 public:
  std::int64_t batches_per_epoch() const override;
  Batch batch(std::int64_t epoch, std::int64_t index) override;
  bool starts_anew(std::int64_t /*index*/) const override { return false; }
  std::int64_t samples(std::int64_t index) const override;

 protected:
  /// `candidates` is the model's name for that array. Throws Error when there is no text.
  NegativeSampling(const DataSource& source, std::string candidates, std::string target,
                   const BatchOptions& batches, const WordPairOptions& options);

  std::span<const std::int64_t> tokens() const { return tokens_.values<std::int64_t>(); }
  const WordPairOptions& options() const { return options_; }
  /// Throws Error when the text has no two tokens beside each other.
  void require_examples() const;
  /// Calls `use` with each neighbour of the token at a position: those within the window before it,
  /// the nearest first, then those behind it.
  template <typename Use>
  void for_each_neighbour(std::int64_t center, const Use& use) const {
    const std::span<const std::int64_t> text = tokens();
    for (const std::int64_t side : {-1, 1}) {
      for (std::int64_t distance = 1; distance <= options_.window; ++distance) {
        const std::int64_t other = center + side * distance;
        if (other < 0 || other >= std::ssize(text) || text[other] < 0) break;
        use(text[other]);
      }
    }
  }

  virtual std::int64_t examples() const = 0;
  /// The token that belongs to an example.
  virtual std::int64_t right_token(std::int64_t example) const = 0;
  /// Adds the arrays that the model reads beside the candidates.
  virtual void add_inputs(std::span<const std::int64_t> examples, Batch& batch) const = 0;

 private:
  void count_shares();
  void find_order(std::int64_t epoch);
  std::int64_t draw(double share) const;

  std::string source_;
  std::string candidates_;
  std::string target_;
  BatchOptions batches_;
  WordPairOptions options_;
  Tensor tokens_;
  std::vector<double> shares_;  // Of all tokens up to this one.
  std::vector<std::int64_t> order_;
  std::int64_t order_epoch_ = -1;
};

}  // namespace gatefold
