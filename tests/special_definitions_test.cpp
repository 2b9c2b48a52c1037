#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "ir/evaluate.h"

namespace gatefold::test {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kMost = std::numeric_limits<float>::max();

/// A graph of one input x [4] and what its output must be.
struct DefinedCase {
  const char* name;
  const char* graph;  ///< Of the nodes: "y = Relu (x)".
  std::vector<float> x;
  std::vector<double> y;
};

const DefinedCase kCases[] = {
    {"ReduceMax", "y = ReduceMax (x)", {1, kNan, 3, -2}, {kNan}},
    {"ReduceMaxOfNaN", "y = ReduceMax (x)", {kNan, kNan, kNan, kNan}, {kNan}},
    {"ReduceMaxOfInfinities",
     "y = ReduceMax (x)",
     {-kInfinity, -kInfinity, -kInfinity, -kInfinity},
     {-kInfinity}},
    {"ReduceMin", "y = ReduceMin (x)", {kNan, 1, 3, -2}, {kNan}},
    {"ReduceLogSumExp", "y = ReduceLogSumExp (x)", {1, kNan, 3, -2}, {kNan}},
    {"ArgMax", "y = ArgMax <keepdims = 0> (x)", {1, kNan, kInfinity, kNan}, {1}},
    {"ArgMaxLast", "y = ArgMax <select_last_index = 1> (x)", {1, kNan, 3, kNan}, {3}},
    {"ArgMin", "y = ArgMin (x)", {-kInfinity, 2, kNan, kNan}, {2}},
    {"Hardmax", "y = Hardmax <axis = 0> (x)", {7, kNan, 9, kNan}, {0, 1, 0, 0}},
    {"Max", "y = Max (x, one)", {0, kNan, kInfinity, -kInfinity}, {1, kNan, kInfinity, 1}},
    {"MaxOfNaN", "nan = Div (zero, zero) y = Max (x, nan)", {0, 1, 2, 3}, {kNan, kNan, kNan, kNan}},
    {"Min", "y = Min (one, x)", {0, kNan, kInfinity, -kInfinity}, {0, kNan, 1, -kInfinity}},
    {"Clip", "y = Clip (x, zero, one)", {kNan, kInfinity, -kInfinity, 0.5F}, {kNan, 1, 0, 0.5}},
    {"Relu", "y = Relu (x)", {kNan, kInfinity, -kInfinity, -1}, {kNan, kInfinity, 0, 0}},
    {"ThresholdedRelu", "y = ThresholdedRelu (x)", {kNan, kInfinity, 1, 2}, {0, kInfinity, 0, 2}},
    {"Sign", "y = Sign (x)", {kNan, kInfinity, -kInfinity, 0}, {kNan, 1, -1, 0}},
    {"Sigmoid", "y = Sigmoid (x)", {kNan, kInfinity, -kInfinity, 0}, {kNan, 1, 0, 0.5}},
    {"Swish", "y = Swish (x)", {kNan, kInfinity, -kMost, kMost}, {kNan, kInfinity, 0, kMost}},
    {"Gelu", "y = Gelu (x)", {kNan, kInfinity, -kMost, kMost}, {kNan, kInfinity, 0, kMost}},
    {"TopK", "v, y = TopK <axis = 0> (x, two)", {1, kNan, kInfinity, kNan}, {1, 3}},
    {"MaxPool",
     "p = Reshape (x, plane) m = MaxPool <kernel_shape = [2], strides = [2]> (p) y = Flatten (m)",
     {kNan, 1, 2, 3},
     {kNan, 3}},
    {"MaxPoolIndices",
     "p = Reshape (x, plane) m, y = MaxPool <kernel_shape = [4]> (p)",
     {1, kNan, kInfinity, kNan},
     {1}},
    {"MaxPoolPadded",
     "p = Reshape (x, plane) y = MaxPool <kernel_shape = [2], pads = [1, 0]> (p)",
     {-kInfinity, -kInfinity, kNan, 1},
     {-kInfinity, -kInfinity, kNan, kNan}},
    {"GlobalMaxPool", "p = Reshape (x, plane) y = GlobalMaxPool (p)", {1, kNan, 3, 2}, {kNan}},
    {"MaxRoiPool",
     "p = Reshape (x, image) y = MaxRoiPool <pooled_shape = [1, 1]> (p, region)",
     {1, kNan, 3, 2},
     {kNan}},
    {"DynamicQuantizeLinear", "q, y, z = DynamicQuantizeLinear (x)", {1, kNan, 3, 2}, {kNan}},
    {"ScatterElementsMax",
     "y = ScatterElements <reduction = \"max\"> (x, at, one4)",
     {0, kNan, 2, 3},
     {1, kNan, 2, 3}},
    {"OneHot", "y = OneHot (x, two, pair)", {kNan, 1, kInfinity, 0}, {0, 0, 0, 5, 0, 0, 5, 0}},
    {"CastToInteger", "y = Cast <to = 6> (x)", {kNan, kInfinity, -kInfinity, -2.5F}, {0, 0, 0, -2}},
    {"CastToBool", "y = Cast <to = 9> (x)", {kNan, -0.0F, -kInfinity, 1e-40F}, {1, 0, 1, 1}},
};

std::string text_of(const DefinedCase& test) {
  return std::string(
             "g (float[4] x) => (y) <float one = {1.0}, float zero = {0.0}, int64[1] two = "
             "{2}, int64[3] plane = {1, 1, 4}, int64[4] image = {1, 1, 2, 2}, float[1,5] "
             "region = {0.0, 0.0, 0.0, 1.0, 1.0}, int64[4] at = {0, 1, 2, 3}, float[4] one4 "
             "= {1.0, 1.0, 1.0, 1.0}, float[2] pair = {0.0, 5.0}> { ") +
         test.graph + " }";
}

void expect_numbers(const Tensor& actual, const std::vector<double>& wanted, const char* what) {
  ASSERT_EQ(actual.size(), static_cast<std::int64_t>(wanted.size())) << what;
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    const double number = actual.number_at(i);
    const bool is_same = std::isnan(wanted[i]) ? std::isnan(number) : number == wanted[i];
    EXPECT_TRUE(is_same) << what << ": element " << i << " is " << number << ", not " << wanted[i];
  }
}

TEST(SpecialDefinitions, NaNWinsAndInfinitiesAreNumbers) {
  for (const DefinedCase& test : kCases) {
    SCOPED_TRACE(test.name);
    const Model model = parse_model(text_of(test), test.name);
    const Datum x = Tensor::of<float>({4}, test.x);
    expect_numbers(std::get<Tensor>(evaluate(*model.graph, {x})[0]), test.y, "evaluated");
    expect_numbers(std::get<Tensor>(evaluate(*model.graph, {x}, Precision::kDouble)[0]), test.y,
                   "in double");
    Context context(std::make_shared<Executable>(model.graph));
    expect_numbers(std::get<Tensor>(context.run({&x, 1})[0]), test.y, "run");
  }
}

}  // namespace
}  // namespace gatefold::test
