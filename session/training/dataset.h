#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/training/carried_state.h"
#include "session/training/batch_source.h"
#include "session/training/length_buckets.h"

namespace gatefold {

/// Where the arrays of a data set come from: a .npz file, or memory.
struct DataSource {
  std::filesystem::path path = {};
  std::map<std::string, Tensor> arrays = {};

  bool empty() const { return path.empty() && arrays.empty(); }
  /// Returns what messages call the source.
  std::string name() const {
    return path.empty() ? "the data" : fmt::format("'{}'", path.string());
  }
};

/// Returns an array in the element type of the input, where that is only a matter of width. Throws
/// Error for types of another kind.
Tensor converted_for(const Value& input, const Tensor& array);

/// How arrays are divided into batches.
struct BatchOptions {
  std::int64_t batch_size = 0;  ///< 0: the model's own if it is fixed, else 32.
  std::map<std::string, std::int64_t> batch_axes = {};  ///< By array; 0 for the others.
  /// States that a message about a missing array proposes to carry; see propose_states.
  std::vector<CarriedState> proposed_states = {};
  std::int64_t chunk = 0;  ///< Time steps per chunk of truncated backpropagation; 0: no chunks.
  /// Elements that a lane of a corpus has at least, where the batch may be smaller therefore: what
  /// stands at the beginning of a lane is judged without what was before it.
  std::int64_t shortest_lane = 1;
  bool shuffle = false;
  /// Make batches of examples of like length, without what pads them all; see LengthBuckets. A run
  /// then shuffles its training data, and sets `ignored_class` to that of its loss.
  bool bucket = false;
  std::optional<std::int64_t> ignored_class = {};
  std::uint64_t seed = 0;
  bool drop_last = false;  ///< Leave out the last batch or chunk if it is smaller than the others.
};

/// Delivers the examples of a data source in batches. Its arrays are named like the inputs of the
/// model and the targets, and have one of two forms:
///   samples: the rank of the input; batches are cut from the batch axis, which counts all examples
///   steps: one more axis in front; each entry along it is a batch
/// Element types are converted between widths. With chunks, each array whose time axis (of the
/// first two axes, the one that is not the batch axis) is as long as that of the targets is cut
/// along it, and the chunks of one batch follow one another.
class Dataset : public BatchSource {
 public:
  /// Reads the arrays for the inputs `wanted` and for the target. Throws Error for an array that is
  /// missing, unknown or of a wrong shape or type, and when there are no examples.
  Dataset(const DataSource& source, const std::vector<const Value*>& wanted,
          const std::string& target, const BatchOptions& options);

  std::int64_t batches_per_epoch() const override { return batches_ * chunks_; }
  Batch batch(std::int64_t epoch, std::int64_t index) override;
  /// True for the first chunk of examples.
  bool starts_anew(std::int64_t index) const override {
    return is_steps_ ? index == 0 : index % chunks_ == 0;
  }
  std::int64_t samples(std::int64_t index) const override;

 private:
  bool fits(const Value& input, const Tensor& array, std::int64_t examples) const;
  void check_array(const Value& input, const Tensor& array);
  [[noreturn]] void fail_for_missing(const std::vector<const Value*>& wanted,
                                     const std::string& target) const;
  std::optional<std::int64_t> find_axis(const Value& input, std::int64_t examples) const;
  std::string axes_remedy(const std::vector<const Value*>& inputs) const;
  void choose_form(const std::vector<const Value*>& wanted);
  void count_batches(const std::vector<const Value*>& wanted);
  void count_chunks(const std::string& target);
  std::int64_t batch_axis(const std::string& name) const;
  std::int64_t time_axis(const std::string& name) const { return batch_axis(name) == 0 ? 1 : 0; }
  void find_buckets(const std::vector<const Value*>& wanted, const std::string& target);
  void find_order(std::int64_t epoch);

  BatchOptions options_;
  std::string name_;
  std::map<std::string, Tensor> arrays_;
  bool is_steps_ = false;
  std::int64_t samples_ = 0;  ///< Number of samples, or of steps.
  std::int64_t batch_size_ = 1;
  std::int64_t batches_ = 0;
  std::int64_t length_ = 0;  ///< Extent of the time axis, with chunks.
  std::int64_t chunks_ = 1;
  std::optional<LengthBuckets> buckets_;
  std::vector<std::int64_t> order_;  ///< Order of the samples in epoch `order_epoch_`.
  std::int64_t order_epoch_ = -1;
};

/// Makes the source of a run's batches from its data: for the inputs `wanted` and the target.
using SourceMaker = std::function<std::unique_ptr<BatchSource>(
    const DataSource& source, const std::vector<const Value*>& wanted, const std::string& target,
    const BatchOptions& options)>;

/// Returns what makes sources of one kind: Dataset, or Corpus.
template <typename Source>
SourceMaker source_maker() {
  return [](const DataSource& source, const std::vector<const Value*>& wanted,
            const std::string& target, const BatchOptions& options) {
    return std::make_unique<Source>(source, wanted, target, options);
  };
}

}  // namespace gatefold
