#include "frontend/opset_raise.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/evaluate.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

using Floats = std::vector<float>;

// A node of an old opset, its inputs, and what it must give.
struct RaiseCase {
  std::string name;
  std::int64_t opset;
  std::string graph;
  std::vector<Tensor> inputs;
  Dims dims;
  Floats output;
};

Tensor floats(Dims dims, const Floats& values) {
  return Tensor::of<float>(std::move(dims), values);
}

Tensor counting(Dims dims) {
  Tensor tensor(DataType::kFloat32, std::move(dims));
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    tensor.data<float>()[i] = static_cast<float>(i + 1);
  }
  return tensor;
}

const std::vector<RaiseCase>& raise_cases() {
  static const std::vector<RaiseCase> cases{
      {"ConsumedInputs",
       1,
       "(float[2] x) => (float[2] y) {y = Relu <consumed_inputs = [0]> (x)}",
       {floats({2}, {-1, 2})},
       {2},
       {0, 2}},
      {"BroadcastAxis",
       6,
       "(float[2,2,1] a, float[2] b) => (float[2,2,1] y) {y = Add <broadcast = 1, axis = 0> (a, "
       "b)}",
       {counting({2, 2, 1}), floats({2}, {10, 20})},
       {2, 2, 1},
       {11, 12, 23, 24}},
      {"BroadcastSuffix",
       6,
       "(float[2,2] a, float[2] b) => (float[2,2] y) {y = Sub <broadcast = 1> (a, b)}",
       {counting({2, 2}), floats({2}, {10, 20})},
       {2, 2},
       {-9, -18, -7, -16}},
      {"CastName",
       1,
       "(float[2] x) => (float[2] y) {i = Cast <to = \"INT32\"> (x) "
       "y = Cast <to = \"FLOAT\"> (i)}",
       {floats({2}, {1.5, -2.5})},
       {2},
       {1, -2}},
      {"ClipAttributes",
       6,
       "(float[3] x) => (float[3] y) {y = Clip <min = -1.0, max = 2.0> (x)}",
       {floats({3}, {-3, 0, 3})},
       {3},
       {-1, 0, 2}},
      {"ClipInSubGraph",
       10,
       "(float[1] x, bool c) => (float[1] y) {y = If <then_branch = t () => (float[1] a) "
       "{a = Clip <max = 0.5> (x)}, else_branch = e () => (float[1] b) {b = Neg (x)}> (c)}",
       {floats({1}, {3}), Tensor::scalar(true)},
       {1},
       {0.5}},
      {"ConcatDefault",
       1,
       "(float[1,2] a, float[1,1] b) => (float[1,3] y) {y = Concat (a, b)}",
       {floats({1, 2}, {1, 2}), floats({1, 1}, {3})},
       {1, 3},
       {1, 2, 3}},
      {"DftAxis",
       17,
       "(float[1,2,1,1] x) => (float[1,2,1,2] y) {y = DFT (x)}",
       {floats({1, 2, 1, 1}, {3, 1})},
       {1, 2, 1, 2},
       {4, 0, 2, 0}},
      {"BatchNormalizationInTraining",
       9,
       "(float[2,2] x) => (float[2,2] y) <float[2] one = {1, 1}, float[2] zero = {0, 0}> "
       "{y, mean, var, saved_mean, saved_var = BatchNormalization <epsilon = 0.0> "
       "(x, one, zero, zero, one)}",
       {floats({2, 2}, {1, 2, 3, 6})},
       {2, 2},
       {-1, -1, 1, 1}},
      {"Dropout",
       7,
       "(float[2] x) => (float[2] y) {y = Dropout <ratio = 0.9> (x)}",
       {floats({2}, {1, 2})},
       {2},
       {1, 2}},
      {"DropoutTest",
       6,
       "(float[2] x) => (float[2] y) {y = Dropout <is_test = 1> (x)}",
       {floats({2}, {1, 2})},
       {2},
       {1, 2}},
      {"GemmBroadcast",
       6,
       "(float[1,2] a, float[2,1] b, float[1] c) => (float[1,1] y) "
       "{y = Gemm <broadcast = 1> (a, b, c)}",
       {floats({1, 2}, {1, 2}), floats({2, 1}, {3, 4}), floats({1}, {5})},
       {1, 1},
       {16}},
      {"HardmaxFlattens",
       12,
       "(float[1,2,2] x) => (float[1,2,2] y) {y = Hardmax (x)}",
       {floats({1, 2, 2}, {1, 4, 2, 3})},
       {1, 2, 2},
       {0, 1, 0, 0}},
      {"PadAttributes",
       10,
       "(float[2] x) => (float[4] y) {y = Pad <pads = [1, 1], value = 7.0> (x)}",
       {floats({2}, {1, 2})},
       {4},
       {7, 1, 2, 7}},
      {"PadFirst",
       1,
       "(float[2] x) => (float[3] y) {y = Pad <paddings = [0, 1]> (x)}",
       {floats({2}, {1, 2})},
       {3},
       {1, 2, 0}},
      {"PreluChannels",
       6,
       "(float[1,2,2] x, float[2] s) => (float[1,2,2] y) {y = PRelu (x, s)}",
       {floats({1, 2, 2}, {-1, -2, -3, 4}), floats({2}, {2, 3})},
       {1, 2, 2},
       {-2, -4, -9, 4}},
      {"ReduceAxes",
       13,
       "(float[2,2] x) => (float[2] y) {y = ReduceMean <axes = [1], keepdims = 0> (x)}",
       {counting({2, 2})},
       {2},
       {1.5, 3.5}},
      {"ReduceSumAxes",
       11,
       "(float[2,2] x) => (float[2] y) {y = ReduceSum <axes = [0], keepdims = 0> (x)}",
       {counting({2, 2})},
       {2},
       {4, 6}},
      {"ReshapeAttribute",
       1,
       "(float[2,2] x) => (float[4] y) {y = Reshape <shape = [-1]> (x)}",
       {counting({2, 2})},
       {4},
       {1, 2, 3, 4}},
      {"ScanBatch",
       8,
       "(float[2,1] s, float[2,3,1] x) => (float[2,1] y, float[2,3,1] all) {y, all = Scan "
       "<num_scan_inputs = 1, body = b (float[1] a, float[1] b) => (float[1] c, float[1] d) "
       "{c = Add (a, b) d = Identity (c)}> (_, s, x)}",
       {floats({2, 1}, {0, 10}), counting({2, 3, 1})},
       {2, 1},
       {6, 25}},
      {"ScanLengths",
       8,
       "(float[2,1] s, float[2,3,1] x, int64[2] n) => (float[2,1] y) {y, all = Scan "
       "<num_scan_inputs = 1, body = b (float[1] a, float[1] b) => (float[1] c, float[1] d) "
       "{c = Add (a, b) d = Identity (c)}> (n, s, x)}",
       {floats({2, 1}, {0, 10}), counting({2, 3, 1}), Tensor::of<std::int64_t>({2}, {3, 1})},
       {2, 1},
       {6, 14}},
      {"ScanLengthsPadWithZeros",
       8,
       "(float[2,1] s, float[2,3,1] x) => (float[2,3,1] all) <int64[2] n = {2, 3}> {y, all = Scan "
       "<num_scan_inputs = 1, body = b (float[1] a, float[1] b) => (float[1] c, float[1] d) "
       "{c = Add (a, b) d = Identity (c)}> (n, s, x)}",
       {floats({2, 1}, {0, 10}), counting({2, 3, 1})},
       {2, 3, 1},
       {1, 3, 0, 14, 19, 25}},
      {"ScanLengthsReversed",
       8,
       "(float[2,3,1] x, int64[2] n) => (float[2,3,1] all) {all = Scan "
       "<num_scan_inputs = 2, directions = [1, 0], body = b (float[1] a, float[1] b) => (float[1] "
       "d) {t = Add (a, a) d = Sub (t, b)}> (n, x, x)}",
       {counting({2, 3, 1}), Tensor::of<std::int64_t>({2}, {2, 3})},
       {2, 3, 1},
       {3, 0, 0, 8, 5, 2}},
      {"ScanLengthOfZero",
       8,
       "(float[2,1] s, float[2,3,1] x, int64[2] n) => (float[2,1] y) {y, all = Scan "
       "<num_scan_inputs = 1, body = b (float[1] a, float[1] b) => (float[1] c, float[1] d) "
       "{c = Add (a, b) d = Identity (c)}> (n, s, x)}",
       {floats({2, 1}, {0, 10}), counting({2, 3, 1}), Tensor::of<std::int64_t>({2}, {0, 2})},
       {2, 1},
       {0, 19}},
      {"ScanLengthsInSubGraph",
       8,
       "(float[1,2,1] x, int64[1] n, bool c) => (float[1,2,1] y) {y = If <then_branch = t () => "
       "(float[1,2,1] p) {p = Scan <num_scan_inputs = 1, body = b (float[1] a) => (float[1] d) "
       "{d = Neg (a)}> (n, x)}, else_branch = e () => (float[1,2,1] q) {q = Neg (x)}> (c)}",
       {counting({1, 2, 1}), Tensor::of<std::int64_t>({1}, {1}), Tensor::scalar(true)},
       {1, 2, 1},
       {-1, 0}},
      {"Scatter",
       9,
       "(float[3] x, int64[1] i, float[1] u) => (float[3] y) {y = Scatter (x, i, u)}",
       {counting({3}), Tensor::of<std::int64_t>({1}, {1}), floats({1}, {9})},
       {3},
       {1, 9, 3}},
      {"SliceAttributes",
       9,
       "(float[2,3] x) => (float[2,1] y) {y = Slice <starts = [1], ends = [2], axes = [1]> (x)}",
       {counting({2, 3})},
       {2, 1},
       {2, 5}},
      {"SoftmaxFlattens",
       11,
       "(float[1,2,2] x) => (float[1,2,2] y) {y = Softmax (x)}",
       {floats({1, 2, 2}, {1, 1, 1, 1})},
       {1, 2, 2},
       {0.25, 0.25, 0.25, 0.25}},
      {"SoftmaxLastAxis",
       11,
       "(float[1,2] x) => (float[1,2] y) {y = Softmax (x)}",
       {floats({1, 2}, {1, 1})},
       {1, 2},
       {0.5, 0.5}},
      {"SplitAttribute",
       11,
       "(float[3] x) => (float[2] y, float[1] z) {y, z = Split <split = [2, 1]> (x)}",
       {counting({3})},
       {2},
       {1, 2}},
      {"SplitEqual",
       13,
       "(float[4] x) => (float[2] y) {y, z = Split (x)}",
       {counting({4})},
       {2},
       {1, 2}},
      {"SqueezeAxes",
       11,
       "(float[1,2,1] x) => (float[2,1] y) {y = Squeeze <axes = [0]> (x)}",
       {counting({1, 2, 1})},
       {2, 1},
       {1, 2}},
      {"SplitToSequenceUnbind",
       13,
       "(float[2,2] x) => (float[2] y) <int64 size = {1}, int64 at = {1}> {s = SplitToSequence "
       "<axis = 1, keepdims = 0> (x, size) y = SequenceAt (s, at)}",
       {counting({2, 2})},
       {2},
       {2, 4}},
      {"ResizeBehindHalfPixelFloor",
       11,
       "(float[4] x) => (float[7] y) <float[1] scales = {1.75}> {y = Resize "
       "<coordinate_transformation_mode = \"tf_half_pixel_for_nn\", nearest_mode = \"floor\"> (x, "
       ", scales)}",
       {counting({4})},
       {7},
       {1, 1, 2, 3, 3, 4, 4}},
      {"ResizeBehindHalfPixelPreferFloor",
       11,
       "(float[4] x) => (float[2] y) <float[1] scales = {0.5}> {y = Resize "
       "<coordinate_transformation_mode = \"tf_half_pixel_for_nn\"> (x, , scales)}",
       {counting({4})},
       {2},
       {2, 4}},
      {"ResizeBehindHalfPixelCeil",
       12,
       "(float[4] x) => (float[2] y) <int64[1] sizes = {2}> {y = Resize "
       "<coordinate_transformation_mode = \"tf_half_pixel_for_nn\", nearest_mode = \"ceil\"> (x, , "
       ", sizes)}",
       {counting({4})},
       {2},
       {2, 4}},
      {"ResizeBehindHalfPixelPreferCeil",
       11,
       "(float[4] x) => (float[8] y) <float[1] scales = {2.0}> {y = Resize "
       "<coordinate_transformation_mode = \"tf_half_pixel_for_nn\", nearest_mode = "
       "\"round_prefer_ceil\"> (x, , scales)}",
       {counting({4})},
       {8},
       {1, 2, 2, 3, 3, 4, 4, 4}},
      {"ResizeBehindHalfPixelLinear",
       11,
       "(float[4] x) => (float[8] y) <float[1] scales = {2.0}> {y = Resize "
       "<coordinate_transformation_mode = \"tf_half_pixel_for_nn\", mode = \"linear\"> (x, , "
       "scales)}",
       {counting({4})},
       {8},
       {1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4, 4}},
      {"SplitToSequenceOfTwo",
       13,
       "(float[2,2] x) => (float[2,2] y) <int64 size = {2}, int64 at = {0}> {s = SplitToSequence "
       "<axis = 1, keepdims = 0> (x, size) y = SequenceAt (s, at)}",
       {counting({2, 2})},
       {2, 2},
       {1, 2, 3, 4}},
      {"TileAxis",
       1,
       "(float[2] x) => (float[4] y) <float[1] n = {2}, float[1] axis = {0}> "
       "{y = Tile (x, n, axis)}",
       {counting({2})},
       {4},
       {1, 2, 1, 2}},
      {"TopKAttribute",
       9,
       "(float[3] x) => (float[1] y) {y, i = TopK <k = 1, axis = 0> (x)}",
       {floats({3}, {1, 5, 3})},
       {1},
       {5}},
      {"UnsqueezeAxes",
       11,
       "(float[2] x) => (float[2,1] y) {y = Unsqueeze <axes = [1]> (x)}",
       {counting({2})},
       {2, 1},
       {1, 2}},
  };
  return cases;
}

