#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <filesystem>
#include <fstream>

#include "frontend/onnx_reader.h"
#include "ir/error.h"

namespace gatefold {
namespace {

namespace fs = std::filesystem;

// A model whose only content is the initializer "w" of type float[2], delivered as the output.
onnx::ModelProto model_of_one_tensor() {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(13);
  auto& graph = *model.mutable_graph();
  graph.add_output()->set_name("w");
  auto& tensor = *graph.add_initializer();
  tensor.set_name("w");
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.add_dims(2);
  return model;
}

onnx::TensorProto& tensor_of(onnx::ModelProto& model) {
  return *model.mutable_graph()->mutable_initializer(0);
}

void add_external(onnx::TensorProto& tensor, const std::string& key, const std::string& value) {
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  auto& entry = *tensor.add_external_data();
  entry.set_key(key);
  entry.set_value(value);
}

class DamagedModel : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::path(testing::TempDir()) / (std::string("gatefold_") + test->name());
    fs::remove_all(root_);
    fs::create_directories(root_ / "model");
    write("weights.bin", std::string(16, '\0'));
    fs::rename(root_ / "model/weights.bin", root_ / "secret.bin");
    write("weights.bin", std::string(16, '\0'));
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(root_ / "model" / name, std::ios::binary) << content;
  }

  // What reading the model says after the path, or "" when it can be read.
  std::string error_of(const std::string& content) const {
    write("model.onnx", content);
    const fs::path path = root_ / "model/model.onnx";
    try {
      read_model(path);
      return "";
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with(path.string() + ": ")) << message;
      return message.substr(std::min(message.size(), path.string().size() + 2));
    }
  }
  std::string error_of(const onnx::ModelProto& model) const {
    return error_of(model.SerializeAsString());
  }
  std::string error_of_location(const std::string& location) const {
    onnx::ModelProto model = model_of_one_tensor();
    add_external(tensor_of(model), "location", location);
    return error_of(model);
  }

  fs::path root_;
};

TEST_F(DamagedModel, IsNotAModel) {
  EXPECT_EQ(error_of("hello"), "the file is damaged or is not an ONNX model");
  EXPECT_EQ(error_of(""), "the file holds no graph; is it an ONNX model?");
  onnx::ModelProto model = model_of_one_tensor();
  tensor_of(model).set_raw_data(std::string(8, 'x'));
  const std::string content = model.SerializeAsString();
  EXPECT_EQ(error_of(content), "");
  for (std::size_t length = 1; length < content.size(); ++length) {
    error_of(content.substr(0, length));
  }
}

TEST_F(DamagedModel, HasTooFewElements) {
  onnx::ModelProto model = model_of_one_tensor();
  EXPECT_EQ(error_of(model), "initializer 'w': the data has 0 elements but float[2] needs 2");
  tensor_of(model).set_raw_data("1234");
  EXPECT_EQ(error_of(model), "initializer 'w': the data has 4 bytes but float[2] needs 8");
  tensor_of(model).set_dims(0, -2);
  EXPECT_EQ(error_of(model), "initializer 'w': extent -2 must not be negative");
  tensor_of(model).set_dims(0, std::int64_t{1} << 62);
  EXPECT_EQ(error_of(model), "initializer 'w': dims [4611686018427387904] are too large");
}

TEST_F(DamagedModel, ReadsDataBesideEmptyFields) {
  onnx::ModelProto model = model_of_one_tensor();
  tensor_of(model).add_float_data(1);
  tensor_of(model).add_float_data(2);
  tensor_of(model).set_raw_data("");
  tensor_of(model).mutable_segment();
  auto& output = *model.mutable_graph()->mutable_output(0)->mutable_type()->mutable_tensor_type();
  output.set_elem_type(onnx::TensorProto::UNDEFINED);
  EXPECT_EQ(error_of(model), "");
  const float numbers[] = {1, 2};
  tensor_of(model).set_raw_data(numbers, sizeof(numbers));
  EXPECT_EQ(error_of(model), "");
  tensor_of(model).set_float_data(0, 3);
  EXPECT_EQ(error_of(model),
            "initializer 'w': its raw data differ from the 2 elements beside them");
}

TEST_F(DamagedModel, HasAttributesWithEmptyFields) {
  onnx::ModelProto model = model_of_one_tensor();
  tensor_of(model).set_raw_data(std::string(8, '\0'));
  auto& node = *model.mutable_graph()->add_node();
  node.set_op_type("Softmax");
  node.add_input("w");
  node.add_output("y");
  auto& attribute = *node.add_attribute();
  attribute.set_name("axis");
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(0);
  attribute.mutable_g();
  attribute.mutable_t();
  attribute.set_s("");
  EXPECT_EQ(error_of(model), "");
}

TEST_F(DamagedModel, HasUnsupportedElementType) {
  onnx::ModelProto model = model_of_one_tensor();
  tensor_of(model).set_data_type(17);
  EXPECT_TRUE(
      error_of(model).starts_with("initializer 'w': element type float8e4m3fn is not supported"));
}

TEST_F(DamagedModel, ReadsExternalDataOfItsFolder) {
  EXPECT_EQ(error_of_location("weights.bin"), "");
  onnx::ModelProto model = model_of_one_tensor();
  add_external(tensor_of(model), "location", "weights.bin");
  add_external(tensor_of(model), "offset", "8");
  add_external(tensor_of(model), "length", "8");
  EXPECT_EQ(error_of(model), "");
}

TEST_F(DamagedModel, RefusesExternalDataElsewhere) {
  const std::string outside = " must be a path inside the model's folder";
  EXPECT_EQ(error_of_location("../secret.bin"),
            "initializer 'w': external data location '../secret.bin'" + outside);
  EXPECT_TRUE(error_of_location((root_ / "secret.bin").string()).ends_with(outside));
  EXPECT_TRUE(error_of_location("").ends_with(outside));
  fs::create_symlink(root_ / "secret.bin", root_ / "model/link.bin");
  EXPECT_TRUE(error_of_location("link.bin")
                  .starts_with("initializer 'w': external data location 'link.bin' leads outside "
                               "the model's folder"));
  EXPECT_TRUE(
      error_of_location("missing.bin")
          .starts_with("initializer 'w': external data file 'missing.bin' cannot be opened"));
}

TEST_F(DamagedModel, HasShortExternalData) {
  onnx::ModelProto model = model_of_one_tensor();
  add_external(tensor_of(model), "location", "weights.bin");
  add_external(tensor_of(model), "offset", "12");
  EXPECT_EQ(error_of(model),
            "initializer 'w': external data file 'weights.bin' has 16 bytes but the tensor needs 8 "
            "from offset 12");
  add_external(tensor_of(model), "length", "4");
  EXPECT_EQ(error_of(model),
            "initializer 'w': external data states a length of 4 bytes but the tensor has 8");
  add_external(tensor_of(model), "offset", "x");
  EXPECT_EQ(error_of(model),
            "initializer 'w': external data has offset 'x', which must be a whole number");
}

}  // namespace
}  // namespace gatefold
