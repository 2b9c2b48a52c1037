#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/evaluate.h"
#include "ir/print.h"
#include "passes/gradients/gradients.h"
#include "tests/attribute_variants.h"
#include "tests/gradients/gradient_check.h"
#include "tests/ops/op_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

/// Cases that say nothing about gradients, and why.
const std::map<std::string, std::string_view> kExcluded = {
    {"LpNormalizationOfZeros", "the norm has a kink where all elements are zero"},
    {"MaxUnpoolStatedShape", "the gradient is refused"},
    {"ScatterElementsMax", "the gradient is refused"},
    {"ScatterNDMul", "the gradient is refused"},
};

/// Cases in which a gradient needs extents that are stated, and why.
const std::map<std::string, std::string_view> kExcludedWhenOpen = {
    {"LoopNever", "nothing tells the extents of what a loop that never runs would stack"},
    {"ResizeKeepsAspectRatio", "the gradient is refused"},
};

/// Inputs that say how to compute, not what; nothing flows into them.
const std::map<std::string_view, std::vector<std::size_t>> kSettings = {
    {"Dropout", {1}},
    {"NegativeLogLikelihoodLoss", {2}},
    {"Resize", {1, 2}},
    {"SoftmaxCrossEntropyLoss", {2}},
};

bool has_rule(const std::unique_ptr<Node>& node) {
  const GradientEntry* row = find_gradient(node->op());
  return row != nullptr && row->rule != nullptr;
}

bool is_known(const std::unique_ptr<Node>& node) {
  const GradientEntry* row = find_gradient(node->op());
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

GradientCheck check(const OpCase& op_case, InputShapes shapes = InputShapes::kStated) {
  const Model model = parse_model(op_case.graph, op_case.name);
  return check_gradients(op_case.graph, inputs_of(op_case, *model.graph), settings_of(*model.graph),
                         shapes);
}

class OpGradients : public testing::TestWithParam<OpCase> {};

TEST_P(OpGradients, AgreeWithCentralDifferences) { EXPECT_EQ(check(GetParam()).failures, ""); }

// Whatever a rule needs of extents that are known at run time only it computes then.
TEST_P(OpGradients, AgreeWithCentralDifferencesForOpenExtents) {
  if (kExcludedWhenOpen.count(GetParam().name) > 0) return;
  EXPECT_EQ(check(GetParam(), InputShapes::kRanks).failures, "");
}

// Where a rank is not known either a rule does what it can, or says that it needs one.
TEST_P(OpGradients, AgreeWithCentralDifferencesForOpenRanks) {
  if (kExcludedWhenOpen.count(GetParam().name) > 0) return;
  for (const InputShapes shapes : {InputShapes::kAllButOne, InputShapes::kNone}) {
    try {
      EXPECT_EQ(check(GetParam(), shapes).failures, "");
    } catch (const Error& error) {
      EXPECT_NE(std::string_view(error.what()).find(" cannot be differentiated: the rank of"),
                std::string_view::npos)
          << error.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, OpGradients, testing::ValuesIn(differentiable_cases()),
                         [](const auto& info) { return info.param.name; });

void check_variant(const OpCase& op_case, std::uint64_t seed, VariantCoverage& coverage) {
  const Model model = parse_model(op_case.graph, op_case.name);
  const Graph& graph = *model.graph;
  const std::vector<std::string> changed = vary_attributes(*model.graph, seed);
  if (changed.empty()) return;
  const std::vector<Datum> inputs = inputs_of(op_case, graph);
  try {
    evaluate(graph, inputs, Precision::kDouble);
  } catch (const Error&) {
    return coverage.add_refused();
  }
  const std::string what = op_case.name + " with other attributes:\n" + print(graph);
  try {
    EXPECT_EQ(check_gradients(graph, inputs, settings_of(graph)).failures, "") << what;
    coverage.add_compared(changed);
  } catch (const Error& error) {
    coverage.add_refused();
    const std::string message = error.what();
    const bool is_refusal = message.find("cannot be differentiated") != std::string::npos ||
                            message.find("is not defined") != std::string::npos;
    EXPECT_TRUE(is_refusal) << message << "\n" << what;
  }
}

TEST(OpGradients, AgreeWithCentralDifferencesForOtherAttributes) {
  constexpr std::uint64_t kVariants = 2;
  VariantCoverage coverage;
  for (const OpCase& op_case : differentiable_cases()) {
    coverage.add_case();
    for (std::uint64_t seed = 1; seed <= kVariants; ++seed) check_variant(op_case, seed, coverage);
  }
  coverage.report();
}

// A rule that gives zeros, or has no case, would pass every comparison.
TEST(OpGradients, SomeGradientOfEveryRuleIsNotZero) {
  std::set<std::string_view> seen;
  for (const OpCase& op_case : differentiable_cases()) {
    const Model model = parse_model(op_case.graph, op_case.name);
    std::set<std::string_view> ops;
    for (const auto& node : model.graph->nodes()) ops.insert(node->op().name);
    if (std::includes(seen.begin(), seen.end(), ops.begin(), ops.end())) continue;
    if (check(op_case).has_nonzero) seen.insert(ops.begin(), ops.end());
  }
  for (const OpDef* op : all_ops()) {
    const GradientEntry* row = find_gradient(*op);
    if (row == nullptr || row->rule == nullptr || !op->domain.empty()) continue;
    EXPECT_TRUE(seen.count(op->name) > 0)
        << "op '" << op->name << "': no case of tests/ops has a gradient that is not zero; add one";
  }
}

}  // namespace
}  // namespace gatefold::test
