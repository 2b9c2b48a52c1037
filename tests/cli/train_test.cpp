#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "ir/random.h"
#include "session/arrays/npz.h"
#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

namespace fs = std::filesystem;

using Arrays = std::vector<std::pair<std::string, Tensor>>;

constexpr const char* kLinear =
    "<ir_version: 8, opset_import: [\"\" : 17]>\n"
    "linear (float[n,2] x) => (float[n,3] y)\n"
    "<float[2,3] w = {1, 2, 3, -1, 0, 1}, float[3] b = {0, 0, 0}>\n"
    "{ product = MatMul (x, w)\n y = Add (product, b) }";

/// Trains examples and small models of its own.
class CliTrain : public Cli {
 protected:
  CliTrain() { copy_example("char_lstm"); }

  /// Trains char_lstm on its text.
  CommandResult train_text(const std::string& options) const {
    return gatefold(
        "train char_lstm/model.onnx --data char_lstm/text.npz --loss cross_entropy "
        "--optimizer adam --lr 0.005 --batch-size 8 " +
        options);
  }

  /// Trains the model of kLinear on linear.npz.
  CommandResult train_linear(const std::string& options) const {
    write("linear.onnxtxt", kLinear);
    return gatefold("train linear.onnxtxt --data linear.npz -o trained.onnx " + options);
  }

  /// What train_linear complains about.
  std::string complaint(const std::string& options) const {
    const CommandResult result = train_linear(options);
    EXPECT_EQ(result.exit_code, 2) << options;
    EXPECT_TRUE(is_complaint(result.errors)) << options << ": " << result.errors;
    EXPECT_FALSE(fs::exists(folder() / "trained.onnx")) << options;
    return result.errors;
  }

  void write_arrays(const std::string& name, const Arrays& arrays) const {
    write_npz(folder() / name, arrays);
  }

  /// Inputs and classes that belong together.
  void write_linear(const std::vector<float>& x = {1, 0, 0, 1, 1, 1, -1, 0},
                    const std::vector<std::int64_t>& target = {0, 1, 2, 1}) const {
    const auto rows = static_cast<std::int64_t>(target.size());
    write_arrays("linear.npz", {{"x", Tensor::of<float>({rows, 2}, x)},
                                {"target", Tensor::of<std::int64_t>({rows}, target)}});
  }

  onnx::ModelProto read_model(const std::string& name) const {
    onnx::ModelProto model;
    EXPECT_TRUE(model.ParseFromString(read(name)));
    return model;
  }

  /// The losses of a log, in order.
  std::vector<double> losses_in(const std::string& log) const {
    const std::string key = "\"loss\":";
    std::vector<double> losses;
    std::istringstream lines(read(log));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t place = line.find(key);
      if (place != std::string::npos) losses.push_back(std::stod(line.substr(place + key.size())));
    }
    return losses;
  }

  /// Runs `command` for 30 steps at once, and for 11 and the rest, which must give the same bytes.
  void expect_same_when_resumed(const std::string& command) const {
    const CommandResult whole = gatefold(command + " --steps 30 -o whole.onnx");
    EXPECT_EQ(whole.exit_code, 0) << whole.errors;
    EXPECT_EQ(gatefold(command + " --steps 11 -o part.onnx --checkpoint saved").exit_code, 0);
    const CommandResult rest =
        gatefold(command + " --steps 30 -o resumed.onnx --checkpoint saved --resume");
    EXPECT_EQ(rest.exit_code, 0) << rest.errors;
    EXPECT_NE(read("part.onnx"), read("whole.onnx"));
    EXPECT_TRUE(read("resumed.onnx") == read("whole.onnx")) << command;
  }
};

TEST_F(CliTrain, LowersTheLossAndWritesAModelThatRuns) {
  const CommandResult result =
      train_text("--epochs 4 --shuffle --metric accuracy,perplexity --log log.jsonl -o new.onnx");
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.output, "epoch 4: loss "));
  EXPECT_TRUE(contains(result.output, ", accuracy 0."));
  EXPECT_TRUE(contains(result.output, ", perplexity "));
  EXPECT_TRUE(ends_with(result.output, "trained 24 of 24 steps\nwrote new.onnx\n"));
  const std::vector<double> losses = losses_in("log.jsonl");
  ASSERT_EQ(losses.size(), 24U);
  EXPECT_LT(losses.back(), losses.front() - 0.4);
  EXPECT_EQ(gatefold("run new.onnx --input tokens=char_lstm/test_data_set_0/input_0.pb").exit_code,
            0);
}

