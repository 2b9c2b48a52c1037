#include <gtest/gtest.h>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "ir/error.h"

namespace gatefold::test {
namespace {

/// What compiling and running the model says, "" when it succeeds.
std::string message_of(const std::string& graph, std::vector<Datum> inputs) {
  try {
    Context context(std::make_shared<Executable>(parse_model(graph, "test").graph));
    context.run(inputs);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void expect_refused(const std::string& graph, std::vector<Datum> inputs, const std::string& part) {
  const std::string message = message_of(graph, std::move(inputs));
  EXPECT_NE(message.find(part), std::string::npos) << graph << ": " << message;
}

TEST(ElementwiseErrors, IntegerDivisionByZero) {
  const Tensor zeros(DataType::kInt64, {2});
  expect_refused("g (int64[2] a, int64[2] b) => (int64[2] c) { c = Div (a, b) }", {zeros, zeros},
                 "integer division by zero");
  const Tensor bytes(DataType::kInt8, {2});
  expect_refused("g (int8[2] a, int8[2] b) => (int8[2] c) { c = Div (a, b) }", {bytes, bytes},
                 "integer division by zero");
  expect_refused("g (int64[2] a, int64[2] b) => (int64[2] c) { c = Mod (a, b) }", {zeros, zeros},
                 "integer division by zero");
}

TEST(ElementwiseErrors, ShapesThatDoNotBroadcast) {
  const Tensor a(DataType::kFloat32, {2, 3});
  const Tensor b(DataType::kFloat32, {2});
  expect_refused("g (float[n,k] a, float[m] b) => (float[p,q] c) { c = Add (a, b) }", {a, b},
                 "cannot be broadcast together");
  const Tensor slope(DataType::kFloat32, {2, 2});
  expect_refused("g (float[m] x, float[n,k] s) => (float[p] y) { y = PRelu (x, s) }", {b, slope},
                 "slope [n,k] cannot be broadcast to the shape [m] of X");
}

TEST(ElementwiseErrors, AttributeValues) {
  const Tensor x(DataType::kFloat32, {2});
  expect_refused("g (float[2] x) => (float[2] y) { y = Gelu <approximate = \"fast\"> (x) }", {x},
                 "approximate is 'fast' but must be 'none' or 'tanh'");
  expect_refused("g (float[2] x) => (float[2] y) { y = Cast <to = 8> (x) }", {x}, "to is 8");
  expect_refused("g (float[2] a) => (float[2] c) { c = Mod (a, a) }", {x}, "fmod is 0");
  expect_refused("g () => (float[2] y) { y = RandomNormal <shape = [-1]> () }", {},
                 "must not be negative");
}

TEST(QuantizationErrors, ScalesAndZeroPointsThatDoNotMatch) {
  const Tensor x(DataType::kFloat32, {2, 3});
  for (const char* zero : {"uint8 z = {0}", "uint8[1] z = {0}", "uint8[2] z = {0, 0}"}) {
    expect_refused("g (float[2,3] x) => (uint8[2,3] y) <float[3] s = {1, 1, 1}, " +
                       std::string(zero) + "> { y = QuantizeLinear (x, s, z) }",
                   {x}, "must be equal, or both of one element");
  }
  expect_refused(
      "g (float[2,3] x, uint8[k] z) => (uint8[2,3] y) <float[1] s = {1}> { y = QuantizeLinear (x, "
      "s, z) }",
      {x, Tensor(DataType::kUint8, {3})}, "must be equal, or both of one element");
}

}  // namespace
}  // namespace gatefold::test
