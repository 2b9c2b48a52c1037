#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ir/tensor.h"
#include "passes/training/loss.h"

namespace gatefold::tools {

/// A mean over many batches: the loss, and what else is asked for.
class Metrics {
 public:
  /// `names`: accuracy (share of targets whose class has the highest score), perplexity (e to the
  /// power of the mean loss). Throws Error for others, and for accuracy where the targets are no
  /// classes.
  Metrics(const LossSpec& loss, std::vector<std::string> names);

  /// Adds a batch of `weight` examples; `output` is what the loss judged.
  void add(double loss, double weight, const Tensor& output, const Tensor& target);
  void clear();

  double loss() const { return weight_ > 0 ? loss_ / weight_ : 0; }
  /// In the order of the names.
  std::vector<double> values() const;
  const std::vector<std::string>& names() const { return names_; }
  /// "loss 1.234, accuracy 0.5"
  std::string to_string() const;

 private:
  LossSpec spec_;
  std::vector<std::string> names_;
  bool counts_hits_ = false;
  double loss_ = 0;
  double weight_ = 0;
  std::int64_t hits_ = 0;
  std::int64_t targets_ = 0;
};

}  // namespace gatefold::tools
