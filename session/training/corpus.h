#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "session/training/dataset.h"

namespace gatefold {

/// Time steps of a chunk where nothing else is said.
inline constexpr std::int64_t kUsualChunk = 64;

/// Delivers one long text in contiguous lanes, for truncated backpropagation through time that
/// carries states: lane n of N holds the elements [n*L, (n+1)*L) of each array, and batch i of an
/// epoch the chunk [i*C, (i+1)*C) of every lane; chunks follow one another, and the last one may be
/// shorter. The arrays are named like the inputs and have one axis; inputs are int64 or float
/// [N, C]. Without an array for the targets, they are the elements that follow those of the only
/// array: what a language model predicts.
///
/// An array `starts` (int64, rising from 0) says where the texts begin of which the whole is made;
/// with `shuffle` they follow one another in another order in each epoch, so that none is known by
/// the one before it.
class Corpus : public BatchSource {
 public:
  /// `batch_size` of the options is N (32 if it is 0, but no more than the text has chunks for),
  /// `chunk` is C (64 if it is 0). Throws Error for arrays that are missing or have another form,
  /// and for a text that is too short for its lanes.
  Corpus(const DataSource& source, const std::vector<const Value*>& wanted,
         const std::string& target, const BatchOptions& options);

  std::int64_t batches_per_epoch() const override { return chunks_; }
  Batch batch(std::int64_t epoch, std::int64_t index) override;
  bool starts_anew(std::int64_t index) const override { return index == 0; }
  std::int64_t samples(std::int64_t /*index*/) const override { return lanes_; }

 private:
  void take_starts();
  void check_arrays(const std::vector<const Value*>& wanted);
  void count_lanes();
  void order_texts(std::int64_t epoch);

  BatchOptions options_;
  std::string target_;  ///< Made of what follows; empty when there is an array of targets.
  std::map<std::string, Tensor> arrays_;
  std::vector<std::int64_t> starts_;
  bool has_fixed_lanes_ = false;  ///< The model reads batches of one size only.
  std::int64_t size_ = 0;         ///< Elements of each array that have a target.
  std::int64_t lanes_ = 0;
  std::int64_t length_ = 0;  ///< Elements of each lane.
  std::int64_t chunk_ = 0;
  std::int64_t chunks_ = 0;
  std::map<std::string, Tensor> ordered_;  ///< The arrays of epoch `ordered_epoch_`.
  std::int64_t ordered_epoch_ = -1;
};

}  // namespace gatefold
