#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

constexpr DataTypeSet kTypes{DataType::kFloat32, DataType::kFloat64, DataType::kFloat16};

void infer(InferContext& context) {
  const std::size_t xs = context.node().attr_strings("xs").size();
  const std::size_t zs = context.node().attr_strings("zs").size();
  if (context.input_count() != xs + zs) {
    context.fail("it has {} inputs but attributes 'xs' and 'zs' name {} values",
                 context.input_count(), xs + zs);
  }
  if (context.node().output_count() > xs) {
    context.fail("it has {} outputs but attribute 'xs' names only {} values",
                 context.node().output_count(), xs);
  }
  for (std::size_t i = 0; i < context.input_count(); ++i) {
    if (!context.has_input(i)) context.fail("input {} is missing", i);
  }
  for (std::size_t i = 0; i < context.node().output_count(); ++i) {
    if (context.node().output(i) == nullptr) continue;
    const Type& type = context.input(i);
    if (!type.is_tensor() || !kTypes.contains(type.dtype)) {
      context.fail("{} is {}, which has no gradient", context.name_of_input(i), to_string(type));
    }
    context.set_output(i, type);
  }
}

void evaluate(EvaluateContext& context) {
  context.fail("it can only be run after the pass 'expand-gradients'");
}

}  // namespace

std::vector<OpDef> gradient() {
  return {{
      .domain = kTrainingDomain,
      .name = "Gradient",
      .doc =
          "The gradients of a value of the graph with respect to others. y is a function of the "
          "values named xs and zs; it is differentiated where xs and zs are the inputs. The pass "
          "'expand-gradients' puts what computes it in its place.\n"
          "Inputs: a value for each of xs, then for each of zs\n"
          "Outputs: d sum(y) / dx for each of xs, in the shape of x\n"
          "Source: ONNX ai.onnx.preview.training Gradient-1",
      .inputs = {{"Inputs", {}, kAllTypes, Port::Arity::kVariadic}},
      .outputs = {{"Outputs", {}, kTypes, Port::Arity::kVariadic}},
      .attrs = {{.name = "xs", .kind = AttrDef::Kind::kStrings, .is_required = true},
                {.name = "y", .kind = AttrDef::Kind::kString, .is_required = true},
                {.name = "zs", .kind = AttrDef::Kind::kStrings}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
