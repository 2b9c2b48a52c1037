#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "c/errors.h"
#include "c/gatefold.h"
#include "c/ports.h"
#include "session/compiled_model.h"
#include "session/session.h"
#include "session/training/metrics.h"
#include "session/training/training_session.h"

/// What is behind the handles of the C interface.

struct gatefold_options {
  gatefold::LoadOptions load;
  gatefold::TrainingSessionOptions training;
  /// An option that was set and that only models have, and one that only trainers have; nullptr if
  /// there is none.
  const char* for_models = nullptr;
  const char* for_trainers = nullptr;
};

struct gatefold_model {
  explicit gatefold_model(std::shared_ptr<const gatefold::CompiledModel> loaded);

  std::shared_ptr<const gatefold::CompiledModel> model;
  gatefold::c::Ports inputs;
  gatefold::c::Ports outputs;
  std::vector<std::string> states;
};

struct gatefold_session {
  explicit gatefold_session(gatefold::Session made);

  mutable gatefold::c::Occupation occupation;
  gatefold::Session session;
  std::vector<gatefold::Datum> inputs;       // In the order of the model.
  std::span<const gatefold::Datum> results;  // Of the last run; empty if it failed.
  std::vector<gatefold::StepProfile> profile;
  std::vector<gatefold_profile_step> profile_steps;  // What C sees of the profile.
};

struct gatefold_trainer {
  explicit gatefold_trainer(gatefold::TrainingSession made);

  mutable gatefold::c::Occupation occupation;
  gatefold::TrainingSession session;
  gatefold::c::Ports inputs;
  std::uint64_t number;  // Differs from that of every other trainer of the process.
  double gradient_norm = 0;
  std::map<std::string, gatefold::Tensor> gradients;
};

struct gatefold_metrics {
  gatefold::Metrics metrics;
  std::uint64_t trainer = 0;  // The number of the trainer that they are of.
};