TEST_F(CliTrain, ChangesNothingButTheNumbersOfInitializers) {
  ASSERT_EQ(train_text("--steps 2 --freeze 'head*' -o new.onnx").exit_code, 0);
  onnx::ModelProto before = read_model("char_lstm/model.onnx");
  onnx::ModelProto after = read_model("new.onnx");
  ASSERT_EQ(before.graph().initializer_size(), after.graph().initializer_size());
  for (int i = 0; i < before.graph().initializer_size(); ++i) {
    onnx::TensorProto& old = *before.mutable_graph()->mutable_initializer(i);
    onnx::TensorProto& now = *after.mutable_graph()->mutable_initializer(i);
    const bool is_trained =
        old.data_type() == onnx::TensorProto::FLOAT && old.name() != "head.bias";
    EXPECT_EQ(old.raw_data() != now.raw_data(), is_trained) << old.name();
    EXPECT_EQ(old.raw_data().size(), now.raw_data().size());
    old.clear_raw_data();
    now.clear_raw_data();
  }
  EXPECT_TRUE(before.SerializeAsString() == after.SerializeAsString());
}

// The block of commands below "## Train".
TEST_F(CliTrain, ReportsWhatATrainingTestExpects) {
  const CommandResult result = train_text("--steps 3 --shuffle -o new.onnx --report report.npz");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const auto report = read_npz(folder() / "report.npz");
  EXPECT_EQ(report.at("losses").dims(), Dims{3});
  EXPECT_EQ(report.at("grad_norms").dims(), Dims{3});
  EXPECT_EQ(report.at("loss_after_on_batch0").dims(), Dims{});
  EXPECT_EQ(report.at("out0/scores").dims(), (Dims{8, 48, 76}));
  for (const char* key : {"grad/head.bias", "after1/head.bias", "final/head.bias"}) {
    EXPECT_EQ(report.at(key).dims(), Dims{76}) << key;
  }
  EXPECT_LT(report.at("loss_after_on_batch0").number_at(0), report.at("losses").number_at(0));
}

TEST_F(CliTrain, RepeatsACaseFromItsSpec) {
  const std::string folder_of_case =
      std::string(GATEFOLD_SOURCE_DIR) + "/tests/training/carried_lstm_clip";
  const CommandResult result =
      gatefold("train " + folder_of_case + "/model.onnx --spec " + folder_of_case +
               "/spec.json --data " + folder_of_case + "/data.npz --report r.npz -o new.onnx");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const Tensor expected = read_npz(folder_of_case + "/expected.npz", "losses");
  const Tensor losses = read_npz(folder() / "r.npz", "losses");
  ASSERT_EQ(losses.dims(), expected.dims());
  for (std::int64_t i = 0; i < losses.size(); ++i) {
    EXPECT_NEAR(losses.number_at(i), expected.number_at(i), 2e-5);
  }
}

TEST_F(CliTrain, JudgesValidationDataAfterEachEpoch) {
  const CommandResult result =
      train_text("--epochs 1 --valid char_lstm/text.npz --metric accuracy -o new.onnx");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_TRUE(contains(result.output, "; validation loss "));
}

TEST_F(CliTrain, ResumesBitForBit) {
  const std::string text =
      "train char_lstm/model.onnx --data char_lstm/text.npz --loss cross_entropy --optimizer adam "
      "--lr 0.005 --batch-size 8 ";
  expect_same_when_resumed(text);
  expect_same_when_resumed(text + "--shuffle --seed 7");
  expect_same_when_resumed(text + "--accumulate 4");
}

