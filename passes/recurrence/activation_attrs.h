#pragma once

#include <vector>

#include "ir/graph.h"
#include "ir/ops/recurrent.h"

namespace gatefold {

/// Attributes of a recurrent node for the activations f, g, h of its directions, one direction
/// after the other; none for the default ones.
Attrs activation_attrs(const RecurrentKind& kind, const std::vector<Activation>& activations);

}  // namespace gatefold
