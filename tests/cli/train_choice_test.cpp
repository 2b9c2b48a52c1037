#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
#include "passes/training/model_parts.h"
#include "session/arrays/npz.h"
#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

/// What of a model is trained, and where it is written.
class CliTrainChoice : public Cli {
 protected:
  /// Trains model.onnxtxt on numbers for its input x [n,2] and its output [n,2].
  CommandResult train(const std::string& model, const std::string& options) const {
    write("model.onnxtxt", "<ir_version: 8, opset_import: [\"\" : 17, \"own\" : 1]>\n" + model);
    const Tensor numbers = Tensor::of<float>({3, 2}, {0.5, -1, 0.25, 2, -0.5, 1});
    write_npz(folder() / "data.npz", {{"x", numbers}, {"target", numbers}});
    return gatefold("train model.onnxtxt --data data.npz --loss mse --steps 2 -o new.onnx " +
                    options);
  }

  /// Whether the trained file has other numbers under a name than the model.
  bool has_changed(const std::string& name) const {
    const Model before = gatefold::read_model(folder() / "model.onnxtxt");
    const Model after = gatefold::read_model(folder() / "new.onnx");
    const Tensor& a = *find_parameters(*before.graph, {name}).front()->data();
    const Tensor& b = *find_parameters(*after.graph, {name}).front()->data();
    EXPECT_EQ(to_string(a.type()), to_string(b.type()));
    for (std::int64_t i = 0; i < a.size(); ++i) {
      if (a.number_at(i) != b.number_at(i)) return true;
    }
    return false;
  }
};

constexpr const char* kMasked = R"(
  g (float[n,2] x) => (float[n,2] y)
    <float[2,2] w = {1, 2, 3, 4}, float[2] b = {0, 0}, float[1,2] mask = {0, -2000}, float half = {0.5}> {
    a = MatMul (x, w)
    c = Add (a, b)
    d = Add (c, mask)
    y = Mul (d, half)
  })";

TEST_F(CliTrainChoice, IsShownBeforeTheFirstStep) {
  const CommandResult result = train(kMasked, "");
  EXPECT_EQ(result.errors, "");
  EXPECT_TRUE(starts_with(result.output,
                          "trained: 6 numbers in 2 tensors; not trained: mask (mask of 0 and "
                          "-2000), 1 other (1 number)\n"));
  EXPECT_TRUE(has_changed("w"));
  EXPECT_TRUE(has_changed("b"));
  EXPECT_FALSE(has_changed("mask"));
}

TEST_F(CliTrainChoice, IsListedByADryRun) {
  const CommandResult result = train(kMasked, "--dry-run");
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(result.output,
            "trained: 6 numbers in 2 tensors; not trained: mask (mask of 0 and -2000), 1 other (1 "
            "number)\n\n"
            "trained  type        numbers\n"
            "w        float[2,2]        4\n"
            "b        float[2]          2\n\n"
            "not trained  type        numbers\n"
            "mask         float[1,2]        2  mask of 0 and -2000\n"
            "half         float[]           1  scalar\n");
  EXPECT_FALSE(std::filesystem::exists(folder() / "new.onnx"));
  EXPECT_EQ(gatefold("train model.onnxtxt --loss mse --dry-run").output, result.output);
}

TEST_F(CliTrainChoice, IsCorrectedByPatternsLaterOverEarlier) {
  const auto shown = [&](const std::string& options) {
    const std::string output = train(kMasked, "--dry-run " + options).output;
    return output.substr(0, output.find(';'));
  };
  EXPECT_EQ(shown("--trainable 'm*'"), "trained: 8 numbers in 3 tensors");
  EXPECT_EQ(shown("--trainable 'm*' --trainable half --freeze w"),
            "trained: 5 numbers in 3 tensors");
  EXPECT_EQ(shown("--freeze '*' --trainable b"), "trained: 2 numbers in 1 tensor");
  EXPECT_EQ(shown("--trainable '*' --freeze '[wbh]*'"), "trained: 2 numbers in 1 tensor");
  EXPECT_EQ(shown("--freeze 'm*' --freeze w --freeze w"), "trained: 2 numbers in 1 tensor");
  EXPECT_EQ(train(kMasked, "--trainable half --freeze '[wb]'").exit_code, 0);
  EXPECT_TRUE(has_changed("half"));
  EXPECT_TRUE(contains(train(kMasked, "--trainable z").errors,
                       "--trainable: no floating-point tensor of the model matches 'z'"));
}

TEST_F(CliTrainChoice, MustBeNumbersBeforeTheFirstStep) {
  train(kMasked, "");
  Model model = gatefold::read_model(folder() / "model.onnxtxt");
  find_parameters(*model.graph, {"b"}).front()->set_data(Tensor::of<float>({2}, {0, INFINITY}));
  write_model(model, folder() / "infinite.onnx");
  const CommandResult result =
      gatefold("train infinite.onnx --data data.npz --loss mse -o never.onnx --trainable b");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.output, "");
  EXPECT_TRUE(contains(result.errors, "element 1 of 'b' is inf before the first step"));
  EXPECT_FALSE(std::filesystem::exists(folder() / "never.onnx"));
}

