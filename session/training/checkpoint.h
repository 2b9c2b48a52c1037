#pragma once

#include <filesystem>

#include "session/training/metrics.h"
#include "session/training/trainer.h"

namespace gatefold {

/// The epoch with the best loss so far.
struct BestEpoch {
  std::int64_t epochs = 0;      ///< That have ended.
  std::int64_t bad_epochs = 0;  ///< Since the best one.
  double loss = 0;
  std::map<std::string, Tensor> weights = {};  ///< Where they are to be kept.
};

/// Where a run stands between two steps.
struct RunPosition {
  std::int64_t epoch = 0;
  std::int64_t batch = 0;  ///< Of the epoch, the next one.
  std::int64_t batches_per_epoch = 0;
  Metrics::Sums sums = {};  ///< Of the epoch so far.
  BestEpoch best = {};
};

/// Makes the folder, and sure that checkpoints can be written to it, so that long work does not end
/// with that. Throws Error.
void prepare_checkpoints(const std::filesystem::path& folder);

/// Writes all that a run needs to go on bit for bit to DIR/checkpoint.npz, whole or not at all: the
/// one before stays until the new one is complete. Throws Error.
void write_checkpoint(const std::filesystem::path& folder, const Trainer& trainer,
                      const RunPosition& position);

/// Puts the trainer where the checkpoint of the folder was written. Throws Error when there is
/// none, or it is of another model or plan.
RunPosition read_checkpoint(const std::filesystem::path& folder, Trainer& trainer);

}  // namespace gatefold
