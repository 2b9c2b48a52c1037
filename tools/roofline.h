#pragma once

#include <string>
#include <vector>

#include "backend/executable.h"
#include "backend/plan/machine_limits.h"

namespace gatefold::tools {

/// The least work of a part of a step: operations, and bytes to read or write.
struct Work {
  double flops = 0;
  double bytes = 0;
  double working_set = 0;  ///< Bytes that the memory which they move through has to hold.
};

/// The least work of a run of a step: the products of its nodes (see count_macs), and moving every
/// tensor that it reads or writes once; of a table that Gather or Slice reads from, only what is
/// taken. Activations and other element-wise work count by the tensors that they move.
///
/// LSTM, GRU, RNN and their gradients work in two parts, as a time step cannot begin before the one
/// before it is done: `at_once`, the products with W and those of the weights' gradients for all
/// steps together; and `in_turn`, T*N*D*G*H*H multiply-adds with the recurrent weights R, whose
/// D*G*H*H elements, as its products have them, are read again at each step but the first.
struct StepCost {
  Work at_once;
  Work in_turn;
  ProductPrecision products = ProductPrecision::kFloat32;

  double flops() const { return at_once.flops + in_turn.flops; }
  double bytes() const { return at_once.bytes + in_turn.bytes; }
};

/// The least time that work takes, and what limits it.
struct Bound {
  double seconds = 0;
  std::string limit;  ///< "compute", or the memory whose bandwidth it is: "L2".
};

/// A step compared with what the machine can do.
struct RooflineEntry {
  std::string op;
  std::string implementation;
  StepTime time;
  StepCost cost;
  Bound bound;

  /// Returns the share of the possible speed that its fastest run reaches.
  double fraction() const { return time.least > 0 ? bound.seconds / time.least : 0; }
};

StepCost cost_of(const StepProfile& step);

/// For each part of the work the larger one of the time to compute and the time to move, from the
/// memory that can hold the working set. The longer part names the limit.
Bound bound_of(const StepCost& cost, const MachineLimits& limits);

/// The steps that ran and whose work is known, the most expensive first.
std::vector<RooflineEntry> compare_with(const MachineLimits& limits,
                                        const std::vector<StepProfile>& steps);

}  // namespace gatefold::tools
