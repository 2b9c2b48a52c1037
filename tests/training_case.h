#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "session/training/training_session.h"

namespace gatefold::test {

/// A training test of the repository: its model, its plan, its batches and what must come of them.
struct TrainingCase {
  /// Reads tests/training/NAME.
  explicit TrainingCase(const std::string& name);

  TrainingSession session() const { return {model, plan, {}}; }

  std::filesystem::path model;
  std::string plan_text;
  TrainingPlan plan;
  std::map<std::string, Tensor> expected;
  std::vector<Batch> batches;
};

}  // namespace gatefold::test
