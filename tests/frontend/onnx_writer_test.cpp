#include "frontend/onnx_writer.h"

#include <gtest/gtest.h>

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
