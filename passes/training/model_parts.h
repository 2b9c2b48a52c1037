#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ir/graph.h"

/// The parts of a model that training refers to.
namespace gatefold {

/// The floating-point initializers of a graph that may be trained, in their order.
std::vector<Value*> parameters_of(const Graph& graph);

/// The parameters of these names. Throws Error for a name that no parameter has.
std::vector<Value*> find_parameters(const Graph& graph, const std::vector<std::string>& names);

/// The value that the graph delivers under a name. Throws Error for an unknown name.
Value* output_of(const Graph& graph, const std::string& name);

/// The parameters that training changes unless it is told otherwise: all floating-point ones but
/// scalars, which exporters use for the constants of formulas, and the running statistics of
/// normalisations.
std::vector<std::string> default_trainable(const Graph& graph);

/// A copy of a model's graph as it was imported, made ready for differentiation: all parameters but
/// the trainable ones are constants, and the training pipeline has been run.
std::shared_ptr<Graph> prepare_for_training(const Graph& model,
                                            const std::vector<std::string>& trainable);

/// Puts an input of the same name and type in the place of a parameter.
Value* turn_into_input(Graph& graph, Value& parameter);

}  // namespace gatefold
