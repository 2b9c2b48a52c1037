#include "frontend/onnx_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/print.h"
#include "ir/value_names.h"
#include "ir/verify.h"

namespace gatefold {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kText = R"(
  pick (int64[k] i, bool[2] b) => (float[k] first, float[k] second, float[2] w)
    <float[2] w = {1.5, -2}, int64[1] zero = {0}> {
    c = Constant <value_floats = [3.0, 4.0, 5.0]> ()
    first = Gather (w, i)
    second = Gather <axis = 0> (c, i)
  })";

class OnnxWriter : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / (std::string("gatefold_") + test->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::size_t file_count() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(OnnxWriter, WritesWhatTheReaderReads) {
  const Model model = parse_model(kText);
  write_model(model, folder_ / "model.onnx");
  const Model again = read_model(folder_ / "model.onnx");
  verify(*again.graph);
  EXPECT_EQ(print(*again.graph), print(*model.graph));
  EXPECT_EQ(again.opset, 13);
  EXPECT_EQ(again.producer, "gatefold");
  EXPECT_EQ(file_count(), 1U);
}

TEST_F(OnnxWriter, WritesOurOwnOperators) {
  const Model model = parse_model(R"(
    g (int64[2] s, int64[2] i, float[2,3] dY) => (float[n,3] dX) {
      dX = gatefold.GatherGrad (s, i, dY)
    })");
  write_model(model, folder_ / "model.onnx");
  const Model again = read_model(folder_ / "model.onnx");
  verify(*again.graph);
  EXPECT_EQ(print(*again.graph), print(*model.graph));
}

TEST_F(OnnxWriter, PutsLargeTensorsIntoAFileBeside) {
  Model model;
  Tensor weights(DataType::kFloat32, {1000});
  for (int i = 0; i < 1000; ++i) weights.data<float>()[i] = static_cast<float>(i);
  model.graph->add_output("w", model.graph->add_parameter("w", weights));
  model.graph->add_output("w2", model.graph->add_parameter("w2", weights));
  write_model(model, folder_ / "model.onnx", 100);
  EXPECT_EQ(file_count(), 2U);
  EXPECT_LT(fs::file_size(folder_ / "model.onnx"), 1000U);
  const Model again = read_model(folder_ / "model.onnx");
  EXPECT_EQ(print(*again.graph), print(*model.graph));
}

TEST_F(OnnxWriter, CopiesAValueThatIsDeliveredUnderTwoNames) {
  Model model =
      parse_model("g (int64[1] i) => (float[1] y) <float[2] w = {1, 2}> { y = Gather (w, i) }");
  Value* y = model.graph->outputs()[0].value;
  model.graph->add_output("again", y);
  write_model(model, folder_ / "model.onnx");
  const Model again = read_model(folder_ / "model.onnx");
  ASSERT_EQ(again.graph->outputs().size(), 2U);
  EXPECT_EQ(again.graph->outputs()[0].name, "y");
  EXPECT_EQ(again.graph->outputs()[1].name, "again");
}

TEST_F(OnnxWriter, WritesTextThatTheReaderReads) {
  const Model model = parse_model(R"(
    <ir_version: 8, opset_import: ["" : 17]>
    g (int64[k] i, float[n,2] s, bool c) => (float[k] y, float[n,2] t)
      <float[20] w = {0.1,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,-0.0,1e-20}, int64[1] one = {1}> {
      y = Gather (w, i)
      t = If <then_branch = t () => (float[n,2] a) { a = LeakyRelu <alpha = 0.125> (s) },
              else_branch = e () => (float[n,2] b) { b = Clip (s, , y0) y0 = ReduceMax (y) }> (c)
    })");
  write_model(model, folder_ / "model.onnxtxt");
  const Model again = read_model(folder_ / "model.onnxtxt");
  verify(*again.graph);
  EXPECT_EQ(print(*again.graph), print(*model.graph));
  EXPECT_EQ(again.producer, "gatefold");
  EXPECT_EQ(file_count(), 1U);
}

/// Why the model cannot be written as text.
std::string text_complaint(const Model& model, const fs::path& path) {
  try {
    write_model(model, path);
  } catch (const Error& error) {
    EXPECT_FALSE(fs::exists(path));
    return error.what();
  }
  return "";
}

TEST_F(OnnxWriter, RefusesTextThatCannotHoldTheModel) {
  const fs::path path = folder_ / "model.onnxtxt";
  Model named = parse_model("g (float[2] x) => (float[2] y) { y = Relu (x) }");
  named.graph->inputs()[0]->set_name("/x/in");
  EXPECT_EQ(text_complaint(named, path),
            "ONNX text cannot hold the name '/x/in', which would become '_x_in'; write the model "
            "to a file named .onnx");
  named.graph->inputs()[0]->set_name("float");
  EXPECT_EQ(text_complaint(named, path).empty(), false);
  Model infinite;
  infinite.graph->add_output(
      "w", infinite.graph->add_parameter("w", Tensor::of<float>({2}, {1, -INFINITY})));
  EXPECT_EQ(text_complaint(infinite, path),
            "ONNX text has no numbers for initializer 'w', which is float[2] and holds an "
            "infinity, a NaN or a denormal; write the model to a file named .onnx");
  const Model sequence = parse_model("g (float[2] x) => (y) { y = SequenceConstruct (x) }");
  EXPECT_EQ(text_complaint(sequence, path),
            "ONNX text cannot hold 'y', which is seq(float[2]); write the model to a file named "
            ".onnx");
  EXPECT_EQ(file_count(), 0U);
}

TEST_F(OnnxWriter, WritesTrainedTextAsItWasRead) {
  const fs::path source = folder_ / "source.onnxtxt";
  std::ofstream(source) << R"(
    <ir_version: 7, opset_import: ["" : 11, "a" : 1], producer_name: "hand">
    g (float[2] x) => (float[2] y, float[2] z) <float[2] w = {1, 2}> {
      p = a.scale <by = 3.0> (w)
      y = Mul (x, p)
      z = Squeeze <axes = [0]> (u)
      u = Unsqueeze <axes = [0]> (x)
    }
    <domain: "a", opset_import: ["" : 11]>
    scale <by> (v) => (r) {
      k = Constant <value_float: float = @by> ()
      r = Mul (v, k)
    })";
  const fs::path path = folder_ / "trained.onnxtxt";
  check_text_holds(source, path);
  TensorPlaces places;
  const Model before = read_model(source, places);
  write_model_with_weights(source, places, {{"w", Tensor::of<float>({2}, {5, 6})}}, path);
  Model after = read_model(path);
  EXPECT_EQ(after.opset, 11);
  EXPECT_EQ(after.producer, "hand");
  Value& w = *after.graph->initializers().front();
  EXPECT_EQ(w.data()->number_at(1), 6);
  w.set_data(*before.graph->initializers().front()->data());
  EXPECT_EQ(print(after), print(before));
}

