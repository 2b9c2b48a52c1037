#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"

namespace gatefold::test {
namespace {

constexpr const char* kModel = R"(<ir_version: 8, opset_import: ["" : 17]>
    tagger (int64[T, N] tokens) => (float[T, N, 50] scores)
    <float[40, 16] table, float[1, 48, 16] W, float[1, 48, 16] R, float[16, 50] V> {
      X = Gather (table, tokens)
      Y = GRU <hidden_size = 16> (X, W, R)
      axes = Constant <value_ints = [1]> ()
      rows = Squeeze (Y, axes)
      scores = MatMul (rows, V)
    })";

TEST(PlanMemory, StaysWithinItsBudgetOverThousandsOfShapes) {
  const Model model = parse_model(kModel);
  constexpr std::size_t kMost = std::size_t{8} << 20;
  Context context(
      std::make_shared<Executable>(model.graph, CompileOptions{.most_plan_bytes = kMost}));
  int shapes = 0;
  for (std::int64_t T = 1; T <= 100; ++T) {
    for (std::int64_t N = 1; N <= 100; ++N) {
      const Datum tokens = Tensor(DataType::kInt64, {T, N});
      context.run({&tokens, 1});
      ++shapes;
    }
  }
  EXPECT_EQ(shapes, 10000);
  EXPECT_LE(context.plan_bytes(), kMost);
}

TEST(PlanMemory, KeepsThePlanInUseWhateverItTakes) {
  const Model model = parse_model(kModel);
  Context context(std::make_shared<Executable>(model.graph, CompileOptions{.most_plan_bytes = 1}));
  const Datum tokens = Tensor(DataType::kInt64, {4, 2});
  const auto first = std::get<Tensor>(context.run({&tokens, 1})[0]).clone();
  const auto& again = std::get<Tensor>(context.run({&tokens, 1})[0]);
  EXPECT_EQ(std::memcmp(first.raw(), again.raw(), first.bytes()), 0);
}

}  // namespace
}  // namespace gatefold::test
