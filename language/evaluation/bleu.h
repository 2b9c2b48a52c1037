#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace gatefold {

/// Corpus BLEU-4 (Papineni and others, "BLEU: a method for automatic evaluation of machine
/// translation", 2002): 100 * exp(min(0, 1 - r/c)) * (p1 p2 p3 p4)^(1/4), where pn is the share of
/// the n-grams of all translations that their references have, each at most as often as there, c
/// the number of tokens in the translations and r that in the references. The same as sacrebleu's
/// without smoothing, on the same tokens. Where a text has several references, an n-gram counts as
/// often as in the one that has most of it, and r takes the length nearest to the translation's,
/// the shorter one of two.
class Bleu {
 public:
  /// Adds a translation and its references, at least one.
  void add(std::span<const std::int64_t> translation,
           std::span<const std::vector<std::int64_t>> references);
  /// Returns the score, from 0 to 100; 0 when for some n no n-gram is right.
  double score() const;

 private:
  static constexpr std::size_t kLongest = 4;

  std::array<std::int64_t, kLongest> matches_ = {};
  std::array<std::int64_t, kLongest> totals_ = {};
  std::int64_t translated_ = 0;
  std::int64_t wanted_ = 0;
};

}  // namespace gatefold
