#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

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
  /// Choose kernels by rule, never by measuring: the same graph gives the same bits on the same
  /// kind of machine with the same number of threads. Always so where states are updated.
  bool reproducible = false;
  /// About how much memory a Context may keep for plans of shapes it has seen; the plan in use is
  /// kept whatever it takes.
  std::size_t most_plan_bytes = std::size_t{256} << 20;
};

class PreparedGraph;

/// A graph ready to run. Immutable; any number of threads may run it, each with its own Context.
class Executable {
 public:
  /// Throws Error when the graph holds something that cannot be executed, or when the machine does
  /// not have the precision of products.
  explicit Executable(std::shared_ptr<const Graph> graph, CompileOptions options = {});
  ~Executable();

  const Graph& graph() const;
  const CompileOptions& options() const;
  /// What plans are made from; for the backend.
  const PreparedGraph& prepared() const { return *prepared_; }

 private:
  std::unique_ptr<const PreparedGraph> prepared_;
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
  /// overwritten by the next run.
  ///
  /// `memory`, where it is given, has one entry per graph output. An output is delivered in the
  /// memory of its entry when that is a tensor of its type and shape; it must not overlap an input.
  /// The entry of an output that updates a state must be the tensor of that state's input.
  ///
  /// Throws Error: an input of a wrong type or shape, data that an operator refuses.
  std::span<const Datum> run(std::span<const Datum> inputs, std::span<Tensor> memory = {});

  /// Starts (or stops) measuring each step; costs two clock readings a step.
  void set_profiling(bool enabled);
  /// The measured steps, in order of execution.
  std::vector<StepProfile> profile() const;
  /// About how much memory plans and their arena take.
  std::size_t plan_bytes() const;

 private:
  std::shared_ptr<const Executable> executable_;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gatefold
