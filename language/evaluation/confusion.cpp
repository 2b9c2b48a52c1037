#include "language/evaluation/confusion.h"

#include <numeric>

namespace gatefold {

std::int64_t Confusion::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

double Confusion::accuracy() const {
  std::int64_t hits = 0;
  for (std::size_t label = 0; label < labels_; ++label) hits += count(label, label);
  const std::int64_t all = total();
  return all == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(all);
}

double Confusion::macro_f1() const {
  double sum = 0;
  std::int64_t seen = 0;
  for (std::size_t label = 0; label < labels_; ++label) {
    std::int64_t uses = 0;  // 2 TP + FP + FN.
    for (std::size_t other = 0; other < labels_; ++other) {
      uses += count(label, other) + count(other, label);
    }
    if (uses == 0) continue;
    ++seen;
    sum += static_cast<double>(2 * count(label, label)) / static_cast<double>(uses);
  }
  return seen == 0 ? 0 : sum / static_cast<double>(seen);
}

}  // namespace gatefold
