#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gatefold {

/// What byte-pair encoding learns.
struct LearnedPairs {
  /// By id: the tokens to begin with, and those that became of pairs.
  std::vector<std::string> tokens;
  /// Pairs of tokens, in the order in which they became one.
  std::vector<std::pair<std::string, std::string>> merges;
};

/// Learns byte-pair encoding of words, given with their counts, until there are `vocabulary_size`
/// tokens or no pair is there `min_count` times. Every character of the words must be in `tokens`.
/// Of equally frequent pairs the one with the lower ids comes first. Takes n log n steps for words
/// of n characters altogether.
LearnedPairs learn_pairs(const std::map<std::string, std::int64_t>& words,
                         std::vector<std::string> tokens, std::int64_t vocabulary_size,
                         std::int64_t min_count);

}  // namespace gatefold
