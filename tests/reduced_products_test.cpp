#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "backend/executable.h"
#include "backend/onednn/reduced_product.h"
#include "backend/simd/bfloat16.h"
#include "frontend/onnx_reader.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "tests/ops/recurrent_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

/// The element of a matrix, rounded.
BFloat16 rounded(const native::FloatMatrix& matrix, std::int64_t row, std::int64_t column) {
  return BFloat16(*matrix.from(row, column).numbers);
}

/// A matrix [9, 70] and the one it is the transpose of.
class Bfloat16Operands : public testing::TestWithParam<bool> {
 protected:
  static constexpr std::int64_t kRows = 9, kColumns = 70, kPadded = 32;

  Tensor numbers_ = random_tensor({DataType::kFloat32, Dims{kRows, kColumns + 3}}, 1);
  Tensor transposed_ = random_tensor({DataType::kFloat32, Dims{kColumns, kRows + 3}}, 1);
  native::FloatMatrix matrix_ =
      GetParam() ? native::FloatMatrix{transposed_.data<float>(), kRows + 3, true}
                 : native::FloatMatrix{numbers_.data<float>(), kColumns + 3};
};

TEST_P(Bfloat16Operands, RowsAreRoundedAndFilledUp) {
  constexpr std::int64_t kWidth = 96;
  std::vector<BFloat16> rows(kRows * kWidth, BFloat16(7.0F));
  native::round_rows(matrix_, kRows, kColumns, kWidth, rows.data());
  for (std::int64_t row = 0; row < kRows; ++row) {
    for (std::int64_t k = 0; k < kWidth; ++k) {
      const BFloat16 expected = k < kColumns ? rounded(matrix_, row, k) : BFloat16();
      ASSERT_EQ(rows[row * kWidth + k].bits, expected.bits) << row << ", " << k;
    }
  }
}

