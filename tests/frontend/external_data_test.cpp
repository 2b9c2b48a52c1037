#include <gtest/gtest.h>
#include <onnx/defs/parser.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "session/compiled_model.h"
#include "session/session.h"
#include "tests/temporary_folder.h"

namespace gatefold::test {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRows = 24576;
constexpr std::int64_t kColumns = 1024;
constexpr std::int64_t kTableBytes = kRows * kColumns * 4;
constexpr std::int64_t kMiB = 1024 * 1024;

/// A model that looks up four rows of a table of 96 MiB.
struct LookupCase {
  const char* name;
  const char* nodes;
  int offset;  ///< Of the table in its file.
};

constexpr LookupCase kLookups[] = {
    {"Plain", "y = Gather (table, ids)", 0},
    {"NotAligned", "y = Gather (table, ids)", 20},
    {"Normalized",
     "size = Constant <value = int64[1] {1024}> () scale = ConstantOfShape (size)"
     " rows = Gather (table, ids) y = LayerNormalization (rows, scale)",
     0},
    {"Scaled",
     "scale = Constant <value_float = 3.0> () rows = Gather (table, ids) y = Mul (rows, scale)", 0},
    {"Reshaped",
     "shape = Constant <value = int64[3] {24576, 2, 512}> () halves = Reshape (table, shape)"
     " rows = Gather (halves, ids) flat = Constant <value = int64[2] {4, 1024}> ()"
     " y = Reshape (rows, flat)",
     0},
    {"Passed", "same = Identity (table) y = Gather (same, ids)", 0},
};

/// The largest amount of memory that was resident since `forget_peak`, where the system can forget
/// it, else since the start.
std::int64_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return 1024 * std::stoll(line.substr(6));
  }
  return 0;
}

void forget_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

class ExternalTable : public testing::TestWithParam<LookupCase> {
 protected:
  void SetUp() override {
    const fs::path table = folder_.path() / "table.bin";
    std::ofstream(table, std::ios::binary).put(0);
    fs::resize_file(table, GetParam().offset + kTableBytes);
    onnx::ModelProto model;
    const std::string text =
        "<ir_version: 8, opset_import: [\"\" : 17]>"
        "g (int64[4] ids) => (float[4,1024] y) {" +
        std::string(GetParam().nodes) + "}";
    ASSERT_TRUE(onnx::OnnxParser::Parse(model, text.c_str()).IsOK());
    onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
    tensor.set_name("table");
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.add_dims(kRows);
    tensor.add_dims(kColumns);
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    add_entry(tensor, "location", "table.bin");
    add_entry(tensor, "offset", std::to_string(GetParam().offset));
    std::ofstream file(path(), std::ios::binary);
    ASSERT_TRUE(model.SerializeToOstream(&file));
  }

  static void add_entry(onnx::TensorProto& tensor, const char* key, const std::string& value) {
    onnx::StringStringEntryProto& entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }

  fs::path path() const { return folder_.path() / "model.onnx"; }

 private:
  TemporaryFolder folder_;
};

TEST_P(ExternalTable, IsReadWhereItIsLookedUpAlone) {
  forget_peak();
  const std::int64_t before = peak_bytes();
  Session session(load(path()));
  const NamedData& outputs =
      session.run({{"ids", Tensor::of<std::int64_t>({4}, {0, 7, 9000, kRows - 1})}});
  EXPECT_EQ(std::get<Tensor>(outputs.at("y")).dims(), Dims({4, kColumns}));
  EXPECT_LT(peak_bytes() - before, kTableBytes / 2) << before / kMiB << " MiB before";
}

INSTANTIATE_TEST_SUITE_P(Lookups, ExternalTable, testing::ValuesIn(kLookups),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace gatefold::test
