#include "ir/ops/attention.h"

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/matmul.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

using namespace attention_input;

/// Number of heads of a 3-D input, from its attribute.
std::int64_t stated_heads(const InferContext& context, std::string_view attribute) {
  if (!context.node().has_attr(attribute)) {
    context.fail("attribute '{}' is missing but required when Q has 3 dimensions", attribute);
  }
  const std::int64_t heads = context.node().attr_int(attribute);
  if (heads < 1) context.fail("attribute '{}' is {} but must be at least 1", attribute, heads);
  return heads;
}

/// The shape of Q, K or V as [N,heads,T,D].
Shape head_shape(const InferContext& context, std::size_t index, std::string_view attribute) {
  if (!context.has_rank(index)) return Shape(4);
  const Shape& shape = context.shape(index);
  if (shape.size() == 4) return shape;
  if (shape.size() != 3) {
    context.fail("{} is {} but must have 3 or 4 dimensions", context.name_of_input(index),
                 to_string(context.input(index)));
  }
  const std::int64_t heads = stated_heads(context, attribute);
  Dim size;
  if (shape[2].is_known()) {
    if (shape[2].size() % heads != 0) {
      context.fail("the last extent of {} is {} but must be a multiple of {} = {}",
                   context.name_of_input(index), shape[2].size(), attribute, heads);
    }
    size = shape[2].size() / heads;
  }
  return {shape[0], heads, shape[1], size};
}

/// The shape of K or V together with its past.
Shape present_shape(const InferContext& context, std::size_t index, std::size_t past) {
  Shape shape = head_shape(context, index, "kv_num_heads");
  if (!context.has_input(past)) return shape;
  context.expect_rank(past, 4);
  Dim total;
  if (context.has_rank(past)) {
    const Shape& earlier = context.shape(past);
    for (const std::size_t axis : {0, 1, 3}) {
      shape[axis] = merge(context, shape[axis], earlier[axis], "an extent and that of the past");
    }
    if (shape[2].is_known() && earlier[2].is_known()) total = shape[2].size() + earlier[2].size();
  }
  shape[2] = total;
  return shape;
}

void check_mask(const InferContext& context, const Shape& scores) {
  if (!context.has_input(kMask) || !context.has_rank(kMask)) return;
  const Shape& mask = context.shape(kMask);
  bool fits = mask.size() >= 2 && mask.size() <= 4;
  for (std::size_t i = 0; fits && i < mask.size(); ++i) {
    const Dim& wide = scores[4 - mask.size() + i];
    const bool is_last = i + 1 == mask.size();
    fits = mask[i].is(1) || !mask[i].is_known() || !wide.is_known() ||
           (is_last ? mask[i].size() <= wide.size() : mask[i].size() == wide.size());
  }
  if (!fits) {
    context.fail("attn_mask is {} but must be broadcastable to the scores, {}",
                 to_string(context.input(kMask)), to_string(scores));
  }
}

void infer_attention(InferContext& context) {
  const Shape q = head_shape(context, kQ, "q_num_heads");
  Shape key = present_shape(context, kK, kPastKey);
  Shape value = present_shape(context, kV, kPastValue);
  for (const std::size_t axis : {0, 1, 2}) {
    key[axis] = value[axis] =
        merge(context, key[axis], value[axis], "an extent of K and that of V");
  }
  merge(context, q[0], key[0], "the batches of Q and K");
  merge(context, q[3], key[3], "the head sizes of Q and K");
  if (q[1].is_known() && key[1].is_known() &&
      (key[1].size() == 0 || q[1].size() % key[1].size() != 0)) {
    context.fail("Q has {} heads but must have a multiple of the {} of K", q[1].size(),
                 key[1].size());
  }
  const Shape scores = {q[0], q[1], q[2], key[2]};
  check_mask(context, scores);
  if (context.has_input(kValidLengths)) {
    context.expect_rank(kValidLengths, 1);
    if (context.has_rank(kValidLengths)) {
      merge(context, context.shape(kValidLengths)[0], q[0], "nonpad_kv_seqlen and the batch");
    }
  }
  std::optional<Shape> y;
  if (context.has_rank(kQ) && context.rank(kQ) == 4) y = Shape{q[0], q[1], q[2], value[3]};
  if (context.has_rank(kQ) && context.rank(kQ) == 3) {
    Dim hidden;
    if (value[3].is_known()) hidden = q[1].size() * value[3].size();
    y = Shape{q[0], q[2], hidden};
  }
  context.set_output(0, {context.dtype(kQ), y});
  context.set_output(1, {context.dtype(kK), key});
  context.set_output(2, {context.dtype(kV), value});
  context.set_output(3, {context.dtype(kQ), scores});
}

