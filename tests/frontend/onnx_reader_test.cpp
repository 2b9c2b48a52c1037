#include "frontend/onnx_reader.h"

#include <gtest/gtest.h>

#include "ir/error.h"
#include "ir/evaluate.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

TEST(OnnxReader, ReadsAGraphInText) {
  const Model model = parse_model(R"(
    # A graph alone is of the newest opset.
    pick (float[2,n] x) => (float[1,n] y) <float[2] w = {1.5, -2}> {
      i = Constant <value_ints = [1]> ()
      y = Gather <axis = 0> (x, i)
    })");
  EXPECT_EQ(model.opset, kInternalOpset);
  const Graph& graph = *model.graph;
  EXPECT_EQ(graph.name(), "pick");
  ASSERT_EQ(graph.initializers().size(), 2U);
  EXPECT_EQ(graph.initializers().front()->kind(), Value::Kind::kParameter);
  EXPECT_EQ(graph.initializers().back()->kind(), Value::Kind::kConstant);
  EXPECT_EQ(to_string(graph.outputs()[0].value->type()), "float[1,n]");
}

TEST(OnnxReader, ListsEveryUnknownOperator) {
  try {
    parse_model("g (float[2] x) => (float[2] y) { a = Foo (x) b = Foo (a) y = acme.Bar (b) }", "m");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "m: 2 operators are not supported: Foo (output 'a', output 'b'), acme.Bar (output "
                 "'y')");
  }
}

}  // namespace
}  // namespace gatefold
