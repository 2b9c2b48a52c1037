#include "tests/special_value_forms.h"

#include <algorithm>

#include "backend/kernels.h"

namespace gatefold::test {
namespace {

constexpr DataType kFloat = DataType::kFloat32;
constexpr DataType kInt64 = DataType::kInt64;
using Forms = std::vector<SpecialForm>;

Forms reductions() {
  struct Entry {
    const char* op;
    double greatest;
    double tolerance;
  };
  constexpr Entry kEntries[] = {
      {"ReduceSum", kAddable, 1e-5},    {"ReduceMean", kAddable, 1e-5},
      {"ReduceProd", 1e20, 1e-4},       {"ReduceMax", 1e300, 0},
      {"ReduceMin", 1e300, 0},          {"ReduceL1", kAddable, 1e-5},
      {"ReduceL2", kSquarable, 1e-5},   {"ReduceSumSquare", kSquarable, 1e-5},
      {"ReduceLogSum", kAddable, 1e-2},
  };
  Forms forms;
  for (const Entry& entry : kEntries) {
    for (const char* graph :
         {"g ($T[$R,$N] x) => ($T[a] y) <int64[1] axes = {1}> { y = $O <keepdims = 0> (x, axes) }",
          "g ($T[$N,$R] x) => ($T[a] y) <int64[1] axes = {0}> { y = $O <keepdims = 0> (x, axes) }",
          "g ($T[$R,$N,3] x) => ($T[a,b] y) <int64[1] axes = {1}> { y = $O <keepdims = 0> (x, "
          "axes) }"}) {
      std::string text = graph;
      text.replace(text.find("$O"), 2, entry.op);
      forms.push_back({.op = entry.op,
                       .graph = text,
                       .types = {kFloat, kInt64},
                       .greatest = entry.greatest,
                       .tolerance = entry.tolerance,
                       .is_zero_unsigned = true,
                       .smallest = std::string_view(entry.op) == "ReduceProd" ? 1e-20 : 0});
    }
  }
  return forms;
}

Forms choices() {
  Forms forms;
  for (const std::string op : {"ArgMax", "ArgMin"}) {
    forms.push_back(
        {op,
         "g ($T[$R,$N] x) => (int64[a] y) { y = " + op + " <axis = 1, keepdims = 0> (x) }",
         {kFloat}});
    forms.push_back({op,
                     "g ($T[$R,$N] x) => (int64[a] y) { y = " + op +
                         " <axis = 1, keepdims = 0, select_last_index = 1> (x) }",
                     {kFloat}});
  }
  for (const std::string largest : {"0", "1"}) {
    forms.push_back({"TopK",
                     "g ($T[$R,$N] x) => ($T[a,b] v, int64[a,b] p) <int64[1] k = {$N}> { v, p = "
                     "TopK <largest = " +
                         largest + "> (x, k) }",
                     {kFloat, kInt64}});
    forms.push_back({"TopK",
                     "g ($T[$N,$R] x) => ($T[a,b] v, int64[a,b] p) <int64[1] k = {1}> { v, p = "
                     "TopK <axis = 0, largest = " +
                         largest + "> (x, k) }",
                     {kFloat, kInt64}});
  }
  for (const std::string op : {"Softmax", "LogSoftmax"}) {
    forms.push_back({op, "g ($T[$R,$N] x) => ($T[a,b] y) { y = " + op + " (x) }", {kFloat}});
    forms.push_back(
        {op, "g ($T[$N,$R] x) => ($T[a,b] y) { y = " + op + " <axis = 0> (x) }", {kFloat}});
  }
  return forms;
}

Forms pools() {
  Forms forms;
  for (const std::string op : {"MaxPool", "AveragePool"}) {
    const double greatest = op == "MaxPool" ? 1e300 : kAddable;
    const auto add = [&](const std::string& attrs, int least,
                         const std::string& x = "$T[$R,1,$N]") {
      forms.push_back(
          {.op = op,
           .graph = "g (" + x + " x) => ($T[] y) { y = " + op + " <" + attrs + "> (x) }",
           .types = {kFloat},
           .greatest = greatest,
           .is_zero_unsigned = true,
           .least = least});
    };
    add("kernel_shape = [3], pads = [1, 1]", 1);
    add("kernel_shape = [2], strides = [2]", 2);
    add("kernel_shape = [3], strides = [2], pads = [1, 1]", 1);
    add("kernel_shape = [3], strides = [3], pads = [1, 1]", 1);
    add("kernel_shape = [4], strides = [4]", 4);
    add("kernel_shape = [2], dilations = [2]", 3);
    add("kernel_shape = [2, 2], strides = [1, 2], pads = [1, 1, 1, 1]", 1, "$T[$R,1,2,$N]");
    add("kernel_shape = [2], strides = [2], ceil_mode = 1", 2);
  }
  for (const std::string op : {"GlobalMaxPool", "GlobalAveragePool"}) {
    forms.push_back({.op = op,
                     .graph = "g ($T[$R,1,$N] x) => ($T[a,b,c] y) { y = " + op + " (x) }",
                     .types = {kFloat},
                     .greatest = op == "GlobalMaxPool" ? 1e300 : kAddable,
                     .is_zero_unsigned = true});
  }
  return forms;
}

Forms activations() {
  const auto form = [](const std::string& op, const std::string& attrs) {
    return SpecialForm{
        op, "g ($T[$N] x) => ($T[a] y) { y = " + op + " <" + attrs + "> (x) }", {kFloat}};
  };
  return {
      form("Celu", "alpha = 0.75"),
      form("Celu", "alpha = 1.0"),
      form("Elu", "alpha = 0.0"),
      form("Elu", "alpha = 1.0"),
      form("Gelu", "approximate = \"none\""),
      form("Gelu", "approximate = \"tanh\""),
      form("HardSigmoid", "alpha = 0.2, beta = 0.5"),
      form("HardSigmoid", "alpha = 0.0, beta = 0.5"),
      form("LeakyRelu", "alpha = 0.01"),
      form("LeakyRelu", "alpha = 0.0"),
      form("Swish", "alpha = 1.0"),
      form("Swish", "alpha = -1.5"),
      form("ThresholdedRelu", "alpha = 1.0"),
      form("ThresholdedRelu", "alpha = -1.0"),
  };
}

Forms element_wise() {
  return {
      {"Clip", "g ($T[$N] x) => ($T[a] y) <$T low = {-1.5}> { y = Clip (x, low) }", {kFloat}},
      {"Clip", "g ($T[$N] x) => ($T[a] y) <$T high = {2.0}> { y = Clip (x, , high) }", {kFloat}},
      {"Clip",
       "g ($T[$N] x) => ($T[a] y) <$T low = {-1.5}, $T high = {2.0}> { y = Clip (x, low, high) }",
       {kFloat}},
      {"Clip", "g ($T[$N] x) => ($T[a] y) { y = Clip (x) }", {kFloat}},
      {"Pow", "g ($T[$N] x) => ($T[a] y) <$T two = {2.0}> { y = Pow (x, two) }", {kFloat}},
      {"Pow", "g ($T[$N] x) => ($T[a] y) <$T half = {0.5}> { y = Pow (x, half) }", {kFloat}},
      {"Pow", "g ($T[$N] x) => ($T[a] y) <$T minus = {-1.0}> { y = Pow (x, minus) }", {kFloat}},
      {"Pow", "g ($T[$N] x, $T[$N] e) => ($T[a] y) { y = Pow (x, e) }", {kFloat}},
      {"PRelu", "g ($T[$N] x, $T[$N] s) => ($T[a] y) { y = PRelu (x, s) }", {kFloat}},
      {"PRelu", "g ($T[$N] x, $T[1] s) => ($T[a] y) { y = PRelu (x, s) }", {kFloat}},
      {"GridSample",
       "g ($T[1,$N,2,3] x, $T[1,1,$N,2] grid) => ($T[a,b,c,d] y) { y = GridSample (x, grid) }",
       {kFloat},
       1e3,
       1e-4,
       true},
      {"Mod", "g ($T[$N] a, $T[$N] b) => ($T[a] y) { y = Mod (a, b) }", {kInt64, DataType::kInt8}},
      {"Mod",
       "g ($T[$N] a, $T[$N] b) => ($T[a] y) { y = Mod <fmod = 1> (a, b) }",
       {kFloat, kInt64, DataType::kFloat64}},
      {"BitShift",
       "g ($T[$N] a, $T[$N] b) => ($T[a] y) { y = BitShift <direction = \"LEFT\"> (a, b) }",
       {DataType::kUint8, DataType::kUint64}},
      {"BitShift",
       "g ($T[$N] a, $T b) => ($T[a] y) { y = BitShift <direction = \"RIGHT\"> (a, b) }",
       {DataType::kUint16, DataType::kUint32}},
      {"Where", "g (bool[$N] c, $T[$N] x, $T[$N] z) => ($T[a] y) { y = Where (c, x, z) }", {}},
      {"CumSum",
       "g ($T[$R,$N] x) => ($T[a,b] y) <int64 axis = {1}> { y = CumSum (x, axis) }",
       {kFloat, kInt64},
       kAddable,
       1e-5,
       true},
      {"CumSum",
       "g ($T[$N,$R] x) => ($T[a,b] y) <int64 axis = {0}> { y = CumSum <exclusive = 1, reverse = "
       "1> (x, axis) }",
       {kFloat, kInt64},
       kAddable,
       1e-5,
       true},
      {"QuantizeLinear",
       "g ($T[$N] x) => (uint8[a] y) <float s = {0.5}, uint8 z = {3}> { y = QuantizeLinear (x, s, "
       "z) }",
       {kFloat}},
      {"QuantizeLinear",
       "g ($T[$N] x) => (int8[a] y) <float s = {0.5}, int8 z = {-3}> { y = QuantizeLinear (x, s, "
       "z) }",
       {kFloat}},
      {"QuantizeLinear",
       "g ($T[$N] x) => (int16[a] y) <float s = {2.0}, int16 z = {300}> { y = QuantizeLinear (x, "
       "s, z) }",
       {kFloat}},
      {"QuantizeLinear",
       "g ($T[$N] x) => (uint16[a] y) <float s = {2.0}, uint16 z = {300}> { y = QuantizeLinear (x, "
       "s, z) }",
       {kFloat}},
      {"DequantizeLinear",
       "g ($T[$N] x) => (float[a] y) <float s = {0.5}> { y = DequantizeLinear (x, s) }",
       {DataType::kInt8, DataType::kUint8, DataType::kInt16, DataType::kUint16, DataType::kInt32}},
      {"CastLike", "g ($T[$N] x, float like) => (float[a] y) { y = CastLike (x, like) }", {}},
  };
}

Forms spectra() {
  const auto form = [](const std::string& op, const std::string& graph, int least = 1) {
    return SpecialForm{.op = op,
                       .graph = graph,
                       .types = {kFloat},
                       .greatest = 1,
                       .tolerance = 1e-5,
                       .is_zero_unsigned = true,
                       .least = least};
  };
  return {
      form("DFT", "g ($T[$R,$N,1] x) => ($T[a,b,2] y) { y = DFT (x) }"),
      form("DFT", "g ($T[$R,$N,1] x) => ($T[a,b,2] y) { y = DFT <onesided = 1> (x) }"),
      form("DFT", "g ($T[$R,$N,1] x) => ($T[a,b,2] y) { y = DFT <inverse = 1> (x) }"),
      form("DFT", "g ($T[$R,$N,2] x) => ($T[a,b,2] y) { y = DFT <inverse = 1> (x) }"),
      form("DFT", "g ($T[$R,$N,2] x) => ($T[a,b,1] y) { y = DFT <inverse = 1, onesided = 1> (x) }",
           2),
      form("STFT",
           "g ($T[$R,$N] x) => ($T[a,b,c,2] y) <int64 step = {3}, int64 length = {8}> { y = STFT "
           "(x, step, , length) }",
           8),
  };
}

Forms casts() {
  Forms forms;
  constexpr DataType kTypes[] = {DataType::kFloat32,  DataType::kFloat64, DataType::kFloat16,
                                 DataType::kBfloat16, DataType::kInt8,    DataType::kInt16,
                                 DataType::kInt32,    DataType::kInt64,   DataType::kUint8,
                                 DataType::kUint16,   DataType::kUint32,  DataType::kUint64,
                                 DataType::kBool};
  for (const DataType to : kTypes) {
    forms.push_back({.op = "Cast",
                     .graph = "g ($T[$N] x) => (" + std::string(name_of(to)) +
                              "[a] y) { y = Cast <to = " + std::to_string(static_cast<int>(to)) +
                              "> (x) }",
                     .least = 17,
                     .most = 34,
                     .step = 17});
  }
  return forms;
}

Forms written_forms() {
  Forms all;
  for (const auto& list : {reductions(), choices(), pools(), activations(), element_wise(),
                           spectra(), casts(), block_forms()}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

/// The forms of an operator of one or two inputs without required attributes.
Forms obvious_forms(const OpDef& op) {
  using Arity = Port::Arity;
  const auto count = std::count_if(op.inputs.begin(), op.inputs.end(),
                                   [](const Port& port) { return port.arity != Arity::kOptional; });
  const bool is_variadic = count == 1 && op.inputs[0].arity == Arity::kVariadic;
  const bool has_required = std::any_of(op.attrs.begin(), op.attrs.end(),
                                        [](const AttrDef& attr) { return attr.is_required; });
  if (has_required || !op.domain.empty() || count < 1 || count > 2) return {};
  const bool is_bool = op.outputs[0].type_variable != op.inputs[0].type_variable;
  const std::string name(op.name);
  const std::string y = is_bool ? "(bool[a] y) " : "($T[a] y) ";
  if (count == 1 && !is_variadic) {
    return {{name, "g ($T[$N] x) => " + y + "{ y = " + name + " (x) }"}};
  }
  Forms forms;
  for (const char* inputs : {"($T[$N] a, $T[$N] b)", "($T[$N] a, $T b)", "($T a, $T[$N] b)"}) {
    forms.push_back(
        {.op = name,
         .graph = "g " + std::string(inputs) + " => " + y + "{ y = " + name + " (a, b) }",
         .is_zero_unsigned = name == "Max" || name == "Min"});
  }
  return forms;
}

}  // namespace

std::vector<SpecialForm> special_forms(const OpDef& op) {
  static const Forms written = written_forms();
  Forms forms;
  std::copy_if(written.begin(), written.end(), std::back_inserter(forms),
               [&](const SpecialForm& form) { return form.op == op.name; });
  return forms.empty() ? obvious_forms(op) : forms;
}

std::vector<UnsweptOp> unswept_ops() {
  constexpr std::string_view kForward = "its loops are those of the layer in inference";
  constexpr std::string_view kBackward =
      "its sums of products are infinite or NaN, or cancel, as their order has it";
  constexpr std::string_view kWeights =
      "a weight that rounds to 0 in float makes NaN of an infinite value";
  return {
      {"Attention", kWeights},   {"AttentionGrad", kWeights}, {"LSTMTraining", kForward},
      {"GRUTraining", kForward}, {"RNNTraining", kForward},   {"LSTMGrad", kBackward},
      {"GRUGrad", kBackward},    {"RNNGrad", kBackward},
  };
}

}  // namespace gatefold::test
