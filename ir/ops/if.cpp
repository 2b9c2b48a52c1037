#include <optional>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"
#include "ir/ops/sub_graph_types.h"

namespace gatefold::ops {
namespace {

// A branch that is never taken may hold what does not fit the extents that decide so: nothing then.
std::optional<std::vector<Type>> infer_branch(const InferContext& context, std::string_view name,
                                              bool is_taken) {
  try {
    return context.infer_sub_graph(context.node().attr_graph(name), {});
  } catch (const Error&) {
    if (is_taken) throw;
    return std::nullopt;
  }
}

void refuse_inputs(const InferContext& context, std::string_view branch) {
  const auto& inputs = context.node().attr_graph(branch).inputs();
  if (inputs.empty()) return;
  context.fail(
      "its {} declares an input '{}', but branches are given none: they read values of the graphs "
      "around them by name",
      branch, inputs.front()->name());
}

void infer(InferContext& context) {
  refuse_inputs(context, "then_branch");
  refuse_inputs(context, "else_branch");
  const Tensor* condition = context.value(0);
  const bool is_known = condition != nullptr && condition->size() == 1;
  const bool holds = is_known && *condition->data<bool>();
  const auto then_types = infer_branch(context, "then_branch", !is_known || holds);
  const auto else_types = infer_branch(context, "else_branch", !is_known || !holds);
  const std::vector<Type>& taken = holds ? *then_types : *else_types;
  const auto& other = holds ? else_types : then_types;
  const std::size_t count = context.node().output_count();
  if ((other && other->size() != taken.size()) || count > taken.size()) {
    context.fail("the branches give {} and {} outputs but the node has {}; all must be equal",
                 (holds || !other ? taken : *other).size(),
                 (holds && other ? *other : taken).size(), count);
  }
  for (std::size_t i = 0; i < count; ++i) {
    Type type = taken[i];
    if (other) {
      const Type common =
          common_type(context, (*then_types)[i], (*else_types)[i], "the branches' outputs");
      if (!is_known) type = common;
    }
    context.set_output(i, std::move(type));
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
