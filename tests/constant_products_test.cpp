#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <tuple>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "ir/evaluate.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

/// Products of few rows with a constant that is too large for a core's cache.
constexpr const char* kConstant = R"(
    first = Constant <value = float {0.0}> ()
    end = Constant <value = float {300000.0}> ()
    step = Constant <value = float {1.0}> ()
    numbers = Range (first, end, step)
    waves = Sin (numbers)
    dims = Constant <value = int64[2] {300, 1000}> ()
    w = Reshape (waves, dims)
  )";

struct ProductCase {
  const char* name;
  const char* graph;
};

constexpr ProductCase kCases[] = {
    {"MatMul", "g (float[7, 300] x) => (float[7, 1000] y) { y = MatMul (x, w)"},
    {"MatMulOfRowsInABatch", "g (float[2, 5, 300] x) => (float[2, 5, 1000] y) { y = MatMul (x, w)"},
    {"GemmOfColumns",
     "g (float[300, 32] x, float[1000] c) => (float[32, 1000] y) {"
     " y = Gemm <transA = 1, alpha = 0.5, beta = 2.0> (x, w, c)"},
    {"OneRowTooMany", "g (float[33, 300] x) => (float[33, 1000] y) { y = MatMul (x, w)"},
};

class ConstantProducts : public testing::TestWithParam<std::tuple<ProductCase, int>> {};

TEST_P(ConstantProducts, AreRight) {
  const auto& [product, threads] = GetParam();
  const std::string graph = product.graph;
  const std::size_t body = graph.find('{') + 1;
  const Model model = parse_model(graph.substr(0, body) + kConstant + graph.substr(body) + "}");
  std::vector<Datum> inputs;
  for (const Value* input : model.graph->inputs()) {
    inputs.emplace_back(random_tensor(input->type(), inputs.size() + 1));
  }
  Context context(std::make_shared<Executable>(model.graph, CompileOptions{.threads = threads}));
  const auto& actual = std::get<Tensor>(context.run(inputs)[0]);
  const auto oracle = evaluate(*model.graph, inputs, Precision::kDouble);
  const auto& expected = std::get<Tensor>(oracle[0]);
  ASSERT_EQ(actual.dims(), expected.dims());
  for (std::int64_t i = 0; i < expected.size(); ++i) {
    const double wanted = expected.number_at(i);
    ASSERT_NEAR(actual.number_at(i), wanted, 1e-4 * (1 + std::abs(wanted))) << "element " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, ConstantProducts,
                         testing::Combine(testing::ValuesIn(kCases), testing::Values(1, 2)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) + "On" +
                                  std::to_string(std::get<1>(info.param));
                         });

}  // namespace
}  // namespace gatefold::test