// In the middle of an epoch, whose mean decides about the rate.
TEST_F(CliTrain, ResumesASchedule) {
  write("plateau.json",
        R"({"lr_schedule": {"type": "reduce_on_plateau", "patience": 0, "gamma": 0.5}})");
  expect_same_when_resumed(
      "train char_lstm/model.onnx --data char_lstm/text.npz --loss cross_entropy --lr 20 "
      "--clip-norm 0.5 --batch-size 8 --shuffle --spec plateau.json");
}

TEST_F(CliTrain, ResumesChunksOfTimeWithTheirStates) {
  const RandomNumbers random(5);
  std::vector<std::int64_t> tokens(16 * 6);
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<int>(random.bits(i) % 7);
  const Tensor array = Tensor::of<std::int64_t>({16, 6}, tokens);
  write_arrays("text.npz", {{"tokens", array}, {"target", array}});
  expect_same_when_resumed(
      "train " + std::string(GATEFOLD_SOURCE_DIR) +
      "/tests/training/carried_lstm_clip/model.onnx --data text.npz --loss cross_entropy --lr 0.5 "
      "--batch-axis tokens=1 --batch-axis target=1 --bptt 4 --shuffle --state hn=h0 --state cn=c0");
}

TEST_F(CliTrain, StopsAtAnInterruptAndSaves) {
  for (const std::string signal : {"INT", "TERM"}) {
    const CommandResult result = shell(
        "\"$gatefold\" train char_lstm/model.onnx --data char_lstm/text.npz --loss cross_entropy "
        "--epochs 100000 --checkpoint saved --log log.jsonl -o new.onnx & "
        "until [ -s log.jsonl ]; do sleep 0.02; done; kill -" +
        signal + " $!; wait $!");
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_TRUE(contains(result.output, "stopped after "));
    EXPECT_TRUE(ends_with(result.output, "wrote new.onnx\n"));
    EXPECT_TRUE(fs::exists(folder() / "saved/checkpoint.npz"));
    EXPECT_EQ(gatefold("inspect new.onnx").exit_code, 0);
    for (const char* name : {"saved/checkpoint.npz", "new.onnx", "log.jsonl"}) {
      fs::remove(folder() / name);
    }
  }
}

TEST_F(CliTrain, KeepsTheLastCheckpointWhenTheDiskIsFull) {
  write_linear();
  ASSERT_EQ(train_linear("--loss cross_entropy --steps 3 --checkpoint saved").exit_code, 0);
  const std::string saved = read("saved/checkpoint.npz");
  const CommandResult result = shell(
      "ulimit -f 1; \"$gatefold\" train linear.onnxtxt --data linear.npz -o trained.onnx "
      "--loss cross_entropy --steps 6 --checkpoint saved --resume");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.errors, "'saved/checkpoint.npz' cannot be written: "));
  EXPECT_TRUE(is_complaint(result.errors)) << result.errors;
  EXPECT_TRUE(read("saved/checkpoint.npz") == saved);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder() / "saved"), {}), 1);
  EXPECT_EQ(train_linear("--loss cross_entropy --steps 6 --checkpoint saved --resume").exit_code,
            0);
}

TEST_F(CliTrain, KeepsTheLastCheckpointWhenTheLossIsNoNumber) {
  write_linear();
  ASSERT_EQ(train_linear("--loss cross_entropy --steps 3 --checkpoint saved").exit_code, 0);
  const std::string saved = read("saved/checkpoint.npz");
  fs::remove(folder() / "trained.onnx");
  write_linear({1, 0, std::numeric_limits<float>::quiet_NaN(), 1, 1, 1, -1, 0});
  EXPECT_TRUE(contains(complaint("--loss cross_entropy --steps 6 --checkpoint saved --resume"),
                       "step 3: the loss is nan"));
  write_linear();
  EXPECT_TRUE(
      contains(complaint("--loss cross_entropy --lr 1e39 --steps 6 --checkpoint saved --resume"),
               "of 'w' is "));
  EXPECT_TRUE(read("saved/checkpoint.npz") == saved);
}

