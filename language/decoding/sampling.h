#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ir/random.h"

namespace gatefold {

/// How the next token is chosen from the scores of all tokens.
struct SamplingOptions {
  bool greedy = false;     ///< Take the token with the highest score, the first of equal ones.
  double temperature = 1;  ///< Divides the scores; smaller is surer.
  std::int64_t top_k = 0;  ///< Draw from so many tokens with the highest scores; 0: from all.
  double top_p = 1;        ///< Draw from the most probable tokens that have this share together.
  std::uint64_t seed = 0;
};

/// Checks the options. Throws Error for a temperature that is not above 0, a share outside of
/// (0, 1] and a negative number of tokens.
void check_sampling(const SamplingOptions& options);

/// Chooses tokens one after the other; the same seed and scores give the same tokens.
class Sampler {
 public:
  explicit Sampler(const SamplingOptions& options) : options_(options), random_(options.seed) {}

  /// Chooses a token by its score (a logarithm of a probability, but for a constant).
  std::int64_t choose(std::span<const float> scores);

 private:
  SamplingOptions options_;
  RandomNumbers random_;
  std::uint64_t drawn_ = 0;
  std::vector<std::int64_t> order_;
  std::vector<double> shares_;
};

}  // namespace gatefold
