#pragma once

#include <string>
#include <vector>

#include "backend/executable.h"
#include "backend/machine_limits.h"

namespace gatefold::tools {

/// What a run of a step has to do at least: the products of its nodes (see count_macs), and moving
/// every tensor it reads or writes once. Of a table that Gather or Slice reads from, only what is
/// taken. The recurrent weights R are read again at each of the T time steps, as a step cannot
/// begin before the one before it is done: T * D*G*H*H elements. Activations and other element-wise
/// work count by the tensors they move.
struct StepCost {
  double flops = 0;
  double bytes = 0;           ///< Tensors read and written, each once.
  double repeated_bytes = 0;  ///< What is read again and again: R.
  double repeats = 0;         ///< How often it is, after the first time: T - 1.
};

/// The time that a cost cannot go below, and why.
struct Bound {
  double seconds = 0;
  std::string limit;  ///< "compute", or the memory whose bandwidth it is: "L2".
};

/// A step beside what the machine can do.
struct RooflineRow {
  std::string op;
  std::string implementation;
  StepTime time;
  StepCost cost;
  Bound bound;

  /// Of what is possible, in its fastest run.
  double fraction() const { return time.least > 0 ? bound.seconds / time.least : 0; }
};

StepCost cost_of(const StepProfile& step);

/// The larger one of the time to compute and the time to move. The bytes of a step come from the
/// memory that can hold all of them together, repeated ones from the memory that can hold those.
Bound bound_of(const StepCost& cost, const MachineLimits& limits);

/// The steps that ran and whose work is known, the most expensive first.
std::vector<RooflineRow> compare_with(const MachineLimits& limits,
                                      const std::vector<StepProfile>& steps);

}  // namespace gatefold::tools
