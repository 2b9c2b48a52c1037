#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "session/training/batch_source.h"

namespace gatefold {

/// The share of a target's tokens that a decoder is given while it is trained, at the first batch
/// of a run and at its last one.
struct ForcedShare {
  double first = 1;
  double last = 1;
};

/// Parses "FROM:TO". Throws Error for another form and for shares that are not from 0 to 1.
ForcedShare parse_forced_share(const std::string& text);

/// Adds to each batch of another source the array `forced` bool [T], T being the length of its
/// target_tokens [N, T]: at which steps the target's token is given. Each is drawn anew for each
/// batch, with a probability that goes from the first share to the last one in a straight line.
/// Until the length of the run is told, as for validation data, all are given.
class TeacherForcing : public BatchSource {
 public:
  TeacherForcing(std::unique_ptr<BatchSource> source, ForcedShare share, std::uint64_t seed);

  std::int64_t batches_per_epoch() const override { return source_->batches_per_epoch(); }
  Batch batch(std::int64_t epoch, std::int64_t index) override;
  bool starts_anew(std::int64_t index) const override { return source_->starts_anew(index); }
  std::int64_t samples(std::int64_t index) const override { return source_->samples(index); }
  void set_run_length(std::int64_t batches) override { run_length_ = batches; }

 private:
  double share_of(std::int64_t batch) const;

  std::unique_ptr<BatchSource> source_;
  ForcedShare share_;
  std::uint64_t seed_;
  std::int64_t run_length_ = 0;
};

}  // namespace gatefold
