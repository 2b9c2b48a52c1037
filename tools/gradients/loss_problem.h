#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace gatefold::tools {

class OptionParser;

/// The options that the commands for gradients share.
struct LossProblemOptions {
  std::filesystem::path model = {};  ///< A model, or the folder of a project.
  std::filesystem::path spec = {};   ///< In the form of `train --spec`; empty: none.
  std::string loss = {};             ///< Overrides the spec's.
  std::filesystem::path data = {};   ///< .npz; empty: none.
  std::int64_t data_step = 0;        ///< Entry to use of arrays with a leading axis of steps.
  std::vector<std::string> dims = {};
  std::vector<std::string> values = {};
  std::uint64_t seed = 0;
  int threads = 1;

  bool differentiate_inputs = false;
  bool make_up_data = false;  ///< Draw inputs without data at random; else refuse.
};

/// Declares --spec, --loss, --data, --dim, --value, --seed and --threads.
void add_loss_problem_options(OptionParser& parser, LossProblemOptions& options);

/// Declares --loss.
void add_loss_option(OptionParser& parser, std::string& loss);

/// Returns the names of the graph's floating-point inputs.
std::vector<std::string> float_inputs(const Graph& graph);

/// A loss, its gradients, and the numbers for which to compute them.
struct LossProblem {
  struct Variable {
    std::string name;
    bool is_parameter;
    std::size_t input;  ///< Number of the graphs' input that takes it.
  };

  std::shared_ptr<Graph> loss;       ///< See build_loss.
  std::shared_ptr<Graph> gradients;  ///< See build_loss_gradients.
  std::vector<Variable> variables;   ///< In the order of the gradients, which begin at output 1.
  std::vector<Datum> data;           ///< One per input of either graph.
};

/// Reads the model and the data, and builds the graphs. Of a project that is its newest model, how
/// to train, and the data to train on, as far as the options do not say otherwise. Throws Error for
/// a file that cannot be read, an array that does not fit, an input without data, a model that
/// cannot be differentiated, and a project whose batches are made while it is trained.
LossProblem read_loss_problem(const LossProblemOptions& options);

}  // namespace gatefold::tools
