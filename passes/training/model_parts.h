#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ir/graph.h"

/// The parts of a model that training refers to.
namespace gatefold {

/// Returns the parameters of a graph, without those of its sub-graphs, in their order.
std::vector<Value*> parameters_of(const Graph& graph);

/// Returns the floating-point constants and parameters of a graph and its sub-graphs, in their
/// order.
std::vector<Value*> all_float_tensors(const Graph& graph);

/// Returns the parameters of these names. Throws Error for a name that none has.
std::vector<Value*> find_parameters(const Graph& graph, const std::vector<std::string>& names);

/// Returns the inputs of these names. Throws Error for a name that none has.
std::vector<Value*> find_inputs(const Graph& graph, const std::vector<std::string>& names);

/// Returns the output of that name, or the first output for an empty name. Throws Error for an
/// unknown name and for a graph without outputs.
Value* output_of(const Graph& graph, const std::string& name);

/// Returns the tensors that training changes by default when the outputs of these names, or all
/// floating-point outputs, are judged; see find_tensors.
std::vector<std::string> default_trainable(const Graph& graph,
                                           const std::vector<std::string>& judged = {});

/// Turns the tensors of these names, wherever they are, into parameters of the graph itself. Throws
/// Error for a name that no tensor has.
void make_parameters(Graph& graph, const std::vector<std::string>& names);

/// Copies a model's graph as it was imported and prepares the copy for differentiation: makes the
/// trainable tensors its only parameters, and runs the training pipeline.
std::shared_ptr<Graph> prepare_for_training(const Graph& model,
                                            const std::vector<std::string>& trainable);

/// Replaces a parameter by an input of the same name and type, and returns the input.
Value* turn_into_input(Graph& graph, Value& parameter);

}  // namespace gatefold