TEST_F(CliTrainChoice, NamesParametersOfSeveralLayers) {
  const CommandResult result = train(R"(
    g (float[n,2] x) => (float[n,2] y) <float[2] one = {1, 1}, float[2,2] w = {1, 2, 3, 4}> {
      a = LayerNormalization (x, one)
      b = MatMul (a, w)
      y = LayerNormalization (b, one)
    })",
                                     "");
  EXPECT_TRUE(contains(result.output,
                       "\ntrained as one: one is one parameter of node of output 'a' "
                       "(LayerNormalization), node of output 'y' (LayerNormalization); "))
      << result.output;
}

TEST_F(CliTrainChoice, IsWrittenIntoConstantNodes) {
  const CommandResult result = train(R"(
    g (float[n,2] x) => (float[n,2] y) <float[2] v = {1, 2}> {
      w = Constant <value = float[2,2] {1, 2, 3, 4}> ()
      b = Constant <value_floats = [0.5, 1.5]> ()
      a = MatMul (x, w)
      c = Mul (a, v)
      y = Add (c, b)
    })",
                                     "");
  EXPECT_EQ(result.errors, "");
  for (const char* name : {"w", "b", "v"}) EXPECT_TRUE(has_changed(name)) << name;
}

TEST_F(CliTrainChoice, IsWrittenIntoSubGraphs) {
  const CommandResult result = train(R"(
    g (float[n,2] x) => (float[n,2] y) <int64 one = {1}> {
      m = Constant <value = int64 {2}> ()
      c = Constant <value = bool {1}> ()
      y = Loop (m, c, x) <body = step (int64 i, bool go, float[n,2] h) => (bool on, float[n,2] next)
          <float[2,2] w = {0.1, 0.2, 0.3, 0.4}> {
        on = Identity (go)
        a = MatMul (h, w)
        first = Less (i, one)
        next = If (first) <
          then_branch = t () => (float[n,2] p) { b = Constant <value = float[2] {1, 2}> () p = Add (a, b) },
          else_branch = e () => (float[n,2] q) { b = Constant <value = float[2] {3, 4}> () q = Mul (a, b) }>
      }>
    })",
                                     "");
  EXPECT_EQ(result.errors, "");
  EXPECT_TRUE(contains(result.output, "trained: 8 numbers in 3 tensors"));
  for (const char* name : {"w", "b_1", "b_2"}) EXPECT_TRUE(has_changed(name)) << name;
}

// The function's tensor is one weight in both calls; the other is that of the calls' attributes.
TEST_F(CliTrainChoice, IsWrittenIntoFunctions) {
  const CommandResult result = train(R"(
    g (float[n,2] x) => (float[n,2] y) {
      a = own.layer <bias = float[2] {1, 2}> (x)
      y = own.layer <bias = float[2] {3, 4}> (a)
    }
    <domain: "own", opset_import: ["" : 17]>
    layer <bias> (x) => (y) {
      w = Constant <value = float[2,2] {0.1, 0.2, 0.3, 0.4}> ()
      b = Constant <value : tensor = @bias> ()
      p = MatMul (x, w)
      y = Add (p, b)
    })",
                                     "");
  EXPECT_EQ(result.errors, "");
  EXPECT_TRUE(contains(result.output, "trained: 8 numbers in 3 tensors")) << result.output;
  for (const char* name : {"w", "b", "b_1"}) EXPECT_TRUE(has_changed(name)) << name;
  EXPECT_EQ(gatefold("run new.onnx --random 1 --dim n=2").exit_code, 0);
}

constexpr const char* kClassifier = R"(
  g (float[n,t,2] x, float[n,2] h0) => (float[n,t,3] y, float[n,2] hn)
    <float[2,3] w = {1, 2, 3, 4, 5, 6}, float[2,2] r = {1, 0, 0, 1}, int64[1] axis = {1}> {
    y = MatMul (x, w)
    m = ReduceSum <keepdims = 0> (x, axis)
    s = MatMul (h0, r)
    hn = Add (m, s)
  })";

/// Trains kClassifier on sequences of which some have no targets.
class CliTrainTargets : public CliTrainChoice {
 protected:
  CommandResult train_on(const std::vector<std::int64_t>& targets,
                         const std::string& options) const {
    write("model.onnxtxt",
          std::string("<ir_version: 8, opset_import: [\"\" : 17]>\n") + kClassifier);
    const auto sequences = static_cast<std::int64_t>(targets.size()) / 4;
    Tensor x(DataType::kFloat32, {sequences, 4, 2});
    for (std::int64_t i = 0; i < x.size(); ++i)
      x.data<float>()[i] = static_cast<float>(i % 8 % 5) / 3;
    write_npz(folder() / "data.npz",
              {{"x", x}, {"target", Tensor::of<std::int64_t>({sequences, 4}, targets)}});
    return gatefold("train model.onnxtxt --data data.npz --spec spec.json --batch-size 1 " +
                    options);
  }

