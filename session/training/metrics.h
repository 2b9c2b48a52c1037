#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/tensor.h"
#include "passes/training/loss.h"

namespace gatefold {

/// A mean over many batches: the loss, and what else is asked for.
class Metrics {
 public:
  /// `names`: accuracy (share of targets whose class has the highest score), perplexity (e to the
  /// power of the loss per target). Throws Error for others, and for accuracy where the targets are
  /// no classes.
  Metrics(const LossSpec& loss, std::vector<std::string> names);

  /// Adds a batch; `output` is what the loss judged. One in which no target counts is counted, and
  /// nothing else.
  void add(double loss, const Tensor& output, const Tensor& target);
  /// Adds a batch of which only the mean loss over its examples is known.
  void add(double loss, std::int64_t examples);

  /// What has been added.
  struct Sums {
    double loss = 0;          ///< Of all targets.
    std::int64_t losses = 0;  ///< What the mean loss is over: targets, or batches of sums.
    std::int64_t hits = 0;
    std::int64_t targets = 0;        ///< That are not ignored.
    std::int64_t empty_batches = 0;  ///< In which no target counts.
  };
  const Sums& sums() const { return sums_; }
  void restore(const Sums& sums) { sums_ = sums; }

  /// The mean over the targets, or over the batches where the loss is a sum.
  double loss() const;
  /// In the order of the names.
  std::vector<double> values() const;
  const std::vector<std::string>& names() const { return names_; }
  /// "loss 1.234, accuracy 0.5, 1 batch without targets"
  std::string to_string() const;

 private:
  bool has_targets(const Tensor& target) const;
  std::int64_t count_targets(const Tensor& target) const;
  std::int64_t count_hits(const Tensor& output, const Tensor& target) const;
  bool is_ignored(std::int64_t wanted) const { return ignored_class_ && wanted == *ignored_class_; }

  LossSpec spec_;
  std::optional<std::int64_t> ignored_class_;
  std::vector<std::string> names_;
  bool counts_hits_ = false;
  Sums sums_;
};

}  // namespace gatefold