TEST_F(OnnxWriter, LeavesNothingBehindWhenItFails) {
  const Model model = parse_model(kText);
  EXPECT_THROW(write_model(model, folder_ / "missing" / "model.onnx"), Error);
  EXPECT_THROW(write_model(model, "/dev/full"), Error);
  EXPECT_EQ(file_count(), 0U);
}

TEST_F(OnnxWriter, RefusesAFormThatNoWrittenOpsetHas) {
  const Model model = parse_model(R"(<ir_version: 7, opset_import: ["" : 11]>
    g (float[4] x) => (float[8] y) <float[1] scales = {2.0}> {
      y = Resize <coordinate_transformation_mode = "tf_half_pixel_for_nn", mode = "linear"> (x, ,
                                                                                           scales)
    })");
  try {
    write_model(model, folder_ / "model.onnx");
    ADD_FAILURE() << "written";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'tf_half_pixel_for_nn', which ended before opset 13"),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(file_count(), 0U);
}

TEST_F(OnnxWriter, WritesTensorFiles) {
  const fs::path path = folder_ / "input_0.pb";
  write_tensor_file(Tensor::of<std::int64_t>({2}, {-3, 4}), "x", path);
  std::string name;
  const Datum datum = read_tensor_file(path, Type(DataType::kInt64, Dims{2}), &name);
  EXPECT_EQ(name, "x");
  EXPECT_EQ(std::get<Tensor>(datum).to_int64(), (std::vector<std::int64_t>{-3, 4}));
}

TEST_F(OnnxWriter, KnowsWhatItCouldNotWriteBack) {
  const Model model = parse_model(kText);
  write_model(model, folder_ / "model.onnx");
  TensorPlaces places;
  read_model(folder_ / "model.onnx", places);
  EXPECT_NO_THROW(require_writable(places, std::vector<std::string>{"w", "c"}));
  EXPECT_THROW(require_writable(places, std::vector<std::string>{"first"}), Error);
  EXPECT_LT(places.bytes, 1000U);
  places.bytes = std::uint64_t{3} << 30;
  EXPECT_THROW(require_writable(places, std::vector<std::string>{"w"}), Error);
}

// Large tensors in another file, also those of Constant nodes.
TEST_F(OnnxWriter, TakesInTensorsOfOtherFilesWithNewWeights) {
  write_model(parse_model(kText), folder_ / "model.onnx", 8);
  TensorPlaces places;
  const Model model = read_model(folder_ / "model.onnx", places);
  const Tensor w = Tensor::of<float>({2}, {7, 8});
  const Tensor c = Tensor::of<float>({3}, {4, 5, 6});
  write_model_with_weights(folder_ / "model.onnx", places, {{"w", w}, {"c", c}},
                           folder_ / "new.onnx");
  fs::remove(folder_ / "model.onnx.data");
  const Model again = read_model(folder_ / "new.onnx");
  EXPECT_EQ(find_initializer(*again.graph, "w")->data()->number_at(1), 8);
  EXPECT_EQ(find_initializer(*again.graph, "c")->data()->number_at(2), 6);
  EXPECT_THROW(
      write_model_with_weights(folder_ / "new.onnx", places, {{"w", c}}, folder_ / "other.onnx"),
      Error);
  EXPECT_FALSE(fs::exists(folder_ / "other.onnx"));
}

}  // namespace
}  // namespace gatefold
