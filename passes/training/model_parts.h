#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ir/graph.h"

/// The parts of a model that training refers to.
namespace gatefold {

/// The parameters of a graph that are not in its sub-graphs, in their order.
std::vector<Value*> parameters_of(const Graph& graph);

/// The floating-point constants and parameters of a graph and its sub-graphs, in their order.
std::vector<Value*> all_float_tensors(const Graph& graph);

/// Those of these names. Throws Error for a name that none has.
std::vector<Value*> find_parameters(const Graph& graph, const std::vector<std::string>& names);

/// The value that the graph delivers under a name; under an empty one the first output. Throws
/// Error for an unknown name and a graph without outputs.
Value* output_of(const Graph& graph, const std::string& name);

/// The tensors that training changes unless it is told otherwise, so that the outputs of these
/// names, or all floating-point ones, come near what they should be; see find_tensors.
std::vector<std::string> default_trainable(const Graph& graph,
                                           const std::vector<std::string>& judged = {});

/// Makes the tensors of these names parameters of the graph itself, wherever they are. Throws Error
/// for a name that no tensor has.
void make_parameters(Graph& graph, const std::vector<std::string>& names);

/// A copy of a model's graph as it was imported, made ready for differentiation: the trainable
/// tensors are its only parameters, and the training pipeline has been run.
std::shared_ptr<Graph> prepare_for_training(const Graph& model,
                                            const std::vector<std::string>& trainable);

/// Puts an input of the same name and type in the place of a parameter.
Value* turn_into_input(Graph& graph, Value& parameter);

}  // namespace gatefold