TEST_F(CliTrain, RefusesToResumeAnotherRun) {
  write_linear();
  const std::string resume = "--loss cross_entropy --steps 9 --checkpoint saved --resume ";
  EXPECT_TRUE(contains(complaint(resume), "there is nothing to resume"));
  ASSERT_EQ(train_linear("--loss cross_entropy --steps 3 --checkpoint saved").exit_code, 0);
  fs::remove(folder() / "trained.onnx");
  EXPECT_TRUE(contains(complaint(resume + "--optimizer adam"), "another model or plan"));
  EXPECT_TRUE(contains(complaint(resume + "--freeze b"), "another model or plan"));
  EXPECT_TRUE(contains(complaint(resume + "--batch-size 2"), "same data and batch size"));
  write("saved/checkpoint.npz", "PK");
  EXPECT_TRUE(contains(complaint(resume), "'saved/checkpoint.npz' cannot be read"));
}

// Of a run with and without validation.
TEST_F(CliTrain, LogsNumbers) {
  ASSERT_EQ(train_text("--epochs 1 --metric accuracy,perplexity --valid char_lstm/text.npz "
                       "--log log.jsonl -o new.onnx")
                .exit_code,
            0);
  std::istringstream lines(read("log.jsonl"));
  std::string text;
  nlohmann::json line;
  while (std::getline(lines, text)) {
    line = nlohmann::json::parse(text);
    for (const auto& [field, value] : line.items()) EXPECT_TRUE(value.is_number()) << text;
  }
  EXPECT_EQ(line["epoch"], 0);
  for (const char* metric : {"loss", "accuracy", "perplexity"}) {
    EXPECT_TRUE(line.contains("training_" + std::string(metric))) << metric;
    EXPECT_TRUE(line.contains("validation_" + std::string(metric))) << metric;
  }
}

TEST_F(CliTrain, NamesABatchAxisThatIsForgotten) {
  write("m.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "g (float[time,batch,2] x, float[1,batch,1] h0) => (float[1,batch,1] y)\n"
        "<float[1,1,2] W = {1, 2}, float[1,1,1] R = {0.5}>\n"
        "{ Y, y = RNN <hidden_size = 1> (x, W, R, , , h0) }");
  const auto complaint = [&](const Dims& x, const Dims& h0, const Dims& target,
                             const std::string& options) {
    write_arrays("d.npz", {{"x", Tensor(DataType::kFloat32, x)},
                           {"h0", Tensor(DataType::kFloat32, h0)},
                           {"target", Tensor(DataType::kFloat32, target)}});
    return gatefold("train m.onnxtxt --data d.npz --loss mse -o o.onnx " + options).errors;
  };
  EXPECT_TRUE(ends_with(complaint({5, 7, 2}, {1, 7, 1}, {1, 7, 1}, ""),
                        "give --batch-axis x=1 --batch-axis h0=1 --batch-axis target=1\n"));
  EXPECT_TRUE(ends_with(
      complaint({5, 7, 2}, {1, 7, 1}, {1, 7, 1}, "--batch-axis h0=1 --batch-axis target=1"),
      "array 'h0' holds 7 examples but 'x' 5; if examples are counted along "
      "another axis, give --batch-axis x=1\n"));
  EXPECT_FALSE(contains(complaint({5, 7, 2}, {1, 8, 1}, {1, 7, 1}, ""), "--batch-axis"));
}

