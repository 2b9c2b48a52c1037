#include "passes/training/training_stages.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
#include "ir/error.h"
#include "ir/print.h"
#include "ir/verify.h"

namespace gatefold {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModel = R"(
<ir_version: 8, opset_import: ["" : 17, "ai.onnx.preview.training" : 1]>
line (float[n,2] x) => (float[n,1] y) <float[2,1] w = {1, -1}> {
  product = MatMul (x, w)
  y = Tanh (product)
}
)";

constexpr std::string_view kAlgorithm = R"(
## algorithm
# store w_new in w
# store T_next in T
fit (float[n,1] target) => (float loss, float[2,1] w_new, int64 T_next)
  <float R = {0.5}, int64 T = {0}, int64 one = {1}> {
  error = Sub (y, target)
  loss = ReduceSumSquare <keepdims = 0> (error)
  dw = ai.onnx.preview.training.Gradient <xs = ["w"], zs = ["x"], y = "loss"> (w, x)
  step = Mul (R, dw)
  w_new = Sub (w, step)
  T_next = Add (T, one)
}
)";

constexpr std::string_view kInitialization = R"(
## initialization
# store start in w
zeros () => (float[2,1] start) {
  start = Constant <value = float[2,1] {0, 3}> ()
}
)";

std::string text_of(std::string_view algorithm, std::string_view initialization = {}) {
  return std::string(kModel) + std::string(algorithm) + std::string(initialization);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t place = text.find(from);
  EXPECT_NE(place, std::string::npos) << from;
  return text.replace(place, from.size(), to);
}

/// What is wrong with the algorithm when `from` is `to` in it.
std::string complaint(std::string_view from, std::string_view to) {
  try {
    parse_model(replaced(text_of(kAlgorithm, kInitialization), from, to));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(TrainingStages, SurviveTextAndProtobuf) {
  const Model model = parse_model(text_of(kAlgorithm, kInitialization));
  ASSERT_EQ(model.training.size(), 1U);
  EXPECT_EQ(model.training[0].captured, 3U);
  verify(*model.training[0].algorithm);
  const std::string text = print(model);
  EXPECT_EQ(print(parse_model(text)), text);

  const fs::path path = fs::path(testing::TempDir()) / "gatefold_training_stages.onnx";
  write_model(model, path);
  const Model again = read_model(path);
  fs::remove(path);
  EXPECT_EQ(print(again), text);
  EXPECT_NE(text.find("# store w_new in w"), std::string::npos) << text;
}

TEST(TrainingStages, AreJoinedToOneStep) {
  const Model model = parse_model(text_of(kAlgorithm));
  const TrainingStep step = join_stages(model);
  verify(*step.graph);
  EXPECT_EQ(step.weights, std::vector<std::string>{"w"});
  ASSERT_EQ(step.states.size(), 2U);
  EXPECT_EQ(step.states[1].name, "T");
  EXPECT_EQ(step.graph->outputs()[0].name, "loss");
}

TEST(TrainingStages, SeeWhatThoseBeforeThemStored) {
  const std::string second = R"(
## algorithm
# store u_new in u
copy () => (float[2,1] u_new) <float[2,1] u = {0, 0}> { u_new = Neg (w) }
)";
  const TrainingStep step = join_stages(parse_model(text_of(kAlgorithm, second)));
  ASSERT_EQ(step.states.size(), 3U);
  const Value* stored = step.graph->outputs()[step.states[2].output].value;
  ASSERT_EQ(step.states[2].name, "u");
  ASSERT_NE(stored->producer(), nullptr);
  EXPECT_EQ(stored->producer()->input(0), step.graph->outputs()[step.states[0].output].value);
}

TEST(TrainingStages, InitializationStoresWhatItMakes) {
  Model model = parse_model(text_of(kAlgorithm, kInitialization));
  initialize_training(model);
  const Tensor& w = *model.graph->initializers().front()->data();
  EXPECT_EQ(w.number_at(0), 0);
  EXPECT_EQ(w.number_at(1), 3);
}

TEST(TrainingStages, BindingsMustFit) {
  EXPECT_EQ(complaint("w_new in w", "w_new in weight"),
            "text: update_binding: 'weight' is no initializer of the training algorithm or of the "
            "model's graph, so nothing can be stored in it");
  EXPECT_EQ(complaint("w_new in w", "w_newer in w"),
            "text: update_binding: 'w_newer' is to be stored in 'w', but no output has that name");
  EXPECT_EQ(complaint("T_next in T", "w_new in w"),
            "text: update_binding: 'w' is stored into twice");
  EXPECT_EQ(complaint("T_next in T", "loss in T"),
            "text: update_binding: 'loss' is float[] but is to be stored in 'T', which is int64[]");
  EXPECT_EQ(complaint("start in w", "start in R"),
            "text: initialization_binding: 'start' is float[2,1] but is to be stored in 'R', which "
            "is float[]");
}

TEST(TrainingStages, NamesMustBeKnownAndUnique) {
  EXPECT_EQ(complaint("Sub (y, target)", "Sub (z, target)"),
            "text: node of output 'error' (Sub): input 'z' is read but nothing defines it");
  EXPECT_EQ(complaint("xs = [\"w\"]", "xs = [\"v\"]"),
            "text: node of output 'dw' (Gradient): attribute 'xs': 'v' is read but nothing defines "
            "it");
  EXPECT_EQ(complaint("T_next = Add (T, one)", "T_next = Add (T, one) product = Neg (w)"),
            "text: the training algorithm defines 'product', which the model's graph defines, too");
}

}  // namespace
}  // namespace gatefold
