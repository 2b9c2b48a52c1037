#pragma once

#include <vector>

#include "backend/plan/chain_plan.h"
#include "backend/plan/slot.h"

namespace gatefold {

/// Makes one group of recurrent nodes of which each one's X is the memory of the Y of the one
/// before, and nothing else it reads depends on that, where they run faster together; see
/// kernels/recurrent/recurrent_stack.h. Groups are in an order to be run in, before and after.
void join_stacks(const Slots& slots, std::vector<StepGroup>& groups);

}  // namespace gatefold
