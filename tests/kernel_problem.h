#pragma once

#include <map>
#include <optional>
#include <vector>

#include "backend/kernel.h"
#include "ir/graph.h"
#include "tests/ops/op_case.h"

namespace gatefold::test {

/// An op case of one node, with random numbers for the inputs it does not give and the oracle's
/// outputs.
struct KernelProblem {
  explicit KernelProblem(const OpCase& op_case);
  const Node& node() const { return *model.graph->nodes().front(); }

  Model model;
  std::map<const Value*, Tensor> inputs;
  std::vector<Datum> expected;
};

/// Runs one maker's kernel on the problem; nothing where the maker declines. With `are_constant`
/// the kernel knows every input but the first one beforehand.
std::optional<std::vector<Tensor>> run_maker(const KernelProblem& problem, MakeKernel make,
                                             int threads, bool are_constant);

/// Compares the node's outputs with the oracle's.
void expect_close(const KernelProblem& problem, const std::vector<Tensor>& outputs,
                  double tolerance = 1e-5);

}  // namespace gatefold::test
