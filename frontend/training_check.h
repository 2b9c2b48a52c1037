#pragma once

#include "ir/graph.h"

namespace gatefold {

/// Checks that the stages of training fit the model: initializations have no inputs, bindings
/// name initializers and outputs of the same type, and no initializer is stored into twice. Throws
/// Error.
void check_training(const Model& model);

}  // namespace gatefold
