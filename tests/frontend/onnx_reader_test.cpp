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

std::string error_of(std::string_view text) {
  try {
    parse_model(text, "m");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(OnnxReader, RefusesGraphsThatAreNotSound) {
  EXPECT_EQ(error_of("g (float[2] x) => (float[2] y) { y = Relu (z) }"),
            "m: node of output 'y' (Relu): input 'z' is read but nothing defines it");
  EXPECT_EQ(error_of("g (float[2] x) => (float[2] y) { z = Relu (x) }"),
            "m: output 'y' of the graph is defined by nothing");
  EXPECT_EQ(error_of("g (float[2] x) => (float[2] y) { y = Relu (x) y = Neg (x) }"),
            "m: the name 'y' is defined more than once");
  EXPECT_EQ(error_of("g (float[2] x) => (float[2] y) { a = Add (x, y) y = Neg (a) }"),
            "m: node of output 'a' (Add): the graph has a cycle through this node");
  EXPECT_EQ(error_of("g (float[2] x) => (int64[2] y) { y = Relu (x) }"),
            "m: output 'y': the model states int64[2] but its nodes give float[2]");
  EXPECT_EQ(error_of("g (float[2] x) => (float[3] y) { y = Relu (x) }"),
            "m: output 'y': the model states float[3] but its nodes give float[2]");
  EXPECT_EQ(error_of("g (float[2] x) => (float[2,n] y) { y = Relu (x) }"),
            "m: output 'y': the model states float[2,n] but its nodes give float[2]");
  EXPECT_EQ(error_of("g (float[2] x) => (float[a,b] y) { y = Relu (x) }"), "");
  EXPECT_EQ(error_of("<ir_version: 8, opset_import: [\"acme\" : 1]> "
                     "g (float[2] x) => (float[2] y) { y = Relu (x) }"),
            "m: node of output 'y' (Relu): the model states no version of the operator set "
            "'ai.onnx'; add it to its opset imports");
}

TEST(OnnxReader, SortsNodes) {
  const Model model =
      parse_model("g (float[2] x) => (float[2] y) { y = Relu (b) b = Neg (a) a = Abs (x) }");
  EXPECT_EQ(model.graph->nodes().front()->op().name, "Abs");
  EXPECT_EQ(model.graph->nodes().back()->op().name, "Relu");
}

TEST(OnnxReader, SubGraphsUseOuterValues) {
  const Model model = parse_model(R"(
    g (float[2] x, bool c) => (float[2] y) {
      y = If <then_branch = t () => (float[2] r) { r = Relu (x) },
              else_branch = e () => (float[2] r) { r = Neg (x) }> (c)
    })");
  const Node& node = *model.graph->nodes().front();
  const Graph& branch = node.attr_graph("then_branch");
  EXPECT_EQ(branch.outer(), model.graph.get());
  EXPECT_EQ(branch.nodes().front()->input(0), model.graph->inputs()[0]);
  EXPECT_EQ(branch.outputs()[0].value->name(), "r");
}

TEST(OnnxReader, InlinesFunctions) {
  const Model model = parse_model(R"(
    <ir_version: 8, opset_import: ["" : 17, "acme" : 1]>
    g (float[2] x) => (float[2] y) {
      a = acme.twice <times = 3.0> (x)
      y = acme.twice <times = 2.0> (a)
    }
    <domain: "acme", opset_import: ["" : 17]>
    twice <times> (v) => (w) {
      k = Constant <value_float: float = @times> ()
      p = Mul (v, k)
      w = Relu (p)
    })");
  const std::vector<Datum> outputs =
      evaluate(*model.graph, {Tensor::of<float>({2}, {1.0F, -1.0F})});
  EXPECT_EQ(std::get<Tensor>(outputs[0]).data<float>()[0], 6.0F);
  EXPECT_EQ(std::get<Tensor>(outputs[0]).data<float>()[1], 0.0F);
  EXPECT_EQ(model.graph->outputs()[0].value->name(), "y");
}

}  // namespace
}  // namespace gatefold
