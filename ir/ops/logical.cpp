#include <cmath>
#include <limits>

#include "ir/ops/elementwise.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

struct Entry {
  std::string_view name;
  std::int64_t since;
  DataTypeSet types;
  std::string_view doc;
};

OpDef make_binary(const Entry& entry, EvaluateFn evaluate) {
  return {
      .name = entry.name,
      .doc = entry.doc,
      .since = entry.since,
      .inputs = {{"A", "T", entry.types}, {"B", "T", entry.types}},
      .outputs = {{"C", "T1", kBoolType}},
      .infer = infer_broadcast_to_bool,
      .evaluate = evaluate,
  };
}

/// Two inputs of one type compared to booleans; `Formula` is a captureless lambda.
template <typename Formula>
OpDef comparison(const Entry& entry, Formula /*formula*/) {
  return make_binary(entry, [](EvaluateContext& context) {
    const Tensor& a = context.input(0);
    Tensor& c = context.output(0, DataType::kBool, broadcast_input_dims(context));
    dispatch_numeric_or_bool(a.dtype(), [&]<typename T>() {
      map_broadcast<T, T, bool>(a, context.input(1), c, Formula{});
    });
  });
}

template <typename Formula>
OpDef on_booleans(const Entry& entry, Formula /*formula*/) {
  return make_binary(entry, [](EvaluateContext& context) {
    Tensor& c = context.output(0, DataType::kBool, broadcast_input_dims(context));
    map_broadcast<bool, bool, bool>(context.input(0), context.input(1), c, Formula{});
  });
}

void infer_to_bool(InferContext& context) {
  context.set_output(0, {DataType::kBool, context.input(0).shape});
}

void evaluate_not(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  map<bool, bool>(x, context.output(0, DataType::kBool, x.dims()), [](bool b) { return !b; });
}

OpDef logical_not() {
  return {
      .name = "Not",
      .doc = "Formula: Y = not X\nSource: ONNX Not-1",
      .since = 1,
      .inputs = {{"X", "T", kBoolType}},
      .outputs = {{"Y", "T", kBoolType}},
      .infer = infer_same_as_input,
      .evaluate = evaluate_not,
  };
}

void evaluate_is_inf(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  Tensor& y = context.output(0, DataType::kBool, x.dims());
  const bool detects_negative = context.node().attr_int("detect_negative") != 0;
  const bool detects_positive = context.node().attr_int("detect_positive") != 0;
  dispatch_float(x.dtype(), [&]<typename T>() {
    map<T, bool>(x, y, [&](T element) {
      return std::isinf(element) && (element < 0 ? detects_negative : detects_positive);
    });
  });
}

OpDef is_inf() {
  return {
      .name = "IsInf",
      .doc =
          "Formula: Y = X is -infinity (if detect_negative) or infinity (if detect_positive)\n"
          "Source: ONNX IsInf-20",
      .since = 10,
      .inputs = {{"X", "T1", kFloatTypes}},
      .outputs = {{"Y", "T2", kBoolType}},
      .attrs = {{"detect_negative", AttrDef::Kind::kInt, 1},
                {"detect_positive", AttrDef::Kind::kInt, 1}},
      .infer = infer_to_bool,
      .evaluate = evaluate_is_inf,
  };
}

void evaluate_is_nan(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  Tensor& y = context.output(0, DataType::kBool, x.dims());
  dispatch_float(x.dtype(), [&]<typename T>() {
    map<T, bool>(x, y, [](T element) { return std::isnan(element); });
  });
}

OpDef is_nan() {
  return {
      .name = "IsNaN",
      .doc = "Formula: Y = X is not a number\nSource: ONNX IsNaN-20",
      .since = 9,
      .inputs = {{"X", "T1", kFloatTypes}},
      .outputs = {{"Y", "T2", kBoolType}},
      .infer = infer_to_bool,
      .evaluate = evaluate_is_nan,
  };
}

}  // namespace

std::vector<OpDef> logical() {
  return {
      comparison({"Equal", 7, kAllTypes,
                  "Formula: C = (A == B) with numpy's broadcasting\nSource: ONNX Equal-19"},
                 [](auto a, auto b) { return a == b; }),
      comparison({"Greater", 7, kNumericTypes,
                  "Formula: C = (A > B) with numpy's broadcasting\nSource: ONNX Greater-13"},
                 [](auto a, auto b) { return a > b; }),
      comparison({"GreaterOrEqual", 12, kNumericTypes,
                  "Formula: C = (A >= B) with numpy's broadcasting\n"
                  "Source: ONNX GreaterOrEqual-16"},
                 [](auto a, auto b) { return a >= b; }),
      comparison({"Less", 7, kNumericTypes,
                  "Formula: C = (A < B) with numpy's broadcasting\nSource: ONNX Less-13"},
                 [](auto a, auto b) { return a < b; }),
      comparison({"LessOrEqual", 12, kNumericTypes,
                  "Formula: C = (A <= B) with numpy's broadcasting\nSource: ONNX LessOrEqual-16"},
                 [](auto a, auto b) { return a <= b; }),
      on_booleans({"And", 7, kBoolType,
                   "Formula: C = A and B with numpy's broadcasting\nSource: ONNX And-7"},
                  [](bool a, bool b) { return a && b; }),
      on_booleans(
          {"Or", 7, kBoolType, "Formula: C = A or B with numpy's broadcasting\nSource: ONNX Or-7"},
          [](bool a, bool b) { return a || b; }),
      on_booleans({"Xor", 7, kBoolType,
                   "Formula: C = either A or B with numpy's broadcasting\nSource: ONNX Xor-7"},
                  [](bool a, bool b) { return a != b; }),
      logical_not(),
      is_inf(),
      is_nan(),
  };
}

}  // namespace gatefold::ops
