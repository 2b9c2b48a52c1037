#include "frontend/onnx_reader.h"

#include <fmt/format.h>
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
  EXPECT_EQ(error_of("g (float[2] x) => (float[2] y) <int64[2] a> { a = Abs (x) y = Relu (a) }"),
            "m: value 'a': the model states int64[2] but its nodes give float[2]");
  EXPECT_EQ(error_of("<ir_version: 8, opset_import: [\"acme\" : 1]> "
                     "g (float[2] x) => (float[2] y) { y = Relu (x) }"),
            "m: node of output 'y' (Relu): the model states no version of the operator set "
            "'ai.onnx'; add it to its opset imports");
}

// A model of an opset in which `y` is computed from `x` by an operator.
std::string model_of(const std::string& opset, const std::string& nodes) {
  return "<ir_version: 8, opset_import: [\"\" : " + opset +
         "]> g (float[2] x, bool c) => (float[2] y) <float[2] one = {1, 1}> { " + nodes + " }";
}

TEST(OnnxReader, RefusesOpsetsThatItDoesNotKnow) {
  const std::string why =
      " of the operator set 'ai.onnx', but versions go from 1 to 27; export it with one of these";
  EXPECT_EQ(error_of(model_of("9999", "y = Relu (x)")), "m: the model states version 9999" + why);
  EXPECT_EQ(error_of(model_of("-3", "y = Relu (x)")), "m: the model states version -3" + why);
  EXPECT_EQ(error_of(model_of("17, \"ai.onnx\" : 18", "y = Relu (x)")),
            "m: the model states two versions of the operator set 'ai.onnx', 17 and 18");
  EXPECT_EQ(error_of(model_of("17, \"acme\" : -1", "y = Relu (x)")),
            "m: the model states version -1 of the operator set 'acme', but versions go from 1 "
            "upwards; export it with one of these");
  for (int opset = 1; opset <= 27; ++opset) {
    EXPECT_EQ(error_of(model_of(std::to_string(opset), "y = Relu (x)")), "") << opset;
  }
}

TEST(OnnxReader, RefusesOperatorsNewerThanTheOpset) {
  const auto age = [](const std::string& opset, const std::string& op) {
    return error_of(model_of(opset, "y = " + op));
  };
  EXPECT_EQ(age("7", "LayerNormalization (x, one)"),
            "m: node of output 'y' (LayerNormalization): the operator came with opset 17, but the "
            "model states opset 7 for it");
  EXPECT_EQ(age("17", "LayerNormalization (x, one)"), "");
  EXPECT_EQ(age("19", "Gelu (x)"),
            "m: node of output 'y' (Gelu): the operator came with opset 20, but the model states "
            "opset 19 for it");
  EXPECT_EQ(age("20", "Gelu (x)"), "");
  EXPECT_EQ(age("17", "Mish (x)").empty(), false);
  EXPECT_EQ(age("6", "Where (c, x, one)").empty(), false);
  // Experimental until opset 10.
  EXPECT_EQ(age("7", "ThresholdedRelu (x)"), "");
}

TEST(OnnxReader, RefusesBodiesThatDoNotFitTheirNodes) {
  const auto branch = [](const std::string& then_branch) {
    return error_of(
        model_of("17", "y = If <then_branch = " + then_branch +
                           ", else_branch = e () => (float[2] s) { s = Neg (x) }> (c)"));
  };
  EXPECT_EQ(branch("t () => (float[2] r) { r = Relu (x) }"), "");
  EXPECT_EQ(branch("t (float[2] a) => (float[2] r) { r = Relu (a) }"),
            "m: node of output 'y' (If): its then_branch declares an input 'a', but branches are "
            "given none: they read values of the graphs around them by name");
  EXPECT_EQ(branch("t () => () { r = Relu (x) }").empty(), false);
  EXPECT_EQ(branch("t () => (float[2] r, float[2] q) { r = Relu (x) q = Abs (x) }").empty(), false);
  const auto loop = [](const std::string& condition) {
    return error_of(model_of(
        "17", "y = Loop <body = b (int64 i, bool k, float[2] a) => (" + condition +
                  ", float[2] a2) { k2 = " + (condition.starts_with("float") ? "Neg" : "IsNaN") +
                  " (a) a2 = Relu (a) }> (_, c, x)"));
  };
  const std::string why = " but must be one bool";
  EXPECT_EQ(
      loop("float[2] k2"),
      "m: node of output 'y' (Loop): the body's first output, the condition, is float[2]" + why);
  EXPECT_EQ(
      loop("bool[2] k2"),
      "m: node of output 'y' (Loop): the body's first output, the condition, is bool[2]" + why);
  EXPECT_EQ(error_of(model_of("17",
                              "y, z = Scan <num_scan_inputs = 1, body = b (float[2] s, float v) => "
                              "(float[2] t, q) { t = Neg (s) q = SequenceConstruct (v) }> (x, x)")),
            "m: node of output 'y' (Scan): scan output 0 is seq(float[]) but must be a tensor");
}

