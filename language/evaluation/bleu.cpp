#include "language/evaluation/bleu.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <map>
#include <utility>

namespace gatefold {
namespace {

/// How often each n-gram is in a text.
std::map<std::vector<std::int64_t>, std::int64_t> count_grams(std::span<const std::int64_t> text,
                                                              std::size_t length) {
  std::map<std::vector<std::int64_t>, std::int64_t> counts;
  for (std::size_t begin = 0; begin + length <= text.size(); ++begin) {
    const auto gram = text.subspan(begin, length);
    ++counts[{gram.begin(), gram.end()}];
  }
  return counts;
}

/// How often each n-gram is in that reference which has most of it.
std::map<std::vector<std::int64_t>, std::int64_t> count_grams(
    std::span<const std::vector<std::int64_t>> references, std::size_t length) {
  std::map<std::vector<std::int64_t>, std::int64_t> most;
  for (const auto& reference : references) {
    for (const auto& [gram, count] : count_grams(std::span(reference), length)) {
      most[gram] = std::max(most[gram], count);
    }
  }
  return most;
}

std::int64_t nearest_length(std::int64_t length,
                            std::span<const std::vector<std::int64_t>> references) {
  assert(!references.empty());
  const auto distance = [&](const std::vector<std::int64_t>& reference) {
    return std::pair(std::abs(std::ssize(reference) - length), std::ssize(reference));
  };
  return std::ssize(*std::min_element(
      references.begin(), references.end(),
      [&](const auto& left, const auto& right) { return distance(left) < distance(right); }));
}

}  // namespace

void Bleu::add(std::span<const std::int64_t> translation,
               std::span<const std::vector<std::int64_t>> references) {
  const auto length = static_cast<std::int64_t>(translation.size());
  translated_ += length;
  wanted_ += nearest_length(length, references);
  for (std::size_t i = 0; i < kLongest; ++i) {
    const auto there = count_grams(references, i + 1);
    for (const auto& [gram, count] : count_grams(translation, i + 1)) {
      totals_[i] += count;
      const auto found = there.find(gram);
      if (found != there.end()) matches_[i] += std::min(count, found->second);
    }
  }
}

double Bleu::score() const {
  double sum = 0;
  for (std::size_t i = 0; i < kLongest; ++i) {
    if (matches_[i] == 0) return 0;
    sum += std::log(static_cast<double>(matches_[i]) / static_cast<double>(totals_[i]));
  }
  const double brevity =
      std::min(0.0, 1 - static_cast<double>(wanted_) / static_cast<double>(translated_));
  return 100 * std::exp(brevity + sum / static_cast<double>(kLongest));
}

}  // namespace gatefold
