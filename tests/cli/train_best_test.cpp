#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "session/arrays/npz.h"
#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

/// Runs that end early, or keep the weights of the best epoch.
class CliTrainBest : public Cli {
 protected:
  /// The slope that fits the training data is 4, that of the validation data 1: on the way from 0
  /// the validation loss falls, then rises.
  CliTrainBest() {
    write("line.onnxtxt",
          "<ir_version: 8, opset_import: [\"\" : 17]>\n"
          "g (float[n,1] x) => (float[n,1] y) <float[1,1] w = {0}> { y = MatMul (x, w) }");
    const Tensor x = Tensor::of<float>({4, 1}, {1, -1, 2, -2});
    write_npz(folder() / "data.npz",
              {{"x", x}, {"target", Tensor::of<float>({4, 1}, {4, -4, 8, -8})}});
    write_npz(folder() / "valid.npz", {{"x", x}, {"target", x}});
  }

  CommandResult train(const std::string& options) const {
    return gatefold(
        "train line.onnxtxt --data data.npz --valid valid.npz --loss mse --optimizer sgd --lr 0.01 "
        "--batch-size 2 " +
        options);
  }
};

constexpr const char* kBest = "--epochs 20 --early-stopping 2 --keep best";

TEST_F(CliTrainBest, EndsAfterEpochsThatAreNoBetter) {
  const CommandResult best = train(fmt::format("{} -o best.onnx --log best.jsonl", kBest));
  EXPECT_EQ(best.errors, "");
  EXPECT_TRUE(contains(best.output, "stopped after 10 of 40 steps")) << best.output;
  ASSERT_EQ(train("--epochs 3 -o third.onnx").exit_code, 0);
  EXPECT_EQ(read("best.onnx"), read("third.onnx"));
  ASSERT_EQ(train("--epochs 5 -o fifth.onnx").exit_code, 0);
  ASSERT_EQ(train("--epochs 20 --early-stopping 2 -o last.onnx").exit_code, 0);
  EXPECT_EQ(read("last.onnx"), read("fifth.onnx"));
}

TEST_F(CliTrainBest, ShowsWhichEpochsWereTheBestSoFar) {
  const std::string output = train("--epochs 5 -o last.onnx").output;
  for (int epoch = 1; epoch <= 5; ++epoch) {
    const std::size_t begin = output.find(fmt::format("epoch {}: loss ", epoch));
    const std::string line = output.substr(begin, output.find('\n', begin) - begin);
    EXPECT_TRUE(contains(line, ", rate 0.01; validation loss ")) << line;
    EXPECT_EQ(line.ends_with(" *"), epoch <= 3) << line;
  }
}

TEST_F(CliTrainBest, IsResumedWithTheSameBits) {
  ASSERT_EQ(train(fmt::format("{} -o best.onnx", kBest)).exit_code, 0);
  for (const int steps : {3, 6, 8}) {
    const std::string saved = fmt::format(
        "-o new.onnx --keep best --early-stopping 2 --save-every 1 --checkpoint saved{}", steps);
    ASSERT_EQ(train(fmt::format("{} --steps {}", saved, steps)).exit_code, 0);
    ASSERT_EQ(train(fmt::format("{} --epochs 20 --resume", saved)).exit_code, 0);
    EXPECT_EQ(read("new.onnx"), read("best.onnx")) << steps;
  }
}

TEST_F(CliTrainBest, WritesTheLastWeightsOfAResumedRunThatShould) {
  ASSERT_EQ(train(fmt::format("{} -o best.onnx --checkpoint saved", kBest)).exit_code, 0);
  ASSERT_EQ(train("--epochs 5 -o last.onnx --checkpoint other").exit_code, 0);
  ASSERT_EQ(train("--epochs 5 -o new.onnx --checkpoint saved --resume").exit_code, 0);
  EXPECT_EQ(read("new.onnx"), read("last.onnx"));
  const CommandResult result =
      train("--epochs 6 --keep best -o never.onnx --checkpoint other --resume");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.errors, "holds no weights of the best epoch")) << result.errors;
}

}  // namespace
}  // namespace gatefold::test
