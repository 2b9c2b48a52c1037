#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/tensor.h"
#include "passes/training/loss.h"

namespace gatefold {

/// Computes the mean loss over many batches, and other metrics.
class Metrics {
 public:
  /// `names` may hold accuracy (the share of targets whose class has the highest score) and
  /// perplexity (e to the power of the loss per target). Throws Error for other names, and for
  /// accuracy when the targets are not classes.
  Metrics(const LossSpec& loss, std::vector<std::string> names);

  /// Adds a batch; `output` is the output that the loss judges. A batch in which no target counts
  /// only raises the count of such batches.
  void add(double loss, const Tensor& output, const Tensor& target);
  /// Adds a batch for which only the mean loss over its examples is known.
  void add(double loss, std::int64_t examples);

  /// The sums over all batches that were added.
  struct Sums {
    double loss = 0;          ///< Sum over all targets.
    std::int64_t losses = 0;  ///< What the mean divides by: targets, or batches if losses are sums.
    std::int64_t hits = 0;
    std::int64_t targets = 0;        ///< Those that are not ignored.
    std::int64_t empty_batches = 0;  ///< Those in which no target counts.
  };
  const Sums& sums() const { return sums_; }
  void restore(const Sums& sums) { sums_ = sums; }

  /// Returns the mean over the targets, or over the batches if the loss is a sum.
  double loss() const;
  /// Returns the metrics in the order of the names.
  std::vector<double> values() const;
  const std::vector<std::string>& names() const { return names_; }
  /// Formats all of them: "loss 1.234, accuracy 0.5, 1 batch without targets".
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
