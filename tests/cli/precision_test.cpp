#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "backend/onednn/reduced_product.h"
#include "session/arrays/npz.h"
#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

/// Runs and trains a model whose products are large enough to be worth bfloat16.
class CliPrecision : public Cli {
 protected:
  CliPrecision() {
    write("wide.onnxtxt", R"(<ir_version: 8, opset_import: ["" : 17]>
      wide (float[64,256] x, float[256,256] w) => (float[64,256] y) { y = MatMul (x, w) })");
    copy_example("char_lstm");
  }

  void SetUp() override {
    if (!onednn::has_products_in(ProductPrecision::kBfloat16)) {
      GTEST_SKIP() << "this machine has neither AVX512-BF16 nor AMX";
    }
  }

  /// The array that a command line with "--precision P" at its end writes into out/outputs.npz or
  /// report.npz.
  Tensor array_of(const std::string& command, const std::string& file, const std::string& name,
                  const std::string& precision) const {
    const CommandResult result = gatefold(command + " --precision " + precision);
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return read_npz(folder() / file, name);
  }

  /// Both precisions give nearly, but not quite, the same.
  void expect_near(const std::string& command, const std::string& file,
                   const std::string& name) const {
    const Tensor exact = array_of(command, file, name, "f32");
    const Tensor rounded = array_of(command, file, name, "bf16");
    ASSERT_EQ(exact.dims(), rounded.dims());
    double scale = 0, difference = 0;
    for (std::int64_t i = 0; i < exact.size(); ++i) {
      scale = std::max(scale, std::abs(exact.number_at(i)));
      difference = std::max(difference, std::abs(exact.number_at(i) - rounded.number_at(i)));
    }
    EXPECT_LT(difference, 1e-2 * scale);
    EXPECT_GT(difference, 1e-5 * scale);
  }
};

TEST_F(CliPrecision, RoundsWhatIsMultiplied) {
  expect_near("run wide.onnxtxt --random 1 --output out --format npz", "out/outputs.npz", "y");
}

TEST_F(CliPrecision, TrainsInBfloat16) {
  expect_near(
      "train char_lstm/model.onnx --data char_lstm/text.npz --loss cross_entropy --lr 0.1 "
      "--batch-size 16 --steps 4 -o new.onnx --report report.npz",
      "report.npz", "losses");
}

TEST_F(CliPrecision, ComputesConstantWeightsInInt8) {
  const CommandResult result = gatefold("test char_lstm --precision int8");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  const CommandResult training = gatefold(
      "train char_lstm/model.onnx --data char_lstm/text.npz --loss cross_entropy -o new.onnx "
      "--precision int8");
  EXPECT_EQ(training.exit_code, 2);
  EXPECT_EQ(training.errors,
            "gatefold: products in int8 are for constant weights; train in float32 or bfloat16\n");
}

TEST_F(CliPrecision, ToleratesWhatRoundingChanges) {
  for (const std::string folder :
       {"char_lstm", GATEFOLD_SOURCE_DIR "/tests/training/weight_chain_adam"}) {
    const CommandResult result = gatefold("test " + folder + " --precision bf16");
    EXPECT_EQ(result.exit_code, 0) << result.output;
    EXPECT_TRUE(contains(result.output, "1 passed")) << result.output;
  }
}

/// The same on machines that have bfloat16 and on others.
TEST_F(Cli, RefusesAPrecisionThatTheMachineLacks) {
  copy_example("char_lstm");
  const CommandResult result = shell(
      "ONEDNN_MAX_CPU_ISA=AVX2 $gatefold run char_lstm/model.onnx --random 1 --precision bf16");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.errors,
            "gatefold: this machine has neither AVX512-BF16 nor AMX, which products in bfloat16 "
            "need; use float32\n");
  EXPECT_EQ(gatefold("run char_lstm/model.onnx --random 1 --precision f16").exit_code, 2);
}

}  // namespace
}  // namespace gatefold::test