TEST_P(Bfloat16Operands, PanelsHoldPairsOfAColumn) {
  constexpr std::int64_t kPanel = 64;
  std::vector<BFloat16> panels(native::panels_size(kRows, kColumns, kPanel), BFloat16(7.0F));
  ASSERT_EQ(panels.size(), 2 * kPanel * kPadded);
  native::pack_panels(matrix_, kRows, kPadded, kColumns, kPanel, panels.data());
  for (std::int64_t k = 0; k < kPadded; ++k) {
    for (std::int64_t column = 0; column < 2 * kPanel; ++column) {
      const BFloat16* panel = panels.data() + column / kPanel * kPanel * kPadded;
      const BFloat16 actual = panel[(k / 2 * kPanel + column % kPanel) * 2 + k % 2];
      const bool is_inside = k < kRows && column < kColumns;
      const BFloat16 expected = is_inside ? rounded(matrix_, k, column) : BFloat16();
      ASSERT_EQ(actual.bits, expected.bits) << k << ", " << column;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, Bfloat16Operands, testing::Bool(),
                         [](const auto& info) { return info.param ? "Transposed" : "Plain"; });

/// A precision, how far off its results may be as a part of their largest number, and where weights
/// come from.
struct Setting {
  const char* name;
  ProductPrecision precision;
  double limit;
  bool has_constant_weights;
};

constexpr Setting kSettings[] = {
    {"Bfloat16", ProductPrecision::kBfloat16, 2e-2, false},
    {"Bfloat16OfConstants", ProductPrecision::kBfloat16, 2e-2, true},
    {"Int8", ProductPrecision::kInt8, 4e-2, true},
};

/// Runs models in a precision, where the machine has it.
class ReducedProducts : public testing::TestWithParam<Setting> {
 protected:
  void SetUp() override {
    if (!onednn::has_products_in(GetParam().precision)) {
      GTEST_SKIP() << "this machine does not have AVX512-BF16, AMX or AVX512-VNNI";
    }
  }

  /// Every output is near the one in double by its own scale, and one at least shows that its
  /// operands were rounded.
  static void expect_rounded(const OpCase& op_case, int threads) {
    const Model model = parse_model(op_case.graph, op_case.name);
    std::vector<Datum> inputs;
    for (const Value* input : model.graph->inputs()) {
      const auto found = op_case.inputs.find(input->name());
      inputs.emplace_back(found == op_case.inputs.end() ? make_input(*input, inputs.size() + 1)
                                                        : found->second);
    }
    const std::vector<Datum> oracle = evaluate(*model.graph, inputs, Precision::kDouble);
    if (GetParam().has_constant_weights) bind_weights(*model.graph, inputs);
    Context context(std::make_shared<Executable>(
        model.graph, CompileOptions{.threads = threads, .products = GetParam().precision}));
    double largest_error = 0;
    for (int run = 0; run < 2; ++run) {
      const auto actual = context.run(inputs);
      for (std::size_t i = 0; i < oracle.size(); ++i) {
        const double error =
            relative_error(std::get<Tensor>(actual[i]), std::get<Tensor>(oracle[i]));
        EXPECT_LT(error, GetParam().limit) << model.graph->outputs()[i].name;
        largest_error = std::max(largest_error, error);
      }
    }
    EXPECT_GT(largest_error, 2e-4);
  }

 private:
  /// Random numbers; weights of recurrent layers as small as trained ones, lest the layer forget
  /// its input and amplify every error.
  static Tensor make_input(const Value& input, std::uint64_t seed) {
    Tensor numbers = random_tensor(input.type(), seed);
    if (input.name() != "W" && input.name() != "R") return numbers;
    const auto width = static_cast<float>(numbers.dims().back());
    for (std::int64_t i = 0; i < numbers.size(); ++i) numbers.data<float>()[i] /= std::sqrt(width);
    return numbers;
  }

  /// Makes the inputs that weights come from constants.
  static void bind_weights(Graph& graph, std::vector<Datum>& inputs) {
    for (std::size_t i = inputs.size(); i-- > 0;) {
      Value* input = graph.inputs()[i];
      const std::string name = input->name();
      if (name != "W" && name != "R" && name != "B") continue;
      Value* constant = graph.add_constant(graph.unique_name(name), std::get<Tensor>(inputs[i]));
      graph.replace_all_uses(input, constant);
      graph.erase_value(input);
      inputs.erase(inputs.begin() + static_cast<std::ptrdiff_t>(i));
    }
    infer_types(graph);
  }

  /// The largest difference as a part of the largest number.
  static double relative_error(const Tensor& actual, const Tensor& expected) {
    double scale = 0, difference = 0;
    for (std::int64_t i = 0; i < expected.size(); ++i) {
      scale = std::max(scale, std::abs(expected.number_at(i)));
      // The comparison takes NaN for a difference.
      const double own = std::abs(actual.number_at(i) - expected.number_at(i));
      if (!(own <= difference)) difference = own;
    }
    return scale == 0 ? difference : difference / scale;
  }
};

/// What float32 remains for where the precision wants constant weights.
class ReducedProductsOfVariables : public ReducedProducts {};

std::vector<RecurrentCase> layers() {
  return {
      {.name = "Lstm", .op = "LSTM", .N = 17, .I = 40, .H = 90},
      {.name = "LstmBothWaysOfSomeLengths",
       .op = "LSTM",
       .N = 5,
       .H = 96,
       .D = 2,
       .sequence_lens = {4, 1, 0, 3, 4}},
      {.name = "LstmOneSequence", .op = "LSTM", .T = 70, .N = 1, .I = 33, .H = 128},
      {.name = "Gru", .op = "GRU", .N = 5, .H = 150, .sequence_lens = {4, 1, 0, 3, 4}},
      {.name = "GruLinearBeforeReset",
       .op = "GRU",
       .N = 3,
       .H = 150,
       .D = 2,
       .attributes = "linear_before_reset = 1",
       .inputs = {"B", "initial_h"}},
      {.name = "Rnn", .op = "RNN", .N = 9, .I = 64, .H = 150},
  };
}

TEST_P(ReducedProducts, RecurrentLayers) {
  for (const RecurrentCase& layer : layers()) {
    for (const int threads : {1, 3}) {
      SCOPED_TRACE(layer.name + " on " + std::to_string(threads));
      expect_rounded(to_op_case(layer), threads);
    }
  }
}

TEST_P(ReducedProducts, StackedLayers) {
  expect_rounded({.name = "StackedLayers", .graph = R"(
      g (float[48, 4, 48] X, float[1, 192, 48] W, float[1, 192, 48] R) => (float[48, 1, 4, 48] Y) {
        one = Constant <value = int64[1] {1}> ()
        lengths = Constant <value = int32[4] {48, 3, 47, 30}> ()
        below = LSTM <hidden_size = 48> (X, W, R, , lengths)
        states = Squeeze (below, one)
        Y = LSTM <hidden_size = 48> (states, W, R, , lengths)
      })"},
                 2);
}

TEST_P(ReducedProductsOfVariables, RecurrentGradients) {
  for (const RecurrentCase& layer : layers()) {
    for (const int threads : {1, 3}) {
      SCOPED_TRACE(layer.name + " on " + std::to_string(threads));
      expect_rounded(to_training_case(layer), threads);
    }
  }
}

TEST_P(ReducedProducts, DenseLayers) {
  const std::vector<OpCase> cases = {
      {.name = "MatMul", .graph = R"(
        g (float[6,11,70] A, float[70,90] B) => (float[6,11,90] Y) { Y = MatMul (A, B) })"},
      {.name = "Gemm", .graph = R"(
        g (float[40,70] A, float[90,70] B, float[90] C) => (float[40,90] Y) {
          Y = Gemm <transB = 1, beta = 0.5> (A, B, C) })"},
      {.name = "GemmOfFewRows", .graph = R"(
        g (float[9,300] A, float[300,300] B) => (float[9,300] Y) { Y = Gemm (A, B) })"},
  };
  for (const OpCase& op_case : cases) {
    SCOPED_TRACE(op_case.name);
    expect_rounded(op_case, 1);
  }
}

TEST_P(ReducedProductsOfVariables, DenseLayers) {
  const std::vector<OpCase> cases = {
      {.name = "MatMulOfMatrices", .graph = R"(
        g (float[3,40,70] A, float[3,70,90] K) => (float[3,40,90] Y) { Y = MatMul (A, K) })"},
      {.name = "GemmOfTransposed", .graph = R"(
        g (float[70,40] A, float[90,70] B) => (float[40,90] Y) {
          Y = Gemm <transA = 1, transB = 1> (A, B) })"},
  };
  for (const OpCase& op_case : cases) {
    SCOPED_TRACE(op_case.name);
    expect_rounded(op_case, 1);
  }
}

std::string name_of(const testing::TestParamInfo<Setting>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(, ReducedProductsOfVariables, testing::Values(kSettings[0]), name_of);
INSTANTIATE_TEST_SUITE_P(, ReducedProducts, testing::ValuesIn(kSettings), name_of);

}  // namespace
}  // namespace gatefold::test