TEST_F(CliTrain, NamesABatchAxisOfAnArrayThatDoesNotFit) {
  write("m.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "g (float[5,2,3] x) => (float[5,2,3] y) <float[3] w = {1, 2, 3}> { y = Mul (x, w) }");
  write_arrays("d.npz", {{"x", Tensor(DataType::kFloat32, {5, 8, 3})},
                         {"target", Tensor(DataType::kFloat32, {5, 8, 3})}});
  EXPECT_TRUE(ends_with(gatefold("train m.onnxtxt --data d.npz --loss mse -o o.onnx").errors,
                        "if examples are counted along another axis, give --batch-axis x=1\n"));
}

TEST_F(CliTrain, WritesTheStatesThatItCarries) {
  write("model.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17], metadata_props: [\"gatefold.states\": "
        "\"g=b\", \"kept\": \"as it is\"]>\n"
        "stream (float[n,2] x, float[n,2] a, float[n,2] b) => (float[n,2] y, float[n,2] f, "
        "float[n,2] g)\n"
        "<float[2] w = {1, 2}> { y = Mul (x, w)\n f = Add (y, a)\n g = Add (y, b) }");
  const Tensor zeros(DataType::kFloat32, {4, 2});
  write_arrays("d.npz", {{"x", zeros}, {"a", zeros}, {"b", zeros}, {"target", zeros}});
  const auto metadata_with = [&](const std::string& options) {
    const CommandResult result =
        gatefold("train model.onnxtxt --data d.npz --loss mse -o new.onnxtxt " + options);
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    const std::string text = read("new.onnxtxt");
    const std::size_t start = text.find("metadata_props");
    return text.substr(start, text.find('>', start) - start);
  };
  EXPECT_EQ(metadata_with(""), R"(metadata_props: ["gatefold.states": "g=b", "kept": "as it is"])");
  write_arrays("d.npz", {{"x", zeros}, {"target", zeros}});
  EXPECT_EQ(metadata_with("--state f=a --state g=b"),
            "metadata_props: [\"gatefold.states\": \"f=a\ng=b\", \"kept\": \"as it is\"]");
  EXPECT_TRUE(
      contains(gatefold("inspect new.onnxtxt").output, "states that the file names: f=a g=b\n"));
}

TEST_F(CliTrain, NamesAStateThatIsForgotten) {
  const Tensor tokens = Tensor::of<std::int64_t>({4, 6}, std::vector<std::int64_t>(24, 1));
  write_arrays("text.npz", {{"tokens", tokens}, {"target", tokens}});
  const std::string folder_of_case =
      std::string(GATEFOLD_SOURCE_DIR) + "/tests/training/carried_lstm_clip/";
  const CommandResult result = gatefold("train " + folder_of_case +
                                        "model.onnx --data text.npz --loss cross_entropy "
                                        "--batch-axis tokens=1 --batch-axis target=1 -o o.onnx");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.errors, "give --state hn=h0 --state cn=c0\n"));
  const CommandResult flow =
      gatefold("gradflow " + folder_of_case + "model.onnx --data text.npz --loss cross_entropy");
  EXPECT_TRUE(contains(flow.errors, R"("carried": [{"input": "h0", "output": "hn"}])"));
}

TEST_F(CliTrain, NamesTheNodeThatMadeTheFirstNan) {
  write("linear.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "linear (float[n,2] x) => (float[n,1] y) <float[2,1] w = {1, 1}>\n"
        "{ p = MatMul (x, w)\n y = Sqrt (p) }");
  const auto complaint = [&](const std::vector<float>& x, const std::string& options) {
    write_arrays("d.npz", {{"x", Tensor::of<float>({1, 2}, x)},
                           {"target", Tensor::of<float>({1, 1}, {-9})}});
    const CommandResult result =
        gatefold("train linear.onnxtxt --data d.npz --loss mse --steps 9 -o o.onnx " + options);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(is_complaint(result.errors)) << result.errors;
    return result.errors;
  };
  const std::string at_once = complaint({1, -2}, "");
  EXPECT_TRUE(contains(at_once, "step 0: the loss is nan and the norm of the gradients nan; "));
  EXPECT_TRUE(contains(at_once, "(Sqrt) made the first nan, in 'y' float[1,1] (1 nan), from "));
  EXPECT_TRUE(contains(at_once, " (-1 to -1)"));
  EXPECT_TRUE(contains(at_once, "no weight has been changed yet"));
  EXPECT_FALSE(contains(at_once, "learning rate"));
  EXPECT_TRUE(
      ends_with(complaint({1, 1}, "--lr 1"), "; lower the learning rate or clip the gradients\n"));
  EXPECT_TRUE(ends_with(complaint({1, 1}, "--lr 9 --clip-norm 5"), "; lower the learning rate\n"));
  EXPECT_TRUE(contains(complaint({1, std::numeric_limits<float>::infinity()}, ""),
                       "input 'x' float[1,2] (1 to 1, 1 infinite) holds infinite numbers; "));
}

