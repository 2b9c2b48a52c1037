#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "ir/type.h"

namespace gatefold {

class InferContext;
class EvaluateContext;

/// ONNX's own domain is written "".
inline constexpr std::string_view kOnnxDomain;
/// Operators that ONNX does not have: the backward steps of those that stay whole in training.
inline constexpr std::string_view kGatefoldDomain = "gatefold";
/// ONNX's operators for training: Gradient and the optimizers.
inline constexpr std::string_view kTrainingDomain = "ai.onnx.preview.training";

/// The opset of ONNX's own domain that graphs use inside Gatefold. Importing raises older models to
/// it; each OpDef describes the operator's form at this version.
inline constexpr std::int64_t kInternalOpset = 24;

/// One input or output of an operator, named as ONNX names it.
struct Port {
  enum class Arity : std::int8_t { kRequired, kOptional, kVariadic };

  std::string_view name;
  /// Ports with the same letter have the same element type. Empty: no such tie.
  std::string_view type_variable = {};
  /// Element types accepted. Ignored for `holds_any` ports.
  DataTypeSet allowed = {};
  Arity arity = Arity::kRequired;
  /// The port also takes sequences and optionals; `infer` checks what it gets.
  bool holds_any = false;
};

/// One attribute of an operator.
struct AttrDef {
  enum class Kind : std::int8_t {
    kInt,
    kFloat,
    kString,
    kInts,
    kFloats,
    kStrings,
    kTensor,
    kGraph,
  };

  std::string_view name;
  Kind kind = Kind::kInt;
  /// Value when the attribute is not given. Without one the attribute is optional, unless required.
  std::optional<AttrValue> default_value = {};
  bool is_required = false;
  /// The opset that brought the attribute, when later than the operator's `since`.
  std::int64_t since = 0;
};

using InferFn = void (*)(InferContext& context);
using EvaluateFn = void (*)(EvaluateContext& context);

/// Everything the IR knows about one operator. Records are made once and live for ever.
struct OpDef {
  std::string_view domain = kOnnxDomain;
  std::string_view name = {};
  /// What it computes: shapes, formula, source (operator and opset).
  std::string_view doc = {};
  /// The opset from which this form of the operator is valid; the writer states the highest of
  /// them.
  std::int64_t since = 1;
  std::vector<Port> inputs = {};
  std::vector<Port> outputs = {};
  /// Attributes not listed here are refused.
  std::vector<AttrDef> attrs = {};
  /// Checks inputs and attributes and sets the output types; also the verifier. See infer.h.
  InferFn infer = nullptr;
  /// Computes the outputs with plain loops: the oracle, the constant folder, and the kernel of last
  /// resort. See evaluate.h.
  EvaluateFn evaluate = nullptr;
  /// float16 and bfloat16 inputs are widened to float before `evaluate` and its outputs narrowed
  /// after. False for operators that only move elements or handle halves themselves.
  bool widen_half = true;
  /// Looks at its inputs' shapes only, never at their elements.
  bool reads_only_shapes = false;
  /// Draws random numbers or otherwise differs from call to call: never folded, never merged.
  bool is_random = false;

  const AttrDef* find_attr(std::string_view name) const;
};

/// The operator `name` of `domain` ("" or "ai.onnx" for ONNX's own); nullptr if there is none.
const OpDef* find_op(std::string_view domain, std::string_view name);
/// As find_op, for operators known to exist.
const OpDef& op(std::string_view name, std::string_view domain = kOnnxDomain);
/// Every operator, ordered by domain and name.
std::span<const OpDef* const> all_ops();

}  // namespace gatefold
