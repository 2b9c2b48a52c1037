#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend/kernel.h"

namespace gatefold {

/// Changes made-up inputs (one per input of the node, all zero; undefined where it is missing or a
/// constant) to numbers that the operator takes.
using PrepareInputs = std::function<void(std::vector<Tensor>& inputs)>;

/// While one of these lives, comparisons keep the memory in which they run kernels for those that
/// follow, as memory that is new to the process is slow.
class TrialScope {
 public:
  TrialScope();
  ~TrialScope();
  TrialScope(const TrialScope&) = delete;
  TrialScope& operator=(const TrialScope&) = delete;
};

/// One way to compute a node.
struct Candidate {
  MakeKernel make = nullptr;
  bool saves_products = false;  ///< Does with fewer multiply-adds than the operator's formula.
};

/// A node with smaller extents, so that trying its kernels takes little time and memory.
class SmallerRequest {
 public:
  explicit SmallerRequest(const KernelRequest& request);
  SmallerRequest(const SmallerRequest&) = delete;
  SmallerRequest& operator=(const SmallerRequest&) = delete;

  void set_input(std::size_t index, Type type);
  void set_output(std::size_t index, Type type) { outputs_[index] = std::move(type); }
  const KernelRequest& request() const { return request_; }

 private:
  std::vector<Type> types_;  ///< Of the inputs that were set.
  std::vector<const Type*> inputs_;
  std::vector<Type> outputs_;
  KernelRequest request_;
};

/// What candidates are compared on.
struct Comparison {
  const KernelRequest&
      sample;                 ///< The node with its shapes, or with smaller ones that tell enough.
  std::string key;            ///< Equal keys must mean equal work, by its order of magnitude.
  std::int64_t products = 0;  ///< Multiply-adds of the operator's formula for the sample.
  PrepareInputs prepare = {};
};

/// The number of the candidate whose kernel runs fastest. The first time that a comparison's key is
/// met in this process, the candidates' kernels are run on made-up inputs: a few times, or only
/// once or twice where that takes long. A later candidate must be clearly faster than the ones
/// before it. It is not tried where these already do the formula's multiply-adds about as fast as
/// the machine can, unless it saves some. Candidates that make no kernel are passed over.
std::size_t find_fastest(std::span<const Candidate> candidates, const Comparison& comparison);

/// A kernel from the fastest candidate; nullptr when none makes one.
std::unique_ptr<Kernel> make_fastest(const KernelRequest& request,
                                     std::span<const Candidate> candidates,
                                     const Comparison& comparison);

}  // namespace gatefold