TEST_F(CliTrain, RefusesDataThatDoNotFit) {
  const Tensor x = Tensor::of<float>({2, 2}, {1, 2, 3, 4});
  const Tensor target = Tensor::of<std::int64_t>({2}, {0, 2});
  const struct {
    Arrays arrays;
    const char* part;
  } kCases[] = {
      {{{"target", target}}, "'linear.npz': has no array 'x', an input of the model"},
      {{{"x", x}}, "has no array 'target', the targets"},
      {{{"x", x}, {"target", target}, {"y", x}}, "array 'y' belongs to no input"},
      {{{"x", target}, {"target", target}}, "array 'x' has element type int64"},
      {{{"x", x}, {"target", x}}, "array 'target' has element type float"},
      {{{"x", Tensor::of<float>({2, 1}, {1, 2})}, {"target", target}}, "has extents [2,1]"},
      {{{"x", x}, {"target", Tensor::of<std::int64_t>({1}, {0})}},
       "array 'target' holds 1 examples but 'x' 2"},
      {{{"x", Tensor(DataType::kFloat32, {0, 2})}, {"target", Tensor(DataType::kInt64, {0})}},
       "holds no examples"},
      {{{"x", x}, {"target", Tensor::of<std::int64_t>({2}, {0, 3})}}, "3 is outside [0, 3)"},
      {{{"x", x}, {"target", Tensor::of<std::int64_t>({2}, {-1, 0})}}, "-1 is outside [0, 3)"},
  };
  for (const auto& [arrays, part] : kCases) {
    write_arrays("linear.npz", arrays);
    EXPECT_TRUE(contains(complaint("--loss cross_entropy"), part));
  }
}

TEST_F(CliTrain, RefusesBadUse) {
  write_linear();
  const struct {
    const char* options;
    const char* part;
  } kCases[] = {
      {"", "no loss is given"},
      {"--loss hinge", "--loss: hinge not in {cross_entropy,nll,"},
      {"--loss cross_entropy --loss-output z", "no output 'z'; its outputs: y"},
      {"--loss cross_entropy --optimizer lion", "--optimizer: lion not in {sgd,adam,"},
      {"--loss cross_entropy --metric f1", "unknown metric 'f1'; known metrics: "},
      {"--loss cross_entropy --schedule zigzag", "--schedule: zigzag not in {constant,step,"},
      {"--loss cross_entropy --optimizer adam --momentum 0.9",
       "'adam' has no momentum; that is a setting of sgd, rmsprop"},
      {"--loss cross_entropy --epochs 0", "'0' is not a number above 0"},
      {"--loss cross_entropy --freeze 'z*'",
       "--freeze: no floating-point tensor of the model matches 'z*'; those are: "},
      {"--loss cross_entropy --freeze w --freeze b", "leaves no parameter to train"},
      {"--loss cross_entropy --state y", "OUTPUT=INPUT"},
      {"--loss cross_entropy --state y=h", "state y=h: the model has no input 'h'"},
      {"--loss cross_entropy --state h=x", "state h=x: the model has no output 'h'"},
      {"--loss cross_entropy --state y=x", "must be equal"},
      {"--loss cross_entropy --batch-axis x", "NAME=AXIS"},
      {"--loss cross_entropy --batch-axis x=one", "'one' is not the number of an axis"},
      {"--loss cross_entropy --batch-axis z=1", "has no array 'z'"},
      {"--loss cross_entropy --batch-axis x=7", "array 'x' has no axis 7"},
      {"--loss cross_entropy --bptt 2", "targets have no time axis"},
      {"--loss cross_entropy --lr -1", "lr is -1"},
      {"--loss cross_entropy --resume", "--resume needs --checkpoint"},
      {"--loss cross_entropy --log none/log.jsonl", "'none/log.jsonl' cannot be written"},
      {"--loss cross_entropy --report none/r.npz", "'none/r.npz' cannot be written"},
      {"--loss cross_entropy --checkpoint linear.npz", "folder 'linear.npz' cannot be made"},
      {"--loss cross_entropy --spec none.json", "'none.json' cannot be read"},
  };
  for (const auto& [options, part] : kCases) EXPECT_TRUE(contains(complaint(options), part));
}

