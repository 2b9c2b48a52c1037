#include <gtest/gtest.h>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/evaluate.h"
#include "passes/pipeline.h"

/// Extents and numbers that are known only when the graph runs, and do not fit; inputs that lack.
namespace gatefold::test {
namespace {

using Int = std::int64_t;

template <typename Run>
void expect_error(Run run, const std::string& part, const std::string& what) {
  try {
    run();
    ADD_FAILURE() << what << ": nothing is refused";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
        << what << ": " << error.what();
  }
}

void expect_refused(const std::string& graph, const std::vector<Datum>& inputs,
                    const std::string& part) {
  expect_error([&] { evaluate(*parse_model(graph, "test").graph, inputs); }, part, "evaluated");
  expect_error(
      [&] { Context(std::make_shared<Executable>(parse_model(graph, "test").graph)).run(inputs); },
      part, "run");
  expect_error(
      [&] {
        const Model model = parse_model(graph, "test");
        run_passes(*model.graph, kInferencePipeline);
        Context(std::make_shared<Executable>(model.graph)).run(inputs);
      },
      part, "compiled and run");
}

TEST(UnfitInputs, SizesOfResizeAreNotPositive) {
  const Tensor x(DataType::kFloat32, {1, 1, 4, 4});
  for (const std::string mode : {"nearest", "linear", "cubic"}) {
    const std::string resize =
        "g (float[1,1,4,4] x, int64[4] s) => (float[a,b,c,d] y) { y = "
        "Resize <antialias = 1, mode = \"" +
        mode + "\"> (x, , , s) }";
    expect_refused(resize, {x, Tensor::of<Int>({4}, {1, 1, 0, 2})},
                   "size 2 is 0 but must be positive");
    expect_refused(resize, {x, Tensor::of<Int>({4}, {1, 1, 2, -2})}, "is negative");
  }
}

TEST(UnfitInputs, SizesOfResizeAreFoundBeforeRunning) {
  expect_refused(
      "g (float[2] x) => (float[a] y) <int64[1] s = {0}> { y = Resize <mode = \"linear\", "
      "antialias = 1> (x, , , s) }",
      {Tensor(DataType::kFloat32, {2})}, "size 0 is 0 but must be positive");
}

TEST(UnfitInputs, ScaleOfResizeLeavesNothing) {
  const std::string resize =
      "g (float[2] x, float[1] s) => (float[a] y) { y = Resize <mode = \"linear\", antialias = "
      "1> (x, , s) }";
  const std::vector<Datum> inputs{Tensor(DataType::kFloat32, {2}),
                                  Tensor::of<float>({1}, {1e-38F})};
  Context context(std::make_shared<Executable>(parse_model(resize, "test").graph));
  EXPECT_EQ(std::get<Tensor>(context.run(inputs)[0]).dims(), Dims{0});
  expect_refused(resize, {inputs[0], Tensor::of<float>({1}, {0})}, "must be positive");
}

TEST(UnfitInputs, ExtentsOfAProductDiffer) {
  expect_refused("g (float[n,m] a, float[k,2] b) => (float[p,q] y) { y = Gemm (a, b) }",
                 {Tensor(DataType::kFloat32, {2, 3}), Tensor(DataType::kFloat32, {2, 2})},
                 "the inner extents of the operands");
  expect_refused("g (float[n,m] a, float[k,2] b) => (float[p,q] y) { y = MatMul (a, b) }",
                 {Tensor(DataType::kFloat32, {2, 3}), Tensor(DataType::kFloat32, {2, 2})}, "3");
}

TEST(UnfitInputs, LengthsAreFewerThanSequences) {
  expect_refused(
      "g (float[3,n] x, int64[m] lengths) => (float[3,k] y) { y = ReverseSequence <batch_axis = "
      "1, time_axis = 0> (x, lengths) }",
      {Tensor(DataType::kFloat32, {3, 2}), Tensor(DataType::kInt64, {0})},
      "the batch extent of input and the length of sequence_lens");
}

TEST(UnfitInputs, PadsAreNotTwoForEachAxis) {
  expect_refused("g (float[2,3] x, int64[k] p) => (float[a,b] y) { y = Pad (x, p) }",
                 {Tensor(DataType::kFloat32, {2, 3}), Tensor::of<Int>({3}, {1, 0, 0})},
                 "input pads has 3 entries but must have 4");
}

TEST(UnfitInputs, AxisOfASequenceIsNone) {
  expect_refused(
      "<ir_version: 8, opset_import: [\"\" : 17]> g (float[3,2] x) => (y) <int64 T = {3}, bool go "
      "= {1}> { e = SequenceEmpty <dtype = 1> () s = Loop (T, go, e) <body = b (int64 i, bool c, "
      "p) => (bool d, q) { r = Gather (x, i) q = SequenceInsert (p, r) d = Identity (c) }> y = "
      "ConcatFromSequence <axis = -7, new_axis = 1> (s) }",
      {Tensor(DataType::kFloat32, {3, 2})}, "axis -7");
}

TEST(UnfitInputs, RegionsAreNoList) {
  expect_refused(
      "g (float[1,2,4,4] x, float r, int64[2] i) => (float[a,c,d,e] y) { y = RoiAlign "
      "<output_height = 2, output_width = 2> (x, r, i) }",
      {Tensor(DataType::kFloat32, {1, 2, 4, 4}), Tensor::scalar(1.0F),
       Tensor(DataType::kInt64, {2})},
      "must have 2");
}

TEST(UnfitInputs, SequenceIsMadeOfNothing) {
  expect_refused("g (float[2] x) => (int64 n) { s = SequenceConstruct () n = SequenceLength (s) }",
                 {Tensor(DataType::kFloat32, {2})}, "input number 0 is missing but required");
}

TEST(UnfitInputs, OutputsOfAScanHaveNoSuchAxis) {
  expect_refused(
      "g (float[3] h, float[3,2] x) => (float[3] y, float[a,b] z) { y, z = Scan "
      "<num_scan_inputs = 1, scan_output_axes = [3], body = b (float[3] s, float[2] t) => "
      "(float[3] u, float[a] v) { u = Identity (s) w = NonZero (t) k = Squeeze (w) v = Cast <to "
      "= 1> (k) }> (h, x) }",
      {Tensor(DataType::kFloat32, {3}), Tensor(DataType::kFloat32, {3, 2})}, "axis 3");
}

}  // namespace
}  // namespace gatefold::test
