#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "session/training/trainer.h"

namespace gatefold {

/// Where arrays come from: a .npz file, or memory.
struct DataSource {
  std::filesystem::path path = {};
  std::map<std::string, Tensor> arrays = {};

  bool empty() const { return path.empty() && arrays.empty(); }
  /// What messages call it.
  std::string name() const { return path.empty() ? "the data" : "'" + path.string() + "'"; }
};

/// How arrays become batches.
struct BatchOptions {
  std::int64_t batch_size = 0;                          ///< 0: what the model is made for, else 32.
  std::map<std::string, std::int64_t> batch_axes = {};  ///< By array; 0 for others.
  std::map<std::string, std::vector<std::string>> carriers = {};  ///< See find_carriers.
  std::int64_t chunk = 0;  ///< Time steps of a chunk of truncated backpropagation; 0: no chunks.
  bool shuffle = false;
  std::uint64_t seed = 0;
  bool drop_last = false;  ///< Leave out a last batch or chunk that is smaller than the others.
};

/// The examples of a data source, in batches. Its arrays are named like the inputs of the model and
/// the targets, and come in one of two forms:
///   samples: of the rank of the input; the batch axis counts all examples, batches are cut from it
///   steps: with one more axis in front; each entry along it is a batch already
/// Element types are converted between widths. With chunks, every array with a time axis (the other
/// one of the first two) as long as the targets' is cut along it, chunk after chunk of one batch.
class Dataset {
 public:
  /// `wanted` are the inputs that the arrays are for. Throws Error: an array is missing, unknown or
  /// of a wrong shape or type; there are no examples.
  Dataset(const DataSource& source, const std::vector<const Value*>& wanted,
          const std::string& target, const BatchOptions& options);

  std::int64_t batches_per_epoch() const { return batches_ * chunks_; }
  /// Batch number `index` of an epoch; depends on nothing else but the options.
  Batch batch(std::int64_t epoch, std::int64_t index);
  /// True when the batch does not go on from the one before: the first chunk of other examples.
  bool starts_anew(std::int64_t index) const {
    return is_steps_ ? index == 0 : index % chunks_ == 0;
  }
  /// Examples in a batch.
  std::int64_t samples(std::int64_t index) const;

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
  void find_order(std::int64_t epoch);

  BatchOptions options_;
  std::string name_;
  std::map<std::string, Tensor> arrays_;
  bool is_steps_ = false;
  std::int64_t samples_ = 0;  ///< Or steps.
  std::int64_t batch_size_ = 1;
  std::int64_t batches_ = 0;
  std::int64_t length_ = 0;  ///< Of the time axis, with chunks.
  std::int64_t chunks_ = 1;
  std::vector<std::int64_t> order_;  ///< Of the samples in an epoch.
  std::int64_t order_epoch_ = -1;
};

}  // namespace gatefold