void evaluate_attention(EvaluateContext& context) {
  const AttentionRows rows(context);
  const Dims& q = rows.q().dims();
  const std::int64_t size = rows.value().dims()[3];
  Tensor y(DataType::kFloat64, {q[0], q[1], q[2], size});
  Tensor shown(DataType::kFloat64, {q[0], q[1], q[2], rows.keys()});
  std::vector<double> weights(static_cast<std::size_t>(rows.keys()));
  rows.for_each_query([&](const AttentionQuery& query) {
    if (weights.empty()) return;
    const std::int64_t row = rows.query_row(query);
    rows.weigh(query, weights.data(), shown.data<double>() + row * rows.keys());
    add_product(1, rows.keys(), size, weights.data(),
                rows.value().data<double>() + rows.key_row(query) * size,
                y.data<double>() + row * size);
  });
  context.set_output(0, in_form_of_input(context, kQ, y));
  context.set_output(1, rows.key().converted(context.input(kK).dtype()));
  context.set_output(2, rows.value().converted(context.input(kV).dtype()));
  context.set_output(3, shown.converted(context.input(kQ).dtype()));
}

}  // namespace

std::vector<Port> attention_inputs() {
  constexpr auto kOptional = Port::Arity::kOptional;
  return {{"Q", "T1", kFloatTypes},
          {"K", "T1", kFloatTypes},
          {"V", "T2", kFloatTypes},
          {"attn_mask", "U", kAllTypes, kOptional},
          {"past_key", "T1", kFloatTypes, kOptional},
          {"past_value", "T2", kFloatTypes, kOptional},
          {"nonpad_kv_seqlen", "", kInt64Type, kOptional}};
}

std::vector<OpDef> attention() {
  constexpr auto kOptional = Port::Arity::kOptional;
  using Kind = AttrDef::Kind;
  return {{
      .name = "Attention",
      .doc =
          "Scaled dot product attention; q_num_heads / kv_num_heads heads of Q share one of K.\n"
          "Shapes: Q [N,Hq,Tq,D], K [N,Hk,Tk,D], V [N,Hk,Tk,Dv] or 3-D [N,T,H*D]; attn_mask "
          "broadcastable to [N,Hq,Tq,T], past_key [N,Hk,Tp,D], past_value [N,Hk,Tp,Dv], "
          "nonpad_kv_seqlen [N] -> Y as Q with Dv, present_key [N,Hk,T,D], "
          "present_value [N,Hk,T,Dv], qk_matmul_output [N,Hq,Tq,T]; T = Tp + Tk\n"
          "Formula: Y = softmax(softcap(Q K^T * scale) + mask) V; softcap(x) = c * tanh(x / c)\n"
          "  is_causal hides keys j > i + offset from query i; offset = Tp, or without a past\n"
          "  nonpad_kv_seqlen - Tq; qk_matmul_output_mode shows the product (0), the capped (1),\n"
          "  the masked (2) or the softmax (3)\n"
          "Source: ONNX Attention-24",
      .since = 23,
      .inputs = attention_inputs(),
      .outputs = {{"Y", "T1", kFloatTypes},
                  {"present_key", "T1", kFloatTypes, kOptional},
                  {"present_value", "T2", kFloatTypes, kOptional},
                  {"qk_matmul_output", "T1", kFloatTypes, kOptional}},
      .attrs = {{"is_causal", Kind::kInt, 0},
                {"kv_num_heads", Kind::kInt},
                {"q_num_heads", Kind::kInt},
                {"qk_matmul_output_mode", Kind::kInt, 0},
                {"scale", Kind::kFloat},
                {"softcap", Kind::kFloat, 0.0F},
                {"softmax_precision", Kind::kInt}},
      .infer = infer_attention,
      .evaluate = evaluate_attention,
  }};
}

}  // namespace gatefold::ops
