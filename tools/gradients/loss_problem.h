#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}

namespace gatefold::tools {

/// What the commands that look at gradients are told alike.
struct LossProblemOptions {
  std::filesystem::path model = {};
  std::filesystem::path spec = {};  ///< As `train` takes it; empty: none.
  std::string loss = {};            ///< Overrides the spec's.
  std::filesystem::path data = {};  ///< .npz; empty: none.
  std::int64_t data_step = 0;       ///< Of arrays with a leading axis of steps.
  std::vector<std::string> dims = {};
  std::vector<std::string> values = {};
  std::uint64_t seed = 0;
  int threads = 1;

  bool differentiate_inputs = false;
  bool make_up_data = false;  ///< Draw what the data do not give; else it is missing.
};

/// Declares MODEL, --spec, --loss, --data, --dim, --value, --seed and --threads.
void add_loss_problem_options(CLI::App& parser, LossProblemOptions& options);

/// A loss, its gradients, and numbers to compute them for.
struct LossProblem {
  struct Variable {
    std::string name;
    bool is_parameter;
    std::size_t input;  ///< Number of the graphs' input that takes it.
  };

  std::shared_ptr<Graph> loss;       ///< See build_loss.
  std::shared_ptr<Graph> gradients;  ///< See build_loss_gradients.
  std::vector<Variable> variables;   ///< In the order of the gradients, which begin at output 1.
  std::vector<Tensor> data;          ///< One per input of either graph.
};

/// Throws Error: a file that cannot be read, an array that does not fit, an input without data, a
/// model that cannot be differentiated.
LossProblem read_loss_problem(const LossProblemOptions& options);

}  // namespace gatefold::tools
