#include <fmt/format.h>
#include <gtest/gtest.h>
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <regex>
#include <string>

#include "frontend/graph_exporter.h"
#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "passes/pipeline.h"
#include "tests/ops/op_case.h"
#include "tests/repository_models.h"

/// What compiling writes is a valid ONNX file: ONNX's full checker, with strict inference of types
/// and shapes, has nothing to say.
namespace gatefold::test {
namespace {

namespace fs = std::filesystem;

/// The newest opset whose operators the library knows.
std::int64_t newest_checked_opset() {
  return onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map().at("").second;
}

std::int64_t opset_of(const onnx::ModelProto& proto) {
  for (const auto& import : proto.opset_import()) {
    if (import.domain().empty()) return import.version();
  }
  return 0;
}

/// What the checker says; "" for a valid model.
std::string complaint_about(onnx::ModelProto proto) {
  try {
    onnx::checker::check_model(proto);
    onnx::shape_inference::InferShapes(proto, onnx::OpSchemaRegistry::Instance(),
                                       onnx::ShapeInferenceOptions(true, 1, true));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

/// Operator cases that the library's own inference takes for wrong.
constexpr std::string_view kMisjudgedCases[] = {
    // Broadcasting of what the ellipsis stands for.
    "EinsumEllipsis",
    // An empty range of a negative step.
    "SliceEmptyReversed",
    // The number of frequencies without frame_length.
    "STFTWindow",
    "STFTConstantWindow",
    "STFTOddFrames",
    // It reads types of outputs past the last that is named.
    "AdagradScalar",
    "AdamNoElements",
    "MomentumTwoTensorsOneResult",
};

bool has_rank(const Type& type) {
  return type.is_tensor() ? type.has_rank() : has_rank(*type.element);
}

/// The checker wants a shape of each input and output; a file cannot state one that is not known.
bool has_ranks(const Graph& graph) {
  return std::all_of(graph.inputs().begin(), graph.inputs().end(),
                     [](const Value* input) { return has_rank(input->type()); }) &&
         std::all_of(graph.outputs().begin(), graph.outputs().end(),
                     [](const Graph::Output& output) { return has_rank(output.value->type()); });
}

class CompiledFiles : public testing::TestWithParam<std::string_view> {
 protected:
  ~CompiledFiles() override {
    std::cout << fmt::format(
        "{} compiled files checked; {} more state a newer opset than {}, {} have inputs or outputs "
        "of "
        "unknown rank\n",
        checked_, newer_, newest_checked_opset(), open_);
  }

  void check(Model model, std::string_view passes, const std::string& what) {
    SCOPED_TRACE(what);
    const PipelineOptions options{.training = GetParam() == kTrainingPipeline};
    onnx::ModelProto proto;
    ASSERT_NO_THROW({
      run_passes(*model.graph, passes, options);
      proto = export_model(model, nullptr);
    });
    if (opset_of(proto) > newest_checked_opset()) {
      ++newer_;
      return;
    }
    if (!has_ranks(*model.graph)) {
      ++open_;
      return;
    }
    ++checked_;
    EXPECT_EQ(complaint_about(proto), "");
  }

 private:
  int checked_ = 0;
  int newer_ = 0;
  int open_ = 0;
};

TEST_P(CompiledFiles, OfModelsAndPassTestsAreValid) {
  for (const fs::path& path : repository_models()) {
    check(read_repository_model(path), GetParam(), path.string());
  }
}

/// "" for a model that is no pass test.
std::string own_passes(const fs::path& path) {
  constexpr std::string_view kHeading = "# passes: ";
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line.starts_with(kHeading) ? line.substr(kHeading.size()) : "";
}

TEST_P(CompiledFiles, OfSinglePassesAreValid) {
  for (const fs::path& path : repository_models()) {
    const std::string passes = own_passes(path);
    if (!passes.empty()) check(read_repository_model(path), passes, path.string());
  }
}

/// The graph of a pass test with its floats of another type; nothing where that is no valid model.
std::optional<Model> in_type(const fs::path& path, const std::string& type) {
  std::ifstream file(path);
  std::string text(std::istreambuf_iterator<char>(file), {});
  text = std::regex_replace(text.substr(0, text.find("\n# expect")),
                            std::regex("\\bfloat\\b(?=[\\[ ])"), type);
  try {
    Model model = parse_model(text, path.string());
    if (complaint_about(export_model(model, nullptr)).empty()) return model;
  } catch (const Error&) {
    // Numbers or operators that do not go with the type.
  }
  return std::nullopt;
}

TEST_P(CompiledFiles, OfPassTestsInOtherTypesAreValid) {
  for (const fs::path& path : repository_models()) {
    if (own_passes(path).empty()) continue;
    for (const std::string type : {"double", "bfloat16", "int64", "int32", "int8", "uint8"}) {
      if (auto model = in_type(path, type)) {
        check(std::move(*model), GetParam(), path.string() + " in " + type);
      }
    }
  }
}

TEST_P(CompiledFiles, OfOperatorCasesAreValid) {
  for (const OpCase& op_case : all_op_cases()) {
    if (std::ranges::find(kMisjudgedCases, op_case.name) != std::end(kMisjudgedCases)) continue;
    check(parse_model(op_case.graph, op_case.name), GetParam(), op_case.name);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, CompiledFiles,
                         testing::Values(kInferencePipeline, kTrainingPipeline),
                         [](const auto& info) { return std::string(info.param); });

/// The opset that the compiled graph states, or what is wrong with it.
std::string opset_of_graph(const std::string& graph) {
  const Model model = parse_model("g " + graph, "g");
  try {
    run_passes(*model.graph, kInferencePipeline, {});
    const onnx::ModelProto proto = export_model(model, nullptr);
    const bool may_check = opset_of(proto) <= newest_checked_opset();
    EXPECT_EQ(may_check ? complaint_about(proto) : "", "") << graph;
    return std::to_string(opset_of(proto));
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(CompiledFile, StatesTheOpsetThatAllowsItsTypes) {
  EXPECT_EQ(opset_of_graph("(float[2] x) => (float[2] y) { y = Relu (x) }"), "13");
  EXPECT_EQ(opset_of_graph("(int64[2] x) => (int64[2] y) { y = Relu (x) }"), "14");
  EXPECT_EQ(opset_of_graph("(int32[2] x) => (int32[2] y) { y = Add (x, x) }"), "13");
  EXPECT_EQ(opset_of_graph("(int8[2] x) => (int8[2] y) { y = Add (x, x) }"), "14");
  EXPECT_EQ(opset_of_graph("(bool[2] x) => (bool[1] y) { y = ReduceMax (x) }"), "20");
  EXPECT_EQ(opset_of_graph("(bfloat16[2] x) => (bfloat16[2] y) { y = Sin (x) }"), "22");
  EXPECT_EQ(opset_of_graph("(bfloat16[2] x) => (bfloat16[2] y) { y = Tanh (x) }"), "13");
  EXPECT_EQ(opset_of_graph("(float[2] x) => (y, z) { y = SequenceConstruct (x) z = Identity (y) }"),
            "14");
}

TEST(CompiledFile, KeepsAClipOfIntegers) {
  for (const char* type : {"int64", "int32", "uint8", "int8"}) {
    EXPECT_EQ(opset_of_graph(fmt::format(
                  "({0}[2] x) => ({0}[2] y) <{0} zero = {{0}}> {{ y = Clip (x, zero) }}", type)),
              "13");
  }
}

TEST(CompiledFile, NamesOutputsThatOnnxRequires) {
  EXPECT_EQ(opset_of_graph("(float[3] x) => (float[k] y) <int64[1] k = {2}> { y = TopK (x, k) }"),
            "13");
  EXPECT_EQ(opset_of_graph("(float[2,3] x, float[3] s) => (float[2,3] y) "
                           "{ y = BatchNormalization <training_mode = 1> (x, s, s, s, s) }"),
            "15");
}

TEST(CompiledFile, IsRefusedWhereNoOpsetAllowsTheTypes) {
  EXPECT_EQ(opset_of_graph("(bfloat16[2] x) => (y) { y = SequenceConstruct (x) }"),
            "node of output 'y' (SequenceConstruct): no version of ONNX's operator set has the "
            "operator for such types (inputs: bfloat16[2]), so the file would not be valid; cast "
            "to float around it, or run the model without compiling it to a file");
}

}  // namespace
}  // namespace gatefold::test
