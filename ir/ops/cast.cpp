#include <string>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

// These two only matter for the 8-bit floats, which tensors here do not have; they are accepted
// and have no effect.
const AttrDef kSaturate{"saturate", AttrDef::Kind::kInt, 1, false, 19};
const AttrDef kRoundMode{"round_mode", AttrDef::Kind::kString, std::string("up"), false, 24};

void infer_cast(InferContext& context) {
  const std::int64_t number = context.node().attr_int("to");
  const DataType to = data_type_from_number(number);
  if (to == DataType::kUndefined) {
    context.fail(
        "to is {}, an element type that is not supported; supported are the floats of 16 "
        "to 64 bits, bfloat16, the integers of 8 to 64 bits, and bool",
        number);
  }
  context.set_output(0, {to, context.input(0).shape});
}

void infer_cast_like(InferContext& context) {
  context.set_output(0, {context.dtype(1), context.input(0).shape});
}

void evaluate_cast(EvaluateContext& context) {
  const DataType to = data_type_from_number(context.node().attr_int("to"));
  context.set_output(0, context.input(0).converted(context.compute_type(to)));
}

void evaluate_cast_like(EvaluateContext& context) {
  context.set_output(0, context.input(0).converted(context.input(1).dtype()));
}

}  // namespace

std::vector<OpDef> cast() {
  return {
      {
          .name = "Cast",
          .doc = "Converts elements to the type that the attribute `to` numbers as\n"
                 "TensorProto.DataType does: floats to integers are cut towards zero, what does\n"
                 "not fit an integer wraps, anything but zero is true.\n"
                 "Shapes: input [..] -> output [..]\n"
                 "Source: ONNX Cast-24",
          .since = 6,
          .inputs = {{"input", "T1", kAllTypes}},
          .outputs = {{"output", "T2", kAllTypes}},
          .attrs = {{.name = "to", .kind = AttrDef::Kind::kInt, .is_required = true},
                    kSaturate,
                    kRoundMode},
          .infer = infer_cast,
          .evaluate = evaluate_cast,
          .widen_half = false,
      },
      {
          .name = "CastLike",
          .doc = "As Cast, to the element type of target_type, whose elements do not matter.\n"
                 "Shapes: input [..], target_type any -> output [..]\n"
                 "Source: ONNX CastLike-24",
          .since = 15,
          .inputs = {{"input", "T1", kAllTypes}, {"target_type", "T2", kAllTypes}},
          .outputs = {{"output", "T2", kAllTypes}},
          .attrs = {kSaturate, kRoundMode},
          .infer = infer_cast_like,
          .evaluate = evaluate_cast_like,
          .widen_half = false,
      },
  };
}

}  // namespace gatefold::ops
