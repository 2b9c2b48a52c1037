#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"

namespace gatefold::test {
namespace {

std::string weight(const char* name, const char* dims, int count) {
  std::string text = fmt::format("float[{}] {} = {{0.5", dims, name);
  for (int i = 1; i < count; ++i) text += fmt::format(", {}", 0.01 * (i % 7));
  return text + "}";
}

/// Scores of 50 classes for every token: its outputs are larger than anything else in it.
Model tagger() {
  return parse_model(
      fmt::format("<ir_version: 8, opset_import: [\"\" : 17]>\n"
                  "tagger (int64[T, N] tokens) => (float[T, N, 50] scores) <{}, {}, {}, {}> {{"
                  "  X = Gather (table, tokens)"
                  "  Y = GRU <hidden_size = 16> (X, W, R)"
                  "  axes = Constant <value_ints = [1]> ()"
                  "  rows = Squeeze (Y, axes)"
                  "  scores = MatMul (rows, V) }}",
                  weight("table", "40,16", 640), weight("W", "1,48,16", 768),
                  weight("R", "1,48,16", 768), weight("V", "16,50", 800)));
}

TEST(PlanMemory, StaysWithinItsBudgetOverThousandsOfShapes) {
  const Model model = tagger();
  constexpr std::size_t kMost = std::size_t{32} << 20;
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

/// Bytes that plans take after a convolution by oneDNN has been run on so many shapes.
std::size_t bytes_of_convs(int shapes, std::size_t most) {
  const Model model =
      parse_model(fmt::format("<ir_version: 8, opset_import: [\"\" : 17]>\n"
                              "convs (float[1, 32, T] x) => (float[1, 32, T] y) <{}> {{"
                              "  y = Conv <pads = [1, 1]> (x, W) }}",
                              weight("W", "32,32,3", 3072)));
  Context context(std::make_shared<Executable>(
      model.graph, CompileOptions{.reproducible = true, .most_plan_bytes = most}));
  for (int i = 0; i < shapes; ++i) {
    const Datum x = Tensor(DataType::kFloat32, {1, 32, 700 + i});
    context.run({&x, 1});
  }
  return context.plan_bytes();
}

TEST(PlanMemory, CountsTheCodeThatIsGeneratedForAShape) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  EXPECT_GE(bytes_of_convs(12, 256 * kMiB), 12 * kMiB);
  EXPECT_LE(bytes_of_convs(12, 4 * kMiB), 4 * kMiB);
}

TEST(PlanMemory, KeepsThePlanInUseWhateverItTakes) {
  const Model model = tagger();
  Context context(std::make_shared<Executable>(model.graph, CompileOptions{.most_plan_bytes = 1}));
  const Datum tokens = Tensor(DataType::kInt64, {4, 2});
  const auto first = std::get<Tensor>(context.run({&tokens, 1})[0]).clone();
  const auto& again = std::get<Tensor>(context.run({&tokens, 1})[0]);
  EXPECT_EQ(std::memcmp(first.raw(), again.raw(), first.bytes()), 0);
}

}  // namespace
}  // namespace gatefold::test
