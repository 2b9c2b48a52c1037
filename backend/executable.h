#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "backend/packed_weights.h"
#include "backend/product_precision.h"
#include "ir/graph.h"

namespace gatefold {

/// An input, by its number among the graph's, that takes the place of an output when a run is done.
struct StateUpdate {
  std::size_t input = 0;
  std::size_t output = 0;
};

struct CompileOptions {
  int threads = 1;  ///< OpenMP threads of one run.
  ProductPrecision products = ProductPrecision::kFloat32;
  /// States that a run changes: it writes the output into the input's memory, without a copy where
  /// it can, and the output in its result is not to be read.
  std::vector<StateUpdate> updates = {};
  /// Outputs, by number, that must be finite for any state to be changed.
  std::vector<std::size_t> checks = {};
};

/// A graph ready to run. Immutable; any number of threads may run it, each with its own Context.
class Executable {
 public:
  /// Throws Error when the graph holds something that cannot be executed, or when the machine does
  /// not have the precision of products.
  explicit Executable(std::shared_ptr<const Graph> graph, CompileOptions options = {});

  const Graph& graph() const { return *graph_; }
  const CompileOptions& options() const { return options_; }
  PackedWeights& packed() const { return packed_; }
  /// The nodes of the graph, or of a sub-graph in it, that some output needs and whose result is
  /// not known, in order.
  const std::vector<const Node*>& nodes_of(const Graph& graph) const { return nodes_.at(&graph); }
  /// What the sub-graphs of a node read from around them; see captured_values.
  const std::vector<Value*>& captured(const Node& node) const;
  /// The numbers of a value that depends on constants and parameters only; else nullptr.
  const Tensor* known(const Value* value) const;

 private:
  void find_known(const Graph& graph);
  void find_needed_nodes(const Graph& graph);

  std::shared_ptr<const Graph> graph_;
  std::unordered_map<const Value*, Tensor> known_;
  std::unordered_map<const Graph*, std::vector<const Node*>> nodes_;
  std::unordered_map<const Node*, std::vector<Value*>> captured_;
  CompileOptions options_;
  mutable PackedWeights packed_;
};

/// A node and the types of its inputs and outputs; no element type where one is not used.
struct TypedNode {
  const Node* node = nullptr;
  std::vector<Type> inputs;
  std::vector<Type> outputs;
};

/// How long the runs of a step took.
struct StepTime {
  double seconds = 0;  ///< All of them together.
  double least = 0;    ///< The fastest one.
  std::int64_t runs = 0;

  void add(double duration) {
    seconds += duration;
    least = runs == 0 ? duration : std::min(least, duration);
    ++runs;
  }
};

/// What is known of one step of a plan.
struct StepProfile {
  std::string op;  ///< "Conv"; several that are computed in one pass are joined, as "Mul+Tanh".
  std::string implementation;
  StepTime time;
  /// What it computes, nodes of the Context's graph, and the tensors it reads and writes for that.
  /// Empty where that depends on data.
  std::vector<TypedNode> nodes = {};
  std::vector<Type> reads = {};
  std::vector<Type> writes = {};
};

/// One thread's state for running an Executable: the plans made for the input shapes seen so far,
/// and their memory.
class Context {
 public:
  explicit Context(std::shared_ptr<const Executable> executable);
  ~Context();
  Context(Context&&) noexcept;

  /// Runs the graph on one datum per graph input, in order. The first run with new input shapes
  /// makes a plan; later ones allocate nothing. The result has one datum per graph output and is
  /// overwritten by the next run. Throws Error: an input of a wrong type or shape, data that an
  /// operator refuses.
  std::span<const Datum> run(std::span<const Datum> inputs);
  /// The same, with the caller's memory for outputs: where `memory[i]` is defined and has the type
  /// and shape of output i, the output is delivered in it. It must not overlap an input.
  std::span<const Datum> run(std::span<const Datum> inputs, std::span<const Tensor> memory);

  /// Starts (or stops) measuring each step; costs two clock readings a step.
  void set_profiling(bool enabled);
  /// The measured steps, in order of execution.
  std::vector<StepProfile> profile() const;

 private:
  std::shared_ptr<const Executable> executable_;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gatefold