Model read(const RaiseCase& test) {
  return parse_model(
      fmt::format("<ir_version: 7, opset_import: [\"\" : {}]> g {}", test.opset, test.graph));
}

class OpsetRaise : public testing::TestWithParam<RaiseCase> {};

TEST_P(OpsetRaise, GivesWhatTheOldFormGave) {
  const RaiseCase& test = GetParam();
  const Model model = read(test);
  const std::vector<Datum> inputs(test.inputs.begin(), test.inputs.end());
  const Tensor result = std::get<Tensor>(evaluate(*model.graph, inputs)[0]);
  EXPECT_EQ(result.dims(), test.dims);
  ASSERT_EQ(result.size(), static_cast<std::int64_t>(test.output.size()));
  for (std::size_t i = 0; i < test.output.size(); ++i) {
    EXPECT_NEAR(result.data<float>()[i], test.output[i], 1e-6) << "element " << i;
  }
}

TEST(OpsetRaiseErrors, RefusesAModeThatItsOpsetDoesNotHave) {
  try {
    parse_model(R"(<ir_version: 7, opset_import: ["" : 13]>
      g (float[4] x) => (float[8] y) <float[1] scales = {2.0}> {
        y = Resize <coordinate_transformation_mode = "tf_half_pixel_for_nn"> (x, , scales)
      })");
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("ended with opset 12, but the node is of opset 13"),
              std::string::npos)
        << error.what();
  }
}

