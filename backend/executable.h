#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/kernel_choice.h"
#include "backend/product_precision.h"
#include "ir/graph.h"

namespace gatefold {

/// An input, by its number in the graph, that takes the value of an output when a run is done.
struct StateUpdate {
  std::size_t input = 0;
  std::size_t output = 0;
};

/// How to prepare a graph for running.
struct CompileOptions {
  int threads = 1;  ///< Number of OpenMP threads for one run.
  ProductPrecision products = ProductPrecision::kFloat32;
  /// States that a run changes: it writes the output into the input's memory, without a copy if
  /// possible. Do not read such an output in the result.
  std::vector<StateUpdate> updates = {};
  /// Outputs, by number; a run changes states only if all of these are finite.
  std::vector<std::size_t> checks = {};
  /// Choose kernels by rule, never by measuring: the same graph gives the same bits on the same
  /// kind of machine with the same number of threads. Always on if states are updated.
  bool reproducible = false;
  /// Whose kernels are used where there are several.
  KernelChoice kernels = KernelChoice::kFastest;
  /// Bytes, approximately, that a Context may keep in plans for shapes seen before; the plan in use
  /// is always kept.
  std::size_t most_plan_bytes = std::size_t{256} << 20;
};

class PreparedGraph;

/// A graph that is ready to run. It is immutable; any number of threads may run it, each with its
/// own Context.
class Executable {
 public:
  /// Prepares the graph. Throws Error when it holds something that cannot be executed, and when the
  /// machine lacks the precision of products.
  explicit Executable(std::shared_ptr<const Graph> graph, CompileOptions options = {});
  ~Executable();

  const Graph& graph() const;
  const CompileOptions& options() const;
  /// Returns what plans are made from; for the backend.
  const PreparedGraph& prepared() const { return *prepared_; }

 private:
  std::unique_ptr<const PreparedGraph> prepared_;
};

/// A node and the types of its inputs and outputs; the element type is undefined for unused ones.
struct TypedNode {
  const Node* node = nullptr;
  std::vector<Type> inputs;
  std::vector<Type> outputs;
};

/// How long the runs of a step took.
struct StepTime {
  double seconds = 0;  ///< Of all runs together.
  double least = 0;    ///< Of the fastest run.
  std::int64_t runs = 0;

  /// Adds a run.
  void add(double duration) {
    seconds += duration;
    least = runs == 0 ? duration : std::min(least, duration);
    ++runs;
  }
};

/// The measurements of one step of a plan.
struct StepProfile {
  std::string op;  ///< "Conv"; operators computed in one pass are joined, as in "Mul+Tanh".
  std::string implementation;
  StepTime time;
  /// Arithmetic that no kernel takes: the operator's plain loops compute it.
  bool lacks_kernel = false;
  /// The nodes of the graph that it computes, and the types of the tensors that it reads and
  /// writes; empty if they depend on data.
  std::vector<TypedNode> nodes = {};
  std::vector<Type> reads = {};
  std::vector<Type> writes = {};
};

/// What one thread needs to run an Executable: plans for the input shapes seen so far, and their
/// memory.
class Context {
 public:
  explicit Context(std::shared_ptr<const Executable> executable);
  ~Context();
  Context(Context&&) noexcept;

  /// Runs the graph on one datum per graph input, in order. The first run with new input shapes
  /// makes a plan; later ones allocate nothing. The result has one datum per graph output and is
  /// overwritten by the next run.
  ///
  /// `memory`, if given, has one entry per graph output. An output is delivered in the memory of
  /// its entry if that is a tensor of its type and shape; it must not overlap an input. The entry
  /// of an output that updates a state must be the tensor of that state's input.
  ///
  /// Throws Error for an input of a wrong type or shape, and for data that an operator refuses.
  std::span<const Datum> run(std::span<const Datum> inputs, std::span<Tensor> memory = {});

  /// Starts or stops measuring each step, which costs two clock readings per step.
  void set_profiling(bool enabled);
  /// Returns the measured steps, in order of execution.
  std::vector<StepProfile> profile() const;
  /// Returns about how many bytes the plans and their arena take.
  std::size_t plan_bytes() const;

 private:
  std::shared_ptr<const Executable> executable_;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gatefold
