#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/executable.h"
#include "backend/kernels.h"
#include "frontend/onnx_reader.h"
#include "ir/evaluate.h"
#include "ir/op_def.h"
#include "tests/expect_near.h"
#include "tests/kernel_problem.h"

namespace gatefold::test {
namespace {

/// Whether a case is one node that oneDNN may take: of known extents, and of float32 where the case
/// gives no numbers.
bool is_kernel_case(const OpCase& op_case) {
  const Model model = parse_model(op_case.graph, op_case.name);
  if (model.graph->nodes().size() != 1) return false;
  const Node& node = *model.graph->nodes().front();
  if (!has_onednn_kernel(node.op())) return false;
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) != nullptr && !node.output(i)->type().is_static()) return false;
  }
  const auto& inputs = model.graph->inputs();
  return std::all_of(inputs.begin(), inputs.end(), [&](const Value* input) {
    const bool is_given = op_case.inputs.contains(input->name());
    return input->type().is_static() && (is_given || input->type().dtype == DataType::kFloat32);
  });
}

std::unique_ptr<Kernel> make_onednn_kernel(const KernelRequest& request) {
  KernelRequest own = request;
  own.kernels = KernelChoice::kOnednn;
  auto kernel = make_kernel(own);
  return kernel->implementation().starts_with("onednn") ? std::move(kernel) : nullptr;
}

/// A training case whose workspace is nobody's output, so that it may be oneDNN's.
OpCase with_hidden_workspace(OpCase op_case) {
  constexpr std::string_view kOutput = ", float[] workspace";
  const std::size_t place = op_case.graph.find(kOutput);
  if (place != std::string::npos) op_case.graph.erase(place, kOutput.size());
  return op_case;
}

/// Runs a training node and its gradient, and counts those that oneDNN computes.
void compare_training(const OpCase& op_case, std::map<std::string, int>& taken) {
  const Model model = parse_model(op_case.graph, op_case.name);
  const std::vector<Datum> inputs = inputs_of(op_case, *model.graph);
  Context context(
      std::make_shared<Executable>(model.graph, CompileOptions{.kernels = KernelChoice::kOnednn}));
  const std::span<const Datum> outputs = context.run(inputs);
  int count = 0;
  for (const StepProfile& step : context.profile()) {
    if (!step.implementation.starts_with("onednn") || !taken.contains(step.op)) continue;
    ++taken[step.op];
    ++count;
  }
  EXPECT_NE(count, 1) << "only one of the two is oneDNN's";
  expect_near(outputs, evaluate(*model.graph, inputs, Precision::kDouble), 2e-5);
}

TEST(OnednnKernels, AgreeWithOracle) {
  std::map<std::string, int> taken;
  for (const OpDef* op : all_ops()) {
    if (has_onednn_kernel(*op)) taken[std::string(op->name)] = 0;
  }
  for (const OpCase& op_case : all_op_cases()) {
    if (!is_kernel_case(op_case)) continue;
    SCOPED_TRACE(op_case.name);
    const KernelProblem problem(op_case);
    for (const bool are_constant : {false, true}) {
      const auto outputs = run_maker(problem, make_onednn_kernel, 1, are_constant);
      if (!outputs) continue;
      ++taken[std::string(problem.node().op().name)];
      expect_close(problem, *outputs);
    }
  }
  for (const OpCase& op_case : recurrent_training_cases()) {
    SCOPED_TRACE(op_case.name);
    compare_training(with_hidden_workspace(op_case), taken);
  }
  for (const auto& [op, cases] : taken) EXPECT_GT(cases, 0) << op << ": oneDNN took no case of it";
}

/// What computes each step of two dense layers with an activation and a softmax.
std::vector<std::string> implementations(KernelChoice kernels) {
  const Model model = parse_model(R"(<ir_version: 8, opset_import: ["" : 17]>
    g (float[64,128] x, float[128,64] w, float[64] b) => (float[64,64] y)
    {
      h = Gemm (x, w, b)
      a = Sigmoid (h)
      s = Softmax (a)
      y = Tanh (s)
    })");
  Context context(std::make_shared<Executable>(model.graph, CompileOptions{.kernels = kernels}));
  context.run(std::vector<Datum>{Tensor(DataType::kFloat32, {64, 128}),
                                 Tensor(DataType::kFloat32, {128, 64}),
                                 Tensor(DataType::kFloat32, {64})});
  std::vector<std::string> found;
  for (const StepProfile& step : context.profile()) found.push_back(step.implementation);
  return found;
}

TEST(KernelChoices, OnednnIsUsedWhereverItCan) {
  const auto found = implementations(KernelChoice::kOnednn);
  EXPECT_EQ(found.size(), 4U);
  for (const std::string& name : found) EXPECT_TRUE(name.starts_with("onednn")) << name;
}

TEST(KernelChoices, OwnKernelsAreUsedWhereverTheyCan) {
  for (const std::string& name : implementations(KernelChoice::kOwn)) {
    EXPECT_TRUE(name.starts_with("native")) << name;
  }
}

}  // namespace
}  // namespace gatefold::test
