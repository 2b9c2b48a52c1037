#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "session/training/trainer.h"

namespace gatefold {

/// The lengths of the examples of a data set, by which batches hold examples of like length and
/// are cut to their longest one. What may be cut:
///   - The array `lengths` [N], an input of the model, says how long each example is in the first
///     input that has a time axis of open extent, and in all arrays whose time axis has the same
///     name there.
///   - In the arrays whose time axis has the name of that of the targets, an example is as long as
///     its last target that is not ignored, or as `lengths` says if that is more.
/// All other arrays stay whole. The time axis is axis 1 if the batch axis is 0, else axis 0.
class LengthBuckets {
 public:
  /// Finds the lengths; `batch_axes` are those of arrays whose batch axis is not 0. Throws Error
  /// when the model takes no `lengths`, when no input has such a time axis, and for a length beyond
  /// its extent.
  LengthBuckets(const std::vector<const Value*>& wanted, const std::string& target,
                const std::map<std::string, Tensor>& arrays,
                const std::map<std::string, std::int64_t>& batch_axes,
                std::optional<std::int64_t> ignored_class);

  /// Sorts the examples of an order by length within blocks of 100 batches, and returns them batch
  /// by batch as `batch_order` says. The last examples, fewer than a batch, stay where they are.
  std::vector<std::int64_t> sorted(std::vector<std::int64_t> order, std::int64_t batch_size,
                                   std::span<const std::int64_t> batch_order) const;

  /// Cuts the arrays of a batch of these examples to the longest of them.
  void cut(Batch& batch, std::span<const std::int64_t> examples) const;

 private:
  /// Arrays whose time axes are one.
  struct Group {
    Dim time;
    std::map<std::string, std::int64_t> axes = {};  ///< The time axis of each array.
    std::vector<std::int64_t> lengths = {};         ///< Of each example; empty: not known.
  };

  void add(const Value& input, std::int64_t batch_axis);
  void note_length(Group& group, std::size_t example, std::int64_t length) const;
  /// `extent` is that of the group's time axes.
  void read_lengths(Group& group, const Tensor& lengths, std::int64_t extent) const;
  void read_targets(Group& group, const Tensor& target, std::int64_t time_axis,
                    std::optional<std::int64_t> ignored_class) const;
  bool is_shorter(std::int64_t a, std::int64_t b) const;

  std::vector<Group> groups_;
  std::size_t examples_ = 0;
};

}  // namespace gatefold
