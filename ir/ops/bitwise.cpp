#include <limits>
#include <string>
#include <type_traits>

#include "ir/ops/elementwise.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

template <typename Formula>
void evaluate_binary(EvaluateContext& context, Formula formula) {
  const Tensor& a = context.input(0);
  Tensor& c = context.output(0, a.dtype(), broadcast_input_dims(context));
  dispatch_integer(a.dtype(), [&]<typename T>() {
    map_broadcast<T, T, T>(a, context.input(1), c,
                           [&](T x, T y) { return static_cast<T>(formula(x, y)); });
  });
}

template <typename Formula>
OpDef binary(std::string_view name, std::string_view doc, Formula /*formula*/) {
  return {
      .name = name,
      .doc = doc,
      .since = 18,
      .inputs = {{"A", "T", kIntegerTypes}, {"B", "T", kIntegerTypes}},
      .outputs = {{"C", "T", kIntegerTypes}},
      .infer = infer_broadcast,
      .evaluate = [](EvaluateContext& context) { evaluate_binary(context, Formula{}); },
  };
}

void evaluate_not(EvaluateContext& context) {
  dispatch_integer(context.input(0).dtype(),
                   [&]<typename T>() { map<T>(context, [](T x) { return static_cast<T>(~x); }); });
}

OpDef bitwise_not() {
  return {
      .name = "BitwiseNot",
      .doc = "Formula: Y = all bits of X inverted\nSource: ONNX BitwiseNot-18",
      .since = 18,
      .inputs = {{"X", "T", kIntegerTypes}},
      .outputs = {{"Y", "T", kIntegerTypes}},
      .infer = infer_same_as_input,
      .evaluate = evaluate_not,
  };
}

void infer_shift(InferContext& context) {
  const std::string& direction = context.node().attr_string("direction");
  if (direction != "LEFT" && direction != "RIGHT") {
    context.fail("direction is '{}' but must be 'LEFT' or 'RIGHT'", direction);
  }
  infer_broadcast(context);
}

void evaluate_shift(EvaluateContext& context) {
  const bool is_left = context.node().attr_string("direction") == "LEFT";
  evaluate_binary(context, [&]<typename T>(T x, T y) -> T {
    if (y >= static_cast<T>(std::numeric_limits<T>::digits)) return T{};
    const auto wide = static_cast<std::uint64_t>(static_cast<std::make_unsigned_t<T>>(x));
    return static_cast<T>(is_left ? wide << y : wide >> y);
  });
}

OpDef bit_shift() {
  return {
      .name = "BitShift",
      .doc =
          "Formula: Z = X 2^Y for direction \"LEFT\", X / 2^Y for \"RIGHT\", with numpy's\n"
          "broadcasting; bits shifted out are lost\n"
          "Source: ONNX BitShift-11",
      .since = 11,
      .inputs = {{"X", "T", kUnsignedIntegerTypes}, {"Y", "T", kUnsignedIntegerTypes}},
      .outputs = {{"Z", "T", kUnsignedIntegerTypes}},
      .attrs = {{.name = "direction", .kind = AttrDef::Kind::kString, .is_required = true}},
      .infer = infer_shift,
      .evaluate = evaluate_shift,
  };
}

}  // namespace

std::vector<OpDef> bitwise() {
  return {
      binary("BitwiseAnd",
             "Formula: C = bits of A and B with numpy's broadcasting\nSource: ONNX BitwiseAnd-18",
             [](auto a, auto b) { return a & b; }),
      binary("BitwiseOr",
             "Formula: C = bits of A or B with numpy's broadcasting\nSource: ONNX BitwiseOr-18",
             [](auto a, auto b) { return a | b; }),
      binary("BitwiseXor",
             "Formula: C = bits of either A or B with numpy's broadcasting\n"
             "Source: ONNX BitwiseXor-18",
             [](auto a, auto b) { return a ^ b; }),
      bitwise_not(),
      bit_shift(),
  };
}

}  // namespace gatefold::ops
