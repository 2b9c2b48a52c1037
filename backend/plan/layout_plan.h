#pragma once

#include <deque>

#include "backend/plan/chain_plan.h"
#include "backend/plan/slot.h"

namespace gatefold {

/// Removes copies that only put elements into another order or side by side, where the kernels
/// before or behind them take memory with strides (strided_ports.h): a value that a Concat or
/// Transpose reads is written directly to its place in that node's output, and the result of a
/// Transpose, Slice or Split is read in that node's input. A time-major
/// recurrent node between batch-first neighbours thus needs no copy.
///
/// Changes the slots of such values, turns drafts that have nothing left to do into views, and sets
/// the strides of what the others read and write.
void plan_layouts(std::deque<StepDraft>& drafts, Slots& slots);

}  // namespace gatefold