TEST(OnnxReader, RefusesBranchesThatReadWhatComesLater) {
  const std::string node =
      "y = If <then_branch = t () => (float[2] r) { r = Relu (z) }, "
      "else_branch = e () => (float[2] s) { s = Neg (x) }> (c) ";
  EXPECT_EQ(error_of(model_of("17", "z = Abs (x) " + node)), "");
  EXPECT_EQ(error_of(model_of("17", node + "z = Abs (x)")),
            "m: node of output 'y' (If): its graph 'then_branch' reads 'z', which the graph around "
            "makes only after this node");
}

TEST(OnnxReader, LeavesOutNodesOfWhichNobodyWantsAnything) {
  const Model model = parse_model(R"(
    g (float[2,1,3] x) => (float[2,1,3] y) <float[1,4,3] w = {1,2,3,4,5,6,7,8,9,10,11,12},
                                            float[1,4,1] r = {1,2,3,4}> {
      _, , = LSTM <hidden_size = 1> (x, w, r)
      _ = Constant <value_int = 1> ()
      _ = Constant <value_int = 2> ()
      _ = acme.Unknown (x)
      y = Relu (x)
    })");
  EXPECT_EQ(model.graph->node_count(), 1U);
  EXPECT_EQ(model.graph->initializers().size(), 2U);
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

// Functions f0 .. f<count>, of which each calls the one before `calls` times in a row.
std::string nested_functions(int count, int calls) {
  constexpr std::string_view kHeader = "<domain: \"a\", opset_import: [\"\" : 17, \"a\" : 1]> ";
  std::string text = fmt::format(
      "<ir_version: 8, opset_import: [\"\" : 17, \"a\" : 1]> "
      "g (float[2] x) => (float[2] y) {{ y = a.f{} (x) }} {} f0 (v) => (w) {{ w = Relu (v) }} ",
      count, kHeader);
  for (int i = 1; i <= count; ++i) {
    text += fmt::format("{} f{} (v0) => (v{}) {{ ", kHeader, i, calls);
    for (int call = 0; call < calls; ++call) {
      text += fmt::format("v{} = a.f{} (v{}) ", call + 1, i - 1, call);
    }
    text += "} ";
  }
  return text;
}

TEST(OnnxReader, UnfoldsFunctionsUpToALimit) {
  EXPECT_EQ(parse_model(nested_functions(14, 2)).graph->node_count(), std::size_t{1} << 14);
  const std::string why =
      ": with it the functions that the model calls unfold to more than 1048576 nodes and calls; "
      "repeat what they do by a Loop or Scan";
  EXPECT_EQ(error_of(nested_functions(24, 2)), "m: node of output 'y' (f24)" + why);
  EXPECT_EQ(error_of(nested_functions(80, 2)), "m: node of output 'y' (f80)" + why);
  EXPECT_EQ(error_of(nested_functions(400, 1)), "");
  EXPECT_EQ(error_of(nested_functions(5000, 1)),
            "m: node of output 'v1' (f4500): functions and sub-graphs lie more than 500 deep "
            "inside each other");
}

TEST(OnnxReader, RefusesFunctionsThatCallThemselves) {
  constexpr std::string_view kHeader =
      "<ir_version: 8, opset_import: [\"\" : 17, \"a\" : 1]> "
      "g (float[2] x, bool c) => (float[2] y) { y = a.f (x, c) } ";
  const auto recursion = [&](const std::string& f, const std::string& h) {
    const std::string domain = " <domain: \"a\", opset_import: [\"\" : 17, \"a\" : 1]> ";
    return error_of(std::string(kHeader) + domain + "f (v, c) => (w) { " + f + " }" + domain +
                    "h (v, c) => (w) { " + h + " }");
  };
  EXPECT_EQ(recursion("w = a.h (v, c)", "w = Relu (v)"), "");
  EXPECT_EQ(recursion("w = a.f (v, c)", "w = Relu (v)"),
            "m: node of output 'w' (f): the function calls itself");
  EXPECT_EQ(recursion("w = a.h (v, c)", "w = a.f (v, c)"),
            "m: node of output 'w' (f): the function calls itself");
  EXPECT_EQ(recursion("w = If <then_branch = t () => (r) { r = a.f (v, c) }, "
                      "else_branch = e () => (s) { s = Neg (v) }> (c)",
                      "w = Relu (v)"),
            "m: node of output 'r' (f): the function calls itself");
}

}  // namespace
}  // namespace gatefold
