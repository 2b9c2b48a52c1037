#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/evaluate.h"
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

class OpSuite : public testing::TestWithParam<OpCase> {};

TEST_P(OpSuite, InferredTypesHoldAndKernelAgreesWithOracle) {
  const OpCase& op_case = GetParam();
  const Model model = parse_model(op_case.graph, op_case.name);
  const Graph& graph = *model.graph;
  const std::vector<Datum> inputs = inputs_of(op_case, graph);
  const std::vector<Datum> oracle = evaluate(graph, inputs, Precision::kDouble);
  const std::vector<Datum> native = evaluate(graph, inputs);
  Context context(std::make_shared<Executable>(model.graph));
  context.run(inputs);
  const auto actual = context.run(inputs);
  ASSERT_EQ(actual.size(), oracle.size());
  for (std::size_t i = 0; i < oracle.size(); ++i) {
    const std::string what = "output '" + graph.outputs()[i].name + "'";
    ASSERT_EQ(actual[i].index(), oracle[i].index()) << what;
    if (!std::holds_alternative<Tensor>(actual[i])) continue;
    const auto& tensor = std::get<Tensor>(actual[i]);
    expect_fits(tensor, graph.outputs()[i].value->type(), what);
    expect_close(tensor, std::get<Tensor>(oracle[i]), op_case.tolerance, what);
    expect_close(std::get<Tensor>(native[i]), std::get<Tensor>(oracle[i]), op_case.tolerance,
                 what + " evaluated");
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, OpSuite, testing::ValuesIn(all_op_cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace

// Keeps a failing case's report short.
// NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const OpCase& op_case, std::ostream* stream) { *stream << op_case.graph; }

}  // namespace gatefold::test
