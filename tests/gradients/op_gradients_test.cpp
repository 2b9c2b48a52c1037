#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "frontend/onnx_reader.h"
#include "passes/gradients/gradients.h"
#include "tests/gradients/gradient_check.h"
#include "tests/ops/op_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

/// Cases that say nothing about gradients, and why.
const std::map<std::string, std::string_view> kExcluded = {};

/// Inputs that say how to compute, not what; nothing flows into them.
const std::map<std::string_view, std::vector<std::size_t>> kSettings = {
    {"Dropout", {1}},
    {"Resize", {1, 2}},
};

bool has_rule(const std::unique_ptr<Node>& node) {
  const GradientRow* row = find_gradient(node->op());
  return row != nullptr && row->rule != nullptr;
}

bool is_known(const std::unique_ptr<Node>& node) {
  const GradientRow* row = find_gradient(node->op());
  return row != nullptr && (row->rule != nullptr || row->is_zero);
}

/// Cases of operators that have a rule.
std::vector<OpCase> differentiable_cases() {
  std::vector<OpCase> cases;
  for (OpCase& op_case : all_op_cases()) {
    if (kExcluded.count(op_case.name) > 0) continue;
    const Model model = parse_model(op_case.graph, op_case.name);
    const auto& nodes = model.graph->nodes();
    if (std::all_of(nodes.begin(), nodes.end(), is_known) &&
        std::any_of(nodes.begin(), nodes.end(), has_rule)) {
      cases.push_back(std::move(op_case));
    }
  }
  return cases;
}

std::vector<std::string> settings_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const auto& node : graph.nodes()) {
    const auto found = kSettings.find(node->op().name);
    if (found == kSettings.end()) continue;
    for (const std::size_t index : found->second) {
      if (node->input(index) != nullptr) names.push_back(node->input(index)->name());
    }
  }
  return names;
}

class OpGradients : public testing::TestWithParam<OpCase> {};

TEST_P(OpGradients, AgreeWithCentralDifferences) {
  const OpCase& op_case = GetParam();
  const Model model = parse_model(op_case.graph, op_case.name);
  const GradientCheck check =
      check_gradients(op_case.graph, inputs_of(op_case, *model.graph), settings_of(*model.graph));
  EXPECT_EQ(check.failures, "");
}

INSTANTIATE_TEST_SUITE_P(Ops, OpGradients, testing::ValuesIn(differentiable_cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace gatefold::test