TEST_F(CliTrain, FindsOutThatItCannotWriteBeforeItTrains) {
  write_linear();
  write("linear.onnxtxt", kLinear);
  const CommandResult result =
      gatefold("train linear.onnxtxt --data linear.npz --loss cross_entropy -o none/new.onnx");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.output, "");
  EXPECT_TRUE(contains(result.errors, "'none/new.onnx' cannot be written"));
}

TEST_F(CliTrain, WritesTextWhereNamesSurviveIt) {
  write_linear();
  write("linear.onnxtxt", kLinear);
  const CommandResult result = gatefold(
      "train linear.onnxtxt --data linear.npz --loss cross_entropy --optimizer sgd --lr 0.1 "
      "--steps 1 -o trained.onnxtxt");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_TRUE(contains(read("trained.onnxtxt"), "<ir_version: 8, opset_import: [\"\" : 17]>"));
  EXPECT_EQ(gatefold("inspect trained.onnxtxt").exit_code, 0);
  const CommandResult refused = train_text("--steps 1 -o trained_text.onnxtxt");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.output, "");
  EXPECT_TRUE(contains(refused.errors, "'embedding.weight', which would become 'embedding_weight'"))
      << refused.errors;
  EXPECT_FALSE(fs::exists(folder() / "trained_text.onnxtxt"));
}

TEST_F(CliTrain, RefusesSpecsOfTheWrongForm) {
  write_linear();
  const std::pair<const char*, const char*> kSpecs[] = {
      {"[]", "no JSON object"},
      {R"({"optimizer": "adam"})", "field 'optimizer' has the value \"adam\""},
      {R"({"optimizer": {"lr": "fast"}})", "field 'lr' has the value \"fast\""},
      {R"({"optimizer": {"type": "adam", "beta1": 1}})", "beta1 is 1"},
      {R"({"optimizer": {"momentun": 1}})",
       "the optimizer has no field 'momentun'; did you mean 'momentum'? there are: type, lr, "},
      {R"({"loss": {"smoothing": 0.1}})",
       "the loss has no field 'smoothing'; did you mean 'label_smoothing'?"},
      {R"({"optimiser": {}})", "the spec has no field 'optimiser'; did you mean 'optimizer'?"},
      {R"({"lr_schedule": {"warmup": 3}})", "the schedule has no field 'warmup'; did you mean "},
      {R"({"target": {"nane": "t"}})", "the target has no field 'nane'; did you mean 'name'?"},
      {R"({"carried": [{"input": "x", "output": "y", "detached": true}]})",
       "entry 1 of 'carried' has no field 'detached'; did you mean 'detach'?"},
      {R"({"carried": [{"input": "x", "output": "y", "init": "ones"}]})",
       "field 'init' is \"ones\"; there is no other than \"zeros\""},
      {R"({"trainable": ["w", {"name": "w"}]})", "entry 2 of 'trainable' has no field 'name'"},
      {R"({"suggested_tolerance": {"loss": {}}})", "the suggested tolerance has no field 'loss'"},
      {R"({"steps": 1.5})", "field 'steps' has the value 1.5"},
      {R"({"optimizer": {"nesterov": true}})", "nesterov needs a momentum"},
      {R"({"lr_schedule": {"type": "step"}})", "step_size is 0"},
      {R"({"lr_schedule": {"type": "exponential"}})", "gamma is 0; it must be given"},
      {R"({"loss": {"reduction": "none"}})", "unknown reduction 'none'"},
      {R"({"loss": {"class_axis": 2}})", "class axis 2 is outside"},
      {R"({"clip_norm": 0})", "field 'clip_norm' is 0"},
      {R"({"steps": -1})", "field 'steps' is -1"},
      {R"({"carried": [{"input": "x"}]})", "no field 'output'"},
      {R"({"trainable": ["z"]})", "no floating-point tensor 'z'"},
      {R"({"target": {"name": "x"}})", "so is a value of the model"},
  };
  for (const auto& [spec, part] : kSpecs) {
    write("spec.json", spec);
    EXPECT_TRUE(contains(complaint("--loss cross_entropy --spec spec.json"), part)) << spec;
  }
}

}  // namespace
}  // namespace gatefold::test
