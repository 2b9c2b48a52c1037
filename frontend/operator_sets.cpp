#include "frontend/operator_sets.h"

#include <fmt/format.h>
#include <onnx/defs/schema.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "ir/op_def.h"

namespace gatefold {
namespace {

/// An operator, or element types of one, that came with an opset.
struct Arrival {
  std::string_view op;
  std::int64_t opset;
  DataTypeSet types;
};

constexpr DataTypeSet kBfloat16{DataType::kBfloat16};
constexpr DataTypeSet kHalfTypes{DataType::kFloat16, DataType::kBfloat16};
constexpr DataTypeSet kOlderFloatTypes{DataType::kFloat32, DataType::kFloat64, DataType::kFloat16};
constexpr DataTypeSet k16BitTypes{DataType::kInt16, DataType::kUint16};

// What the schemas of ONNX 1.12 do not say: what came after its opset 17, by the changelog of ONNX
// 1.22, and what was experimental from opset 1 on. Newer libraries know parts of it themselves.
constexpr Arrival kArrivals[] = {
    {"Acos", 22, kBfloat16},
    {"Acosh", 22, kBfloat16},
    {"AffineGrid", 20, kFloatTypes | kInt64Type},
    {"Asin", 22, kBfloat16},
    {"Asinh", 22, kBfloat16},
    {"Atan", 22, kBfloat16},
    {"Atanh", 22, kBfloat16},
    {"Attention", 23, kAllTypes},
    {"AveragePool", 22, kBfloat16},
    {"Bernoulli", 22, kBfloat16},
    {"BitwiseAnd", 18, kIntegerTypes},
    {"BitwiseNot", 18, kIntegerTypes},
    {"BitwiseOr", 18, kIntegerTypes},
    {"BitwiseXor", 18, kIntegerTypes},
    {"CenterCropPad", 18, kAllTypes},
    {"Col2Im", 18, kAllTypes},
    {"ConstantOfShape", 20, kBfloat16},
    {"Conv", 22, kBfloat16},
    {"ConvTranspose", 22, kBfloat16},
    {"Cos", 22, kBfloat16},
    {"Cosh", 22, kBfloat16},
    {"DeformConv", 19, kOlderFloatTypes},
    {"DeformConv", 22, kBfloat16},
    {"DequantizeLinear", 19, kHalfTypes},
    {"DequantizeLinear", 21, k16BitTypes},
    {"Det", 22, kBfloat16},
    {"Dropout", 22, kBfloat16},
    {"Elu", 22, kBfloat16},
    {"EyeLike", 22, kBfloat16},
    {"GRU", 22, kBfloat16},
    {"Gelu", 20, kFloatTypes},
    {"GlobalAveragePool", 22, kBfloat16},
    {"GlobalLpPool", 22, kBfloat16},
    {"GlobalMaxPool", 22, kBfloat16},
    {"GridSample", 22, kBfloat16},
    {"GroupNormalization", 18, kFloatTypes},
    {"HardSigmoid", 22, kBfloat16},
    {"HardSwish", 22, kBfloat16},
    {"InstanceNormalization", 22, kBfloat16},
    {"IsInf", 20, kHalfTypes},
    {"LSTM", 22, kBfloat16},
    {"LpNormalization", 22, kBfloat16},
    {"LpPool", 22, kBfloat16},
    {"MaxPool", 22, kBfloat16},
    {"MaxRoiPool", 22, kBfloat16},
    {"MaxUnpool", 22, kBfloat16},
    {"MeanVarianceNormalization", 1, {}},
    {"Mish", 18, kOlderFloatTypes},
    {"Mish", 22, kBfloat16},
    {"Multinomial", 22, kBfloat16},
    {"NegativeLogLikelihoodLoss", 22, kBfloat16},
    {"OptionalGetElement", 18, kAllTypes},
    {"OptionalHasElement", 18, kAllTypes},
    {"QLinearMatMul", 21, kHalfTypes},
    {"QuantizeLinear", 19, kHalfTypes | DataTypeSet(DataType::kInt32)},
    {"QuantizeLinear", 21, k16BitTypes},
    {"RMSNormalization", 23, kFloatTypes},
    {"RNN", 22, kBfloat16},
    {"RandomNormal", 22, kBfloat16},
    {"RandomNormalLike", 22, kBfloat16},
    {"RandomUniform", 22, kBfloat16},
    {"RandomUniformLike", 22, kBfloat16},
    {"Range", 27, kHalfTypes},
    {"ReduceMax", 20, kBoolType},
    {"ReduceMin", 20, kBoolType},
    {"RoiAlign", 22, kBfloat16},
    {"RotaryEmbedding", 23, kHalfTypes | DataTypeSet(DataType::kFloat32, DataType::kInt64)},
    {"Round", 22, kBfloat16},
    {"Selu", 22, kBfloat16},
    {"Sin", 22, kBfloat16},
    {"Sinh", 22, kBfloat16},
    {"Softplus", 22, kBfloat16},
    {"Softsign", 22, kBfloat16},
    {"SplitToSequence", 24, kBfloat16},
    {"Swish", 24, kFloatTypes},
    {"Tan", 22, kBfloat16},
    {"TensorScatter", 24, kAllTypes},
    {"ThresholdedRelu", 1, {}},
    {"ThresholdedRelu", 22, kBfloat16},
    {"TopK", 24, kBfloat16},
    {"Upsample", 1, {}},
};

/// The operators that came with an opset, between spaces.
struct Generation {
  std::int64_t opset;
  std::string_view operators;
};

constexpr Generation kGenerations[] = {
    {7, " Acos Asin Atan Cos Multinomial Sin Tan "},
    {8, " Expand Scan "},
    {9,
     " Acosh Asinh Atanh Compress ConstantOfShape Cosh Erf EyeLike IsNaN MaxUnpool"
     " NonZero OneHot Scatter Shrink Sign Sinh TfIdfVectorizer Where "},
    {10,
     " ConvInteger DequantizeLinear IsInf MatMulInteger Mod NonMaxSuppression"
     " QLinearConv QLinearMatMul QuantizeLinear Resize ReverseSequence RoiAlign"
     " StringNormalizer "},
    {11,
     " BitShift ConcatFromSequence CumSum Det DynamicQuantizeLinear GatherElements"
     " GatherND Range Round ScatterElements ScatterND SequenceAt SequenceConstruct"
     " SequenceEmpty SequenceErase SequenceInsert SequenceLength SplitToSequence Unique "},
    {12,
     " Celu Einsum GreaterOrEqual LessOrEqual NegativeLogLikelihoodLoss"
     " SoftmaxCrossEntropyLoss "},
    {14, " HardSwish Trilu "},
    {15, " Bernoulli CastLike Optional OptionalGetElement OptionalHasElement "},
    {16, " GridSample "},
    {17,
     " BlackmanWindow DFT HammingWindow HannWindow LayerNormalization MelWeightMatrix"
     " STFT SequenceMap "},
    {18,
     " BitwiseAnd BitwiseNot BitwiseOr BitwiseXor CenterCropPad Col2Im"
     " GroupNormalization Mish "},
    {19, " DeformConv "},
    {20, " AffineGrid Gelu ImageDecoder RegexFullMatch StringConcat StringSplit "},
    {23, " Attention RMSNormalization RotaryEmbedding "},
    {24, " Swish TensorScatter "},
};

using Schemas = onnx::OpSchemaRegistry;

std::int64_t newest_opset_of_library() {
  return Schemas::DomainToVersionRange::Instance().Map().at(onnx::ONNX_DOMAIN).second;
}

/// The form that the operator has in the opset, as far as the library knows; may be nullptr.
const onnx::OpSchema* find_schema(std::string_view op, std::int64_t opset) {
  const std::int64_t known = std::min(opset, newest_opset_of_library());
  return Schemas::Schema(std::string(op), static_cast<int>(known), onnx::ONNX_DOMAIN);
}

/// "seq(tensor(float))"
std::string schema_text(const Type& type) {
  if (type.kind == Type::Kind::kSequence) return "seq(" + schema_text(*type.element) + ")";
  if (type.kind == Type::Kind::kOptional) return "optional(" + schema_text(*type.element) + ")";
  return "tensor(" + std::string(name_of(type.dtype)) + ")";
}

DataType innermost_dtype(const Type& type) {
  return type.is_tensor() ? type.dtype : innermost_dtype(*type.element);
}

bool came_by(std::string_view op, std::int64_t opset, DataType dtype) {
  return std::any_of(std::begin(kArrivals), std::end(kArrivals), [&](const Arrival& arrival) {
    return arrival.op == op && arrival.opset <= opset && arrival.types.contains(dtype);
  });
}

using Ports = std::vector<onnx::OpSchema::FormalParameter>;

/// Whether the port `index` takes or gives the type; the last one may stand for many.
bool lists(const Ports& ports, std::size_t index, const Type& type) {
  if (ports.empty()) return false;
  const std::string text = schema_text(type);
  const auto& types = ports[std::min(index, ports.size() - 1)].GetTypes();
  return std::any_of(types.begin(), types.end(), [&](const auto* known) { return *known == text; });
}

bool allows(std::string_view op, std::int64_t opset, const onnx::OpSchema* schema, bool is_output,
            std::size_t index, const Value* value) {
  if (value == nullptr) return true;
  const Type& type = value->type();
  const DataType dtype = innermost_dtype(type);
  if (dtype == DataType::kUndefined || came_by(op, opset, dtype)) return true;
  if (schema == nullptr) return false;
  return lists(is_output ? schema->outputs() : schema->inputs(), index, type);
}

bool allows(const Node& node, std::int64_t opset) {
  const std::string_view op = node.op().name;
  const onnx::OpSchema* schema = find_schema(op, opset);
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (!allows(op, opset, schema, false, i, node.input(i))) return false;
  }
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (!allows(op, opset, schema, true, i, node.output(i))) return false;
  }
  return true;
}

/// The first opset from `lowest` on that `is_enough`.
template <typename Predicate>
std::optional<std::int64_t> first_from(std::int64_t lowest, Predicate is_enough) {
  for (std::int64_t opset = lowest; opset <= kNewestOpset; ++opset) {
    if (is_enough(opset)) return opset;
  }
  return std::nullopt;
}

}  // namespace

std::int64_t first_opset(std::string_view op) {
  const std::string word = fmt::format(" {} ", op);
  for (const Generation& generation : kGenerations) {
    if (generation.operators.find(word) != std::string_view::npos) return generation.opset;
  }
  return 1;
}

std::optional<std::int64_t> opset_for_types(const Node& node, std::int64_t lowest) {
  return first_from(lowest, [&](std::int64_t opset) { return allows(node, opset); });
}

std::optional<std::int64_t> opset_for_copy(const Value& value, std::int64_t lowest) {
  return first_from(lowest, [&](std::int64_t opset) {
    return allows("Identity", opset, find_schema("Identity", opset), false, 0, &value);
  });
}

}  // namespace gatefold
