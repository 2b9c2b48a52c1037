#pragma once

#include <cstdint>
#include <vector>

#include "session/session.h"

namespace gatefold {

/// How the best sequences are searched for.
struct BeamOptions {
  std::int64_t size = 5;       ///< Hypotheses that are continued at a time; 1: greedy.
  double length_penalty = 1;   ///< A score is divided by the length to this power, from 0.
  std::int64_t best = 1;       ///< How many sequences are returned, at most `size`.
  std::int64_t longest = 100;  ///< Most tokens of a sequence.
};

/// A sequence of tokens that is being made, or is done.
struct Hypothesis {
  std::vector<std::int64_t> tokens = {};  ///< Without the token for the beginning.
  double sum = 0;                         ///< Of the logarithms of the tokens' probabilities.
  std::vector<float> attention = {};      ///< A row for each token, if the decoder delivers them.

  double score(const BeamOptions& options) const;
};

/// Searches for the sequences with the best scores by a decoder: target_tokens [N, T] and inputs
/// that `first` gives for a single sequence -> logits [N, T, V]. Its carried states are those that
/// its file names. The best sequence comes first. Source: Wu and others, "Google's neural machine
/// translation system", 2016, with length^penalty in place of their formula.
std::vector<Hypothesis> search_beam(Session& decoder, const NamedData& first,
                                    std::int64_t beginning, std::int64_t end,
                                    const BeamOptions& options);

}  // namespace gatefold
