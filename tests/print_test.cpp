#include "ir/print.h"

#include <gtest/gtest.h>

#include "frontend/onnx_reader.h"
#include "ir/verify.h"

namespace gatefold {
namespace {

// Printing, reading and printing again must give the same text.
void expect_print(std::string_view text, std::string_view expected) {
  const Model model = parse_model(text);
  verify(*model.graph);
  const std::string printed = print(*model.graph);
  EXPECT_EQ(printed, expected);
  const Model again = parse_model(printed);
  verify(*again.graph);
  EXPECT_EQ(print(*again.graph), printed);
}

TEST(Print, ShowsTypesAndInitializers) {
  expect_print(R"(
    pick (float[2,n] x) => (float[1,n] y, float[2] w) <float[2] w = {1.5, -2}> {
      i = Constant <value_ints = [1]> ()
      z = Constant <value_float = 2.0> ()
      y = Gather <axis = 0> (x, i)
    })",
               R"(pick (float[2,n] x) => (float[1,n] y, float[2] w)
  <float[2] w = {1.5, -2}, int64[1] i = {1}>
{
  z = Constant <value = float {2}> ()
  y = Gather <axis = 0> (x, i)  # float[1,n]
}
)");
}

TEST(Print, LeavesOutLargeData) {
  const Model model = parse_model(R"(
    g (int64[1] i) => (float[1] y) <float[17] w = {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17}> {
      y = Gather (w, i)
    })");
  EXPECT_EQ(print(*model.graph), R"(# w is a parameter with digest 284a07ec35023b50
g (int64[1] i,
    float[17] w) => (float[1] y) {
  y = Gather (w, i)  # float[1]
}
)");
}

TEST(Print, NamesTheDomainOfOurOwnOperators) {
  const std::string_view text = R"(g (float[2,3] dY, int64[2] i) => (float[9,3] dX)
  <int64[2] s = {9, 3}>
{
  dX = gatefold.GatherGrad (s, i, dY)  # float[9,3]
}
)";
  expect_print(text, text);
}

TEST(Print, MakesIdentifiers) {
  Graph graph("a/b");
  Value* x = graph.add_input("x:0", Type(DataType::kFloat32, Dims{2}));
  Value* y = graph.add_input("x.0", Type(DataType::kFloat32, Shape{Dim("batch size")}));
  graph.add_output("float", x);
  graph.add_output("x.0", y);
  EXPECT_EQ(
      print(graph),
      R"(a_b (float[2] x_0, float[batch_size] x_0_1) => (float[2] float_, float[batch_size] x_0_2) {
  float_ = Identity (x_0)
  x_0_2 = Identity (x_0_1)
}
)");
}

}  // namespace
}  // namespace gatefold
