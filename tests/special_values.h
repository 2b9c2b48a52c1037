#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend/kernel.h"
#include "backend/simd/instruction_sets.h"
#include "ir/graph.h"
#include "ir/tensor.h"

/// What the tests on NaN, infinities, zeros of either sign, subnormal, smallest and largest numbers
/// share.
namespace gatefold::test {

/// How many special numbers there are of an element type.
std::int64_t special_count(DataType dtype);

/// How the inputs of a run are filled.
struct Filling {
  double greatest = 0;    ///< The largest finite magnitude.
  double smallest = 0;    ///< The least one besides 0.
  std::int64_t rows = 0;  ///< Extent of the axis of inputs that counts rows; 0 without one.
  std::size_t run = 0;
  bool divides = false;  ///< Input 1 holds no integer 0.
};

/// Input number `input` of a node. Without rows its elements are the special numbers in turn, from
/// another one on in each run and input: 17 runs put each to every place. With rows each row holds
/// one special number among ordinary ones, at every position in its time, some rows two, the last
/// ones nothing else; an input without such an axis is ordinary. An input named "i" is zero.
Tensor filled(const Type& type, const std::string& name, std::size_t input, const Filling& filling);

/// What decides whether two results are the same: NaN and infinities equal themselves, numbers are
/// within tolerance * max(1, |wanted|).
struct Sameness {
  double tolerance = 0;
  bool is_zero_unsigned = false;  ///< Whether 0 and -0 are the same.

  bool operator()(double actual, double wanted) const;
};

/// The flat position of the first difference, or -1.
std::int64_t first_difference(const Tensor& actual, const Tensor& wanted, const Sameness& same);

/// The only node of a graph, with inputs for it and its kernel for each instruction set.
class SpecialProblem {
 public:
  /// With `are_constant` the kernels know every input but the first one beforehand.
  SpecialProblem(const Graph& graph, MakeKernel make, std::vector<Tensor> inputs, bool are_constant,
                 const std::vector<native::InstructionSet>& sets);
  SpecialProblem(const SpecialProblem&) = delete;
  SpecialProblem& operator=(const SpecialProblem&) = delete;

  /// Whether something else than the operator's definition runs.
  bool has_own_kernel() const;
  std::vector<Tensor>& inputs() { return inputs_; }
  /// Compares every kernel with the definition; a text on the first difference, or "".
  std::string compare(const Sameness& same);

 private:
  void add_input(std::size_t i, bool are_constant);
  void run(std::size_t set);

  const Graph& graph_;
  const Node& node_;
  const std::vector<native::InstructionSet>& sets_;
  std::vector<Tensor> inputs_;
  std::map<const Value*, const Tensor*> given_;
  std::vector<const Type*> types_;
  std::vector<const Tensor*> constants_;
  std::vector<const void*> pointers_;
  std::vector<Type> output_types_;
  std::vector<Tensor> outputs_;
  std::vector<std::unique_ptr<PackedWeights>> packed_;  // Their form depends on the set.
  std::vector<std::unique_ptr<Kernel>> kernels_;
  std::vector<Tensor> scratch_;
};

/// `text` with every `mark` replaced.
std::string with(std::string text, const std::string& mark, const std::string& replacement);

}  // namespace gatefold::test
