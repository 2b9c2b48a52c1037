#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"
#include "ir/ops/sub_graph_types.h"

namespace gatefold::ops {
namespace {

void refuse_inputs(const InferContext& context, std::string_view branch) {
  const auto& inputs = context.node().attr_graph(branch).inputs();
  if (inputs.empty()) return;
  context.fail(
      "its {} declares an input '{}', but branches are given none: they read values of the graphs "
      "around them by name",
      branch, inputs.front()->name());
}

void infer(InferContext& context) {
  const Node& node = context.node();
  refuse_inputs(context, "then_branch");
  refuse_inputs(context, "else_branch");
  const std::vector<Type> then_types = context.infer_sub_graph(node.attr_graph("then_branch"), {});
  const std::vector<Type> else_types = context.infer_sub_graph(node.attr_graph("else_branch"), {});
  if (then_types.size() != else_types.size() || node.output_count() > then_types.size()) {
    context.fail("the branches give {} and {} outputs but the node has {}; all must be equal",
                 then_types.size(), else_types.size(), node.output_count());
  }
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    context.set_output(i,
                       common_type(context, then_types[i], else_types[i], "the branches' outputs"));
  }
}

void evaluate(EvaluateContext& context) {
  const Tensor& condition = context.input(0);
  if (condition.size() != 1) {
    context.fail("input cond has {} elements but must have one", condition.size());
  }
  const Graph& branch =
      context.node().attr_graph(*condition.data<bool>() ? "then_branch" : "else_branch");
  std::vector<Datum> results = context.run_sub_graph(branch, {});
  for (std::size_t i = 0; i < context.output_count(); ++i) {
    context.set_output(i, std::move(results[i]));
  }
}

}  // namespace

std::vector<OpDef> if_then_else() {
  return {{
      .name = "If",
      .doc = "Runs one of two sub-graphs and gives its outputs.\n"
             "Shapes: cond bool[] -> whatever the branches give\n"
             "Source: ONNX If-11",
      .since = 1,
      .inputs = {{"cond", "B", kBoolType}},
      .outputs = {{"outputs", "", kAllTypes, Port::Arity::kVariadic, true}},
      .attrs = {{"then_branch", AttrDef::Kind::kGraph, {}, true},
                {"else_branch", AttrDef::Kind::kGraph, {}, true}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
