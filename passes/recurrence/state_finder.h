#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

#include "passes/recurrence/recurrent_step.h"

namespace gatefold {

/// Tells which operands are the states of steps, by what the steps make of each other's results.
class StateFinder {
 public:
  explicit StateFinder(const std::vector<RecurrentStep>& steps);

  /// Returns the number of the operand; nothing when none is shown to be the state.
  std::optional<std::size_t> find(const RecurrentStep& step) const;

 private:
  int score_of(const RecurrentStep& step, std::size_t operand) const;
  bool follows_another(const RecurrentStep& step, std::size_t operand) const;
  bool is_followed(const RecurrentStep& step, std::size_t operand) const;

  std::unordered_map<const Value*, const Value*> carried_;  // What a loop makes of its states.
  std::unordered_map<const Value*, const RecurrentStep*> results_;
  std::unordered_multimap<const Value*, const RecurrentStep*> readers_;
};

}  // namespace gatefold
