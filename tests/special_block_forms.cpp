#include "backend/kernels.h"
#include "tests/special_value_forms.h"

namespace gatefold::test {
namespace {

constexpr DataType kFloat = DataType::kFloat32;
constexpr DataType kInt64 = DataType::kInt64;

using Forms = std::vector<SpecialForm>;

/// Element movers: every result is some element, bit by bit.
Forms moves() {
  const auto form = [](const std::string& op, const std::string& x, const std::string& rest,
                       int least = 1) {
    return SpecialForm{.op = op,
                       .graph = "g ($T[" + x + "] x) => ($T[] y) " + rest,
                       .types = {kFloat, kInt64},
                       .tolerance = 0,
                       .least = least,
                       .most = 40,
                       .step = 3};
  };
  return {
      form("Gather", "$R,$N", "<int64[2] at = {0, -1}> { y = Gather <axis = 1> (x, at) }"),
      form("GatherElements", "$R,$N",
           "<int64[1,2] at = {0, -1}> { y = GatherElements <axis = 1> (x, at) }"),
      form("GatherND", "$R,$N", "<int64[2,1] at = {0, -1}> { y = GatherND (x, at) }"),
      form("Concat", "$R,$N", "{ y = Concat <axis = 1> (x, x) }"),
      form("Expand", "$N", "<int64[2] to = {3, 1}> { y = Expand (x, to) }"),
      form("Slice", "$R,$N",
           "<int64[1] from = {-1}, int64[1] to = {-1000}, int64[1] axes = {1}, int64[1] steps = "
           "{-1}> { y = Slice (x, from, to, axes, steps) }"),
      form("Split", "$R,$N", "{ y = Split <axis = 1, num_outputs = 1> (x) }"),
      form("Tile", "$R,$N", "<int64[2] times = {1, 2}> { y = Tile (x, times) }"),
      form("CenterCropPad", "$R,$N",
           "<int64[1] to = {5}> { y = CenterCropPad <axes = [1]> (x, to) }"),
      form("Pad", "$R,$N", "<int64[4] pads = {0, 1, 0, 2}> { y = Pad (x, pads) }"),
      form("Pad", "$R,$N",
           "<int64[4] pads = {0, 1, 0, 2}> { y = Pad <mode = \"edge\"> (x, pads) }"),
      form("DepthToSpace", "$R,4,1,$N", "{ y = DepthToSpace <blocksize = 2> (x) }"),
      form("SpaceToDepth", "$R,1,2,2", "{ y = SpaceToDepth <blocksize = 2> (x) }"),
      form("Trilu", "$R,$N", "{ y = Trilu (x) }"),
      form("Transpose", "$R,$N", "{ y = Transpose <perm = [1, 0]> (x) }"),
      form("Transpose", "$R,$N,3", "{ y = Transpose <perm = [2, 0, 1]> (x) }"),
  };
}

Forms scatters() {
  Forms forms;
  for (const std::string reduction : {"none", "add", "mul", "max", "min"}) {
    forms.push_back({.op = "ScatterElements",
                     .graph = "g ($T[$R,$N] x, int64[$R,$N] i, $T[$R,$N] u) => ($T[a,b] y) { y = "
                              "ScatterElements <axis = 0, reduction = \"" +
                              reduction + "\"> (x, i, u) }",
                     .types = {kFloat, kInt64},
                     .greatest = 1e15,
                     .tolerance = 1e-4,
                     .is_zero_unsigned = true,
                     .most = 16,
                     .step = 5});
    forms.push_back({.op = "ScatterND",
                     .graph = "g ($T[$N,$R] x, int64[1,1] i, $T[1,$R] u) => ($T[a,b] y) { y = "
                              "ScatterND <reduction = \"" +
                              reduction + "\"> (x, i, u) }",
                     .types = {kFloat, kInt64},
                     .is_zero_unsigned = true,
                     .most = 40,
                     .step = 3});
  }
  forms.push_back({.op = "GatherGrad",
                   .graph = "g (int64[2] i, float[2,$R] dY) => (float[a,b] y) <int64[2] s = {3, "
                            "$R}> { y = gatefold.GatherGrad (s, i, dY) }",
                   .types = {kFloat},
                   .greatest = kAddable,
                   .is_zero_unsigned = true,
                   .most = 40,
                   .step = 3});
  forms.push_back({.op = "GatherRowsGrad",
                   .graph = "g (int64[2] i, float[2,$R] dY) => (float[a,b] y) <int64[2] s = {3, "
                            "$R}> { y = gatefold.GatherRowsGrad (s, i, dY) }",
                   .types = {kFloat},
                   .greatest = kAddable,
                   .is_zero_unsigned = true,
                   .most = 40,
                   .step = 3});
  forms.push_back({.op = "SumToShape",
                   .graph = "g (float[$R,$N] x) => (float[a,b] y) <int64[2] s = {$R, 1}> { y = "
                            "gatefold.SumToShape (x, s) }",
                   .types = {kFloat},
                   .greatest = kAddable,
                   .is_zero_unsigned = true});
  return forms;
}

Forms products() {
  const auto form = [](const std::string& op, const std::string& graph, int step = 3) {
    return SpecialForm{.op = op,
                       .graph = graph,
                       .types = {kFloat},
                       .greatest = 1e30,
                       .tolerance = 1e-4,
                       .is_zero_unsigned = true,
                       .most = 40,
                       .step = step};
  };
  Forms forms = {
      form("MatMul", "g (float[$R,$N] x, float[$N,5] w) => (float[a,b] y) { y = MatMul (x, w) }"),
      form("MatMul", "g (float[$R,$N] x, float[$N,33] w) => (float[a,b] y) { y = MatMul (x, w) }",
           13),
      form("MatMul", "g (float[3,$N] w, float[$N,$R] x) => (float[a,b] y) { y = MatMul (w, x) }"),
      form("Gemm",
           "g (float[$R,$N] x, float[7,$N] w, float[7] c) => (float[a,b] y) { y = Gemm <transB = "
           "1> (x, w, c) }"),
      form("Gemm",
           "g (float[$N,$R] x, float[$N,18] w) => (float[a,b] y) { y = Gemm <transA = 1, alpha = "
           "0.5> (x, w) }",
           13),
      form("Conv",
           "g (float[$R,2,$N] x, float[3,2,3] w) => (float[a,b,c] y) { y = Conv <pads = [1, 1]> "
           "(x, w) }",
           13),
      form("Conv",
           "g (float[$R,2,3,$N] x, float[3,2,3,3] w) => (float[a,b,c,d] y) { y = Conv <pads = [1, "
           "1, 1, 1]> (x, w) }",
           13),
      form("ConvTranspose",
           "g (float[$R,2,$N] x, float[2,3,3] w) => (float[a,b,c] y) { y = ConvTranspose <strides "
           "= [2]> (x, w) }",
           13),
      form("LSTM",
           "g (float[2,$R,$N] x, float[1,20,$N] w, float[1,20,5] r) => (float[a,b,c,d] y, "
           "float[b,c,d] h) { y, h = LSTM <hidden_size = 5> (x, w, r) }",
           16),
      form("GRU",
           "g (float[2,$R,$N] x, float[1,15,$N] w, float[1,15,5] r) => (float[a,b,c,d] y, "
           "float[b,c,d] h) { y, h = GRU <hidden_size = 5> (x, w, r) }",
           16),
      form("RNN",
           "g (float[2,$R,$N] x, float[1,5,$N] w, float[1,5,5] r) => (float[a,b,c,d] y, "
           "float[b,c,d] h) { y, h = RNN <hidden_size = 5> (x, w, r) }",
           16),
      form("ConvWeightGrad",
           "g (float[2,2,$N] x, float[2,3,$N] d) => (float[a,b,c] y) <int64[3] s = {3, 2, 1}> { y "
           "= gatefold.ConvWeightGrad (x, d, s) }",
           13),
      form("ConvWeightGrad",
           "g (float[$R,2,9] x, float[$R,3,4] d) => (float[a,b,c] y) <int64[3] s = {3, 2, 3}> { y "
           "= gatefold.ConvWeightGrad <strides = [2]> (x, d, s) }",
           13),
  };
  const std::size_t count = forms.size();
  for (std::size_t i = 0; i < count; ++i) {
    forms.push_back(forms[i]);
    forms.back().are_constant = true;
  }
  struct Maker {
    std::size_t form;
    MakeKernel make;
  };
  const Maker makers[] = {{6, native::make_winograd_conv}, {5, onednn::make_conv},
                          {6, onednn::make_conv},          {7, onednn::make_conv_transpose},
                          {8, onednn::make_lstm},          {9, onednn::make_gru},
                          {10, onednn::make_rnn},          {12, onednn::make_conv_weight_grad}};
  for (const auto& [form_index, make] : makers) {
    forms.push_back(forms[form_index]);
    forms.back().are_constant = true;
    forms.back().make = make;
  }
  return forms;
}

Forms normalizations() {
  const std::string channels = "float[3] s = {1.0, -0.5, 2.0}, float[3] b = {0.0, 1.0, -1.0}";
  return {
      {"BatchNormalization",
       "g (float[$R,3,$N] x) => (float[a,b,c] y) <" + channels +
           ", float[3] m = {0.5, -1.0, 0.0}, float[3] v = {0.5, 1.0, 2.0}> { y = "
           "BatchNormalization (x, s, b, m, v) }",
       {kFloat},
       kAddable},
      {"InstanceNormalization",
       "g (float[$R,3,$N] x) => (float[a,b,c] y) <" + channels +
           "> { y = InstanceNormalization (x, s, b) }",
       {kFloat},
       kStandardizable,
       1e-4,
       true,
       1,
       40,
       3},
      {"GroupNormalization",
       "g (float[$R,3,$N] x) => (float[a,b,c] y) <" + channels +
           "> { y = GroupNormalization <num_groups = 1> (x, s, b) }",
       {kFloat},
       kStandardizable,
       1e-4,
       true,
       1,
       40,
       3},
      {"LayerNormalization",
       "g (float[$R,$N] x, float[$N] s, float[$N] b) => (float[a,c] y) { y = LayerNormalization "
       "(x, s, b) }",
       {kFloat},
       kStandardizable,
       1e-4,
       true},
      {"RMSNormalization",
       "g (float[$R,$N] x, float[$N] s) => (float[a,c] y) { y = RMSNormalization (x, s) }",
       {kFloat},
       kStandardizable,
       1e-4,
       true},
  };
}

Forms others() {
  return {
      {.op = "Resize",
       .graph = "g (float[$R,$N] x) => (float[a,b] y) <float[1] scales = {1.7}> { y = Resize <mode "
                "= \"linear\", axes = [1]> (x, , scales) }",
       .types = {kFloat},
       .greatest = kAddable,
       .tolerance = 1e-4,
       .is_zero_unsigned = true,
       .most = 40,
       .step = 3},
      {.op = "Resize",
       .graph = "g (float[$R,$N] x) => (float[a,b] y) <float[1] scales = {0.6}> { y = Resize <mode "
                "= \"nearest\", axes = [1]> (x, , scales) }",
       .types = {kFloat},
       .least = 2,
       .most = 40,
       .step = 3},
      {.op = "Resize",
       .graph = "g (float[$R,$N] x) => (float[a,b] y) <float[1] scales = {1.4}> { y = Resize <mode "
                "= \"cubic\", axes = [1]> (x, , scales) }",
       .types = {kFloat},
       .greatest = kAddable,
       .tolerance = 1e-4,
       .is_zero_unsigned = true,
       .most = 40,
       .step = 3},
      {.op = "SoftmaxCrossEntropyLoss",
       .graph = "g (float[$R,$N] x, int64[$R] i) => (float[a] y) { y = SoftmaxCrossEntropyLoss "
                "<reduction = \"none\"> (x, i) }",
       .types = {kFloat},
       .is_zero_unsigned = true},
      {.op = "NegativeLogLikelihoodLoss",
       .graph = "g (float[$R,$N] x, int64[$R] i) => (float[a] y) { y = NegativeLogLikelihoodLoss "
                "<reduction = \"none\"> (x, i) }",
       .types = {kFloat},
       .is_zero_unsigned = true},
      {.op = "ReverseSequence",
       .graph = "g ($T[$N,$R] x) => ($T[a,b] y) <int64[1] one = {1}> { y = ReverseSequence "
                "<batch_axis = 0, time_axis = 1> (x, one) }",
       .types = {kFloat},
       .tolerance = 0,
       .most = 1},
      {.op = "OneHot",
       .graph = "g (int64[$N] i, $T[2] v) => ($T[a,b] y) <int64 depth = {3}> { y = OneHot (i, "
                "depth, v) }",
       .types = {kFloat, kInt64},
       .tolerance = 0},
  };
}

}  // namespace

std::vector<SpecialForm> block_forms() {
  Forms all;
  for (const auto& list : {moves(), scatters(), products(), normalizations(), others()}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

}  // namespace gatefold::test
