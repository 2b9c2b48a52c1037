#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "session/training/metrics.h"
#include "session/training/trainer.h"

namespace gatefold {

/// The file of a checkpoint, in the folder that it is saved in.
inline constexpr std::string_view kCheckpointFile = "checkpoint.npz";

/// The epoch with the best loss so far, and what early stopping counts from it.
struct BestEpoch {
  std::int64_t epochs = 0;      ///< How many have ended.
  std::int64_t bad_epochs = 0;  ///< How many have ended since the best one.
  double loss = 0;
  std::map<std::string, Tensor> weights = {};  ///< Those of that epoch, if they are kept.
};

/// The position of a run between two steps.
struct RunPosition {
  std::int64_t epoch = 0;
  std::int64_t batch = 0;  ///< The next one of the epoch.
  std::int64_t batches_per_epoch = 0;
  Metrics::Sums sums = {};  ///< The metrics of the epoch so far.
  BestEpoch best = {};
};

/// Creates the folder and checks that checkpoints can be written to it, for use before long work.
/// Throws Error if not.
void prepare_checkpoints(const std::filesystem::path& folder);

/// Writes everything that a run needs to continue bit for bit to DIR/checkpoint.npz, whole or not
/// at all: the previous one stays until the new one is complete. Throws Error when it cannot be
/// written. (Recomputing forward steps to save memory has nothing to do with this; see
/// TrainingSpec::checkpoint_every.)
void write_checkpoint(const std::filesystem::path& folder, const Trainer& trainer,
                      const RunPosition& position);

/// Restores the trainer from the checkpoint in the folder and returns the position of its run.
/// Throws Error when there is none, or when it belongs to another model or plan.
RunPosition read_checkpoint(const std::filesystem::path& folder, Trainer& trainer);

}  // namespace gatefold
