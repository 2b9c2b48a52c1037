#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/evaluate.h"
#include "ir/print.h"
#include "passes/pipeline.h"
#include "tests/attribute_variants.h"
#include "tests/ops/op_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

void expect_close(const Tensor& actual, const Tensor& expected, double tolerance,
                  const std::string& what) {
  ASSERT_EQ(actual.dims(), expected.dims()) << what;
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    const double a = actual.number_at(i);
    const double b = expected.number_at(i);
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    // The maximum of nothing is the lowest number of the type.
    if (b == std::numeric_limits<double>::lowest()) continue;
    ASSERT_LE(std::abs(a - b), tolerance * (1 + std::abs(b)))
        << what << " of shape " << to_string(actual.dims()) << " at flat index " << i << ": " << a
        << " but the oracle says " << b;
  }
}

// A datum fits a type when everything that the type says about it is so.
void expect_fits(const Tensor& tensor, const Type& type, const std::string& what) {
  EXPECT_EQ(tensor.dtype(), type.dtype) << what << ": inferred " << to_string(type);
  if (!type.has_rank()) return;
  ASSERT_EQ(tensor.rank(), type.rank()) << what << ": inferred " << to_string(type);
  for (std::size_t i = 0; i < type.shape->size(); ++i) {
    const Dim& dim = (*type.shape)[i];
    EXPECT_TRUE(!dim.is_known() || dim.is(tensor.dims()[i]))
        << what << " has shape " << to_string(tensor.dims()) << ": inferred " << to_string(type);
  }
}

// Types hold, and the kernels agree with what the oracle made of the inputs.
void expect_kernels_same(const std::shared_ptr<Graph>& compiled, KernelChoice kernels,
                         const std::vector<Datum>& inputs, const std::vector<Datum>& oracle,
                         double tolerance) {
  const Graph& graph = *compiled;
  Context context(std::make_shared<Executable>(compiled, CompileOptions{.kernels = kernels}));
  context.run(inputs);
  const auto actual = context.run(inputs);
  ASSERT_EQ(actual.size(), oracle.size());
  for (std::size_t i = 0; i < oracle.size(); ++i) {
    const std::string what = "output '" + graph.outputs()[i].name + "'";
    ASSERT_EQ(actual[i].index(), oracle[i].index()) << what;
    if (!std::holds_alternative<Tensor>(actual[i])) continue;
    const auto& tensor = std::get<Tensor>(actual[i]);
    expect_fits(tensor, graph.outputs()[i].value->type(), what);
    expect_close(tensor, std::get<Tensor>(oracle[i]), tolerance, what);
  }
}

// The same of all kernels, and the evaluator agrees with the oracle.
void expect_same(const std::shared_ptr<Graph>& compiled, const std::vector<Datum>& inputs,
                 const std::vector<Datum>& oracle, double tolerance) {
  const std::vector<Datum> native = evaluate(*compiled, inputs);
  for (std::size_t i = 0; i < oracle.size(); ++i) {
    if (!std::holds_alternative<Tensor>(native[i])) continue;
    expect_close(std::get<Tensor>(native[i]), std::get<Tensor>(oracle[i]), tolerance,
                 "output '" + compiled->outputs()[i].name + "' evaluated");
  }
  {
    SCOPED_TRACE("the fastest kernels");
    expect_kernels_same(compiled, KernelChoice::kFastest, inputs, oracle, tolerance);
  }
  SCOPED_TRACE("oneDNN's kernels");
  expect_kernels_same(compiled, KernelChoice::kOnednn, inputs, oracle, tolerance);
}

class OpSuite : public testing::TestWithParam<OpCase> {};

TEST_P(OpSuite, InferredTypesHoldAndKernelAgreesWithOracle) {
  const OpCase& op_case = GetParam();
  const Model model = parse_model(op_case.graph, op_case.name);
  const std::vector<Datum> inputs = inputs_of(op_case, *model.graph);
  expect_same(model.graph, inputs, evaluate(*model.graph, inputs, Precision::kDouble),
              op_case.tolerance);
}

// The graph with one of its outputs alone; nothing else that its nodes deliver is kept.
std::shared_ptr<Graph> with_one_output(const Graph& whole, std::size_t index) {
  std::shared_ptr<Graph> graph = whole.clone();
  for (std::size_t i = graph->outputs().size(); i-- > 0;) {
    if (i != index) graph->erase_output(i);
  }
  run_passes(*graph, "remove-dead");
  return graph;
}

TEST_P(OpSuite, EachOutputCanBeWantedAlone) {
  const OpCase& op_case = GetParam();
  const Model model = parse_model(op_case.graph, op_case.name);
  const std::vector<Datum> inputs = inputs_of(op_case, *model.graph);
  const std::vector<Datum> oracle = evaluate(*model.graph, inputs, Precision::kDouble);
  for (std::size_t i = 0; oracle.size() > 1 && i < oracle.size(); ++i) {
    expect_same(with_one_output(*model.graph, i), inputs, {oracle[i]}, op_case.tolerance);
  }
}

// Bound on the error of variants. Recurrences with activations that grow lose digits step by step.
constexpr double kVariantTolerance = 1e-3;

void check_variant(const OpCase& op_case, std::uint64_t seed, VariantCoverage& coverage) {
  const Model model = parse_model(op_case.graph, op_case.name);
  const std::vector<std::string> changed = vary_attributes(*model.graph, seed);
  if (changed.empty()) return;
  SCOPED_TRACE(op_case.name + " with other attributes:\n" + print(*model.graph));
  const std::vector<Datum> inputs = inputs_of(op_case, *model.graph);
  std::vector<Datum> oracle;
  try {
    oracle = evaluate(*model.graph, inputs, Precision::kDouble);
  } catch (const Error&) {
    return coverage.add_refused();
  }
  coverage.add_compared(changed);
  EXPECT_NO_THROW(expect_same(model.graph, inputs, oracle, kVariantTolerance));
}

TEST(OpVariants, TypesHoldAndKernelsAgreeWithOracle) {
  constexpr std::uint64_t kVariants = 6;
  VariantCoverage coverage;
  for (const OpCase& op_case : all_op_cases()) {
    coverage.add_case();
    for (std::uint64_t seed = 1; seed <= kVariants; ++seed) check_variant(op_case, seed, coverage);
  }
  coverage.report();
  EXPECT_EQ(coverage.missing(), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Ops, OpSuite, testing::ValuesIn(all_op_cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace

// Keeps a failing case's report short.
// NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const OpCase& op_case, std::ostream* stream) { *stream << op_case.graph; }

}  // namespace gatefold::test