/// What reading a scan of two sequences of three steps, and running it on `lengths`, says.
std::string message_of_scan(const std::string& inputs, const std::string& constants,
                            const std::vector<std::int64_t>& lengths) {
  const std::string graph = "(float[2,3,1] x" + inputs + ") => (float[2,3,1] y) " + constants +
                            "{y = Scan <num_scan_inputs = 1, body = b (float[1] a) => (float[1] d) "
                            "{d = Neg (a)}> (n, x)}";
  try {
    const Model model = read({"", 8, graph, {}, {}, {}});
    evaluate(*model.graph, {counting({2, 3, 1}), Tensor::of<std::int64_t>({2}, lengths)});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(OpsetRaiseErrors, RefusesLengthsThatAreNoneOfAScan) {
  EXPECT_NE(message_of_scan("", "<int64[2] n = {3, 4}>", {})
                .find("input sequence_lens holds 4 but must hold numbers from 0 to 3"),
            std::string::npos);
  for (const std::int64_t wrong : {4, -1}) {
    EXPECT_NE(message_of_scan(", int64[2] n", "", {3, wrong}).find("(Split)"), std::string::npos);
  }
  EXPECT_EQ(message_of_scan(", int64[2] n", "", {3, 0}), "");
}

INSTANTIATE_TEST_SUITE_P(All, OpsetRaise, testing::ValuesIn(raise_cases()),
                         [](const auto& info) { return info.param.name; });

// A damaged node of an old opset, and what is said about it.
struct DamagedNode {
  std::int64_t opset;
  std::string graph;
  std::string part;
};

TEST(OpsetRaiseRefuses, NodesThatAreDamaged) {
  const std::string missing = "input 0 is missing but required";
  const DamagedNode nodes[] = {
      {1, "(float[2] x) => (float[4] y) {y = Pad <paddings = [1, 1], value = 1.0> ()}", missing},
      {9, "(float[2] x) => (float[4] y) {y = Pad <pads = [1, 1], value = 1.0> ()}", missing},
      {9, "(float[2] x) => (float[2] y) {y = Clip <min = 0.0> ()}", missing},
      {9, "(float[2] x) => (float[2] y) {y = Softmax <axis = 0> ()}", missing},
      {8,
       "(float[2] x) => (float[2] y) {y = Scan <num_scan_inputs = 1, body = b (float[2] t) => "
       "(float[2] u) {u = Neg (t)}> ()}",
       missing},
      {6,
       "(float[2] a, float[2,3,2] b) => (float[2] y) {y = Add <broadcast = 1, axis = "
       "9223372036854775807> (a, b)}",
       "B has 3 dimensions, which do not fit into the 1 of A from axis 9223372036854775807 on"},
  };
  for (const auto& [opset, graph, part] : nodes) {
    try {
      read({.name = {}, .opset = opset, .graph = graph, .inputs = {}, .dims = {}, .output = {}});
      ADD_FAILURE() << graph << " is accepted";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace gatefold
