#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gatefold {

/// Counts which labels a model finds for examples whose label is known.
class Confusion {
 public:
  explicit Confusion(std::size_t labels) : labels_(labels), counts_(labels * labels) {}

  /// Adds an example; both labels must be below the number of labels.
  void add(std::size_t label, std::size_t found) { ++counts_[label * labels_ + found]; }

  std::size_t labels() const { return labels_; }
  /// The counts, [label, found label].
  std::span<const std::int64_t> counts() const { return counts_; }
  std::int64_t count(std::size_t label, std::size_t found) const {
    return counts_[label * labels_ + found];
  }
  std::int64_t total() const;

  /// The share of examples whose label was found; 0 without examples.
  double accuracy() const;
  /// The mean over the labels of F1 = 2 TP / (2 TP + FP + FN), where TP counts the examples that
  /// rightly were given a label, FP those that wrongly were, and FN those that wrongly were not.
  /// Labels that no example has and that were never found are left out, as scikit-learn's f1_score
  /// with average="macro" does; 0 without examples.
  double macro_f1() const;

 private:
  std::size_t labels_;
  std::vector<std::int64_t> counts_;
};

}  // namespace gatefold
