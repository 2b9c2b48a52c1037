#pragma once

#include "passes/gradients/gradients.h"

namespace gatefold::gradients {

/// A copy of a sub-graph of `node` that computes its values once more, to differentiate them.
/// Throws Error when it draws random numbers, which would come out differently.
SubGraph copy_to_replay(GradientBuilder& g, const Node& node, const Graph& body,
                        Graph::ValueMap& map);

/// differentiate() for a copied sub-graph of `node`, with zeros where nothing flows; errors name
/// the node.
Gradients differentiate_body(const Node& node, Graph& body, std::span<Value* const> y,
                             const Gradients& dy, std::span<Value* const> targets);

/// Takes all outputs out of the list.
void erase_outputs(Graph& graph);

}  // namespace gatefold::gradients