  std::string weights_after(const std::vector<std::int64_t>& targets, const std::string& options,
                            const std::string& shown) const {
    const CommandResult result = train_on(targets, options + " -o new.onnx --state hn=h0");
    EXPECT_EQ(result.errors, "");
    EXPECT_TRUE(contains(result.output, shown)) << result.output;
    return read("new.onnx");
  }
};

// A batch in which no target counts is as good as none, for all that an optimizer counts and keeps.
TEST_F(CliTrainTargets, ThatDoNotCountLeaveEverythingAsItIs) {
  const char* const kLosses[] = {
      R"("loss": {"type": "cross_entropy", "ignore_index": -100})",
      R"("loss": {"type": "cross_entropy", "ignore_index": -100, "reduction": "sum"})",
      R"("loss": {"type": "cross_entropy", "ignore_index": -100, "label_smoothing": 0.1})",
      R"("loss": {"type": "cross_entropy", "ignore_index": -100, "weight": [1, 2, 0]})",
      R"("loss": {"type": "nll", "ignore_index": -100})"};
  const char* const kOptimizers[] = {R"("type": "sgd")", R"("type": "sgd", "momentum": 0.9)",
                                     R"("type": "adamw", "weight_decay": 0.1)",
                                     R"("type": "adagrad", "lr_decay": 0.1)",
                                     R"("type": "rmsprop")"};
  for (const char* loss : kLosses) {
    for (const char* optimizer : kOptimizers) {
      for (const char* options : {"", "--accumulate 2"}) {
        write("spec.json", std::string("{") + loss + R"(, "optimizer": {"lr": 0.1, )" + optimizer +
                               R"(}, "lr_schedule": {"type": "exponential", "gamma": 0.5}})");
        const std::string without =
            weights_after({0, 1, 2, -100, 1, 1, 0, 0}, options, "epoch 1: loss ");
        const std::string with = weights_after({0, 1, 2, -100, -100, -100, -100, -100, 1, 1, 0, 0},
                                               options, ", 1 batch without targets, rate ");
        EXPECT_TRUE(without == with) << loss << optimizer << options;
      }
    }
  }
}

TEST_F(CliTrainTargets, OfWeightZeroDoNotCount) {
  write("spec.json", R"({"loss": {"type": "cross_entropy", "weight": [1, 0, 1]}})");
  const CommandResult result =
      train_on({0, 1, 2, 1, 1, 1, 1, 1}, "--valid data.npz --epochs 2 -o new.onnx --state hn=h0");
  EXPECT_EQ(result.errors, "");
  EXPECT_TRUE(contains(result.output, ", 1 batch without targets, rate 0.001; validation loss "))
      << result.output;
  EXPECT_TRUE(contains(result.output, ", 1 batch without targets *\nepoch 2"));
}

// The states go on through a chunk of padding.
TEST_F(CliTrainTargets, MayBeMissingInAChunk) {
  write("spec.json", R"({"loss": {"type": "cross_entropy", "ignore_index": 2}})");
  const CommandResult result =
      train_on({0, 1, 2, 2, 2, 2, 2, 2}, "--bptt 2 -o new.onnx --state hn=h0 --log log.jsonl");
  EXPECT_EQ(result.errors, "");
  EXPECT_TRUE(contains(result.output, ", 3 batches without targets, rate 0.001 *\n"))
      << result.output;
  EXPECT_TRUE(contains(read("log.jsonl"), R"("loss":0.0,"gradient_norm":0.0)"));
}

TEST_F(CliTrainTargets, MayBeMissingInTheTrainingOfAFile) {
  write("spec.json", R"({"loss": {"type": "cross_entropy", "ignore_index": 2},
                         "optimizer": {"type": "adam"}})");
  EXPECT_EQ(train_on({0, 1, 2, 0, 2, 2, 2, 2, 1, 1, 1, 0}, "-o a.onnx --state hn=h0").errors, "");
  EXPECT_EQ(gatefold("compile model.onnxtxt --train spec.json -o t.onnx").errors, "");
  const Tensor h0(DataType::kFloat32, {3, 2});
  const auto arrays = read_npz(folder() / "data.npz");
  write_npz(folder() / "data.npz",
            {{"x", arrays.at("x")}, {"target", arrays.at("target")}, {"h0", h0}});
  EXPECT_EQ(gatefold("train t.onnx --data data.npz --batch-size 1 -o b.onnx").errors, "");
  const Model a = gatefold::read_model(folder() / "a.onnx");
  const Model b = gatefold::read_model(folder() / "b.onnx");
  const Tensor& direct = *find_parameters(*a.graph, {"w"}).front()->data();
  const Tensor& by_file = *find_parameters(*b.graph, {"w"}).front()->data();
  for (std::int64_t i = 0; i < direct.size(); ++i) {
    EXPECT_EQ(by_file.number_at(i), direct.number_at(i));
  }
}

}  // namespace
}  // namespace gatefold::test
