#pragma once

#include <vector>

#include "backend/plan/chain_plan.h"
#include "backend/plan/slot.h"

namespace gatefold {

/// Joins recurrent nodes into one group if they run faster together (see
/// kernels/recurrent/recurrent_stack.h): the X of each is the memory of the Y of the one before,
/// and nothing else that it reads depends on that Y. Groups are in an order in which they can run,
/// before and after.
void join_stacks(const Slots& slots, std::vector<StepGroup>& groups);

}  // namespace gatefold
