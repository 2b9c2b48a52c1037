#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "ir/random.h"
#include "session/training/trainer.h"

namespace gatefold {

/// Delivers the batches of a training run.
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  virtual std::int64_t batches_per_epoch() const = 0;
  /// Returns batch `index` of an epoch; it depends on these two numbers and the options alone.
  virtual Batch batch(std::int64_t epoch, std::int64_t index) = 0;
  /// Returns whether carried states are forgotten before the batch, for its examples do not
  /// continue those of the one before.
  virtual bool starts_anew(std::int64_t index) const = 0;
  /// Returns the number of examples in a batch.
  virtual std::int64_t samples(std::int64_t index) const = 0;
  /// Called before a run trains on the batches, with the number that it will take if it is not
  /// ended early; not called for validation data.
  virtual void set_run_length(std::int64_t /*batches*/) {}
};

/// Returns the numbers from 0 to below `count` in the order of an epoch, drawn with a seed.
std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed, std::int64_t epoch);
/// Returns the numbers from 0 to below `count` in an order that these random numbers draw.
std::vector<std::int64_t> shuffled(std::int64_t count, const RandomNumbers& random);

}  // namespace gatefold
