#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/matmul.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

enum Input : std::size_t { kQ, kK, kV, kMask, kPastKey, kPastValue, kValidLengths };

/// qk_matmul_output_mode: which step of the scores output 3 shows.
enum class Scores : std::int64_t { kProduct, kCapped, kMasked, kSoftmax };

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

/// A tensor as [N,heads,T,D] in double, `past` first along T.
Tensor read_heads(const EvaluateContext& context, std::size_t index, std::string_view attribute,
                  std::size_t past) {
  const Tensor given = context.input(index).converted(DataType::kFloat64);
  const Dims& dims = given.dims();
  const bool is_flat = dims.size() == 3;
  const std::int64_t heads = is_flat ? context.node().attr_int(attribute) : dims[1];
  const std::int64_t length = is_flat ? dims[1] : dims[2];
  const std::int64_t size = is_flat ? dims[2] / heads : dims[3];
  const bool has_past = past != 0 && context.has_input(past);
  const Tensor earlier = has_past ? context.input(past).converted(DataType::kFloat64) : Tensor();
  const std::int64_t offset = has_past ? earlier.dims()[2] : 0;
  Tensor result(DataType::kFloat64, {dims[0], heads, offset + length, size});
  double* target = result.data<double>();
  for (std::int64_t n = 0; n < dims[0]; ++n) {
    for (std::int64_t h = 0; h < heads; ++h) {
      const std::int64_t block = n * heads + h;
      if (has_past) {
        target = std::copy_n(earlier.data<double>() + block * offset * size, offset * size, target);
      }
      for (std::int64_t t = 0; t < length; ++t) {
        const std::int64_t row = is_flat ? (n * length + t) * heads + h : block * length + t;
        target = std::copy_n(given.data<double>() + row * size, size, target);
      }
    }
  }
  return result;
}

/// What is added to the score of every (batch, head, query, key): mask, causality, padding.
class ScoreBias {
 public:
  ScoreBias(const EvaluateContext& context, std::int64_t queries)
      : context_(context), is_causal_(context.node().attr_int("is_causal") != 0) {
    if (context.has_input(kPastKey)) past_ = context.input(kPastKey).dims()[2];
    if (context.has_input(kMask)) {
      mask_dims_ = context.input(kMask).dims();
      mask_dims_.insert(mask_dims_.begin(), 4 - mask_dims_.size(), 1);
    }
    if (!context.has_input(kValidLengths)) return;
    valid_ = context.input(kValidLengths).to_int64();
    counts_from_end_ = !context.has_input(kPastKey);
    queries_ = queries;
  }

  double at(const std::array<std::int64_t, 4>& place) const {
    constexpr double kMasked = -std::numeric_limits<double>::infinity();
    const auto& [n, h, query, key] = place;
    if (!valid_.empty() && key >= valid_[n]) return kMasked;
    const std::int64_t offset = !valid_.empty() && counts_from_end_ ? valid_[n] - queries_ : past_;
    if (is_causal_ && key > query + offset) return kMasked;
    if (mask_dims_.empty()) return 0;
    std::int64_t position = 0;
    for (std::size_t axis = 0; axis < place.size(); ++axis) {
      const std::int64_t extent = mask_dims_[axis];
      if (extent != 1 && place[axis] >= extent) return kMasked;
      position = position * extent + (extent == 1 ? 0 : place[axis]);
    }
    const Tensor& mask = context_.input(kMask);
    const double value = mask.number_at(position);
    if (mask.dtype() == DataType::kBool) return value != 0 ? 0 : kMasked;
    return value;
  }

 private:
  const EvaluateContext& context_;
  bool is_causal_;
  std::int64_t past_ = 0;
  Dims mask_dims_;
  std::vector<std::int64_t> valid_;
  bool counts_from_end_ = false;
  std::int64_t queries_ = 0;
};

void softmax(double* values, std::int64_t count) {
  const double largest = *std::max_element(values, values + count);
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += values[i] = std::exp(values[i] - largest);
  for (std::int64_t i = 0; i < count; ++i) values[i] /= sum;
}

double dot(const double* a, const double* b, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

/// Turns one row of products into weights; `shown` receives the step that output 3 shows.
void weigh(const EvaluateContext& context, const ScoreBias& bias, std::array<std::int64_t, 4> place,
           double* row, std::int64_t keys, double* shown) {
  const double cap = context.node().attr_float("softcap");
  const auto mode = static_cast<Scores>(context.node().attr_int("qk_matmul_output_mode"));
  const auto show = [&](Scores step) {
    if (mode == step) std::copy_n(row, keys, shown);
  };
  show(Scores::kProduct);
  if (cap > 0) {
    for (std::int64_t i = 0; i < keys; ++i) row[i] = cap * std::tanh(row[i] / cap);
  }
  show(Scores::kCapped);
  for (place[3] = 0; place[3] < keys; ++place[3]) row[place[3]] += bias.at(place);
  show(Scores::kMasked);
  softmax(row, keys);
  show(Scores::kSoftmax);
}

/// Computes Y and the shown scores, one query of one head at a time.
class QueryLoop {
 public:
  QueryLoop(const EvaluateContext& context, const Tensor& q, const Tensor& key, const Tensor& value)
      : context_(context), q_(q), key_(key), value_(value), bias_(context, q.dims()[2]) {
    const Node& node = context.node();
    scale_ = node.has_attr("scale") ? node.attr_float("scale")
                                    : 1 / std::sqrt(static_cast<double>(q.dims()[3]));
  }

  void run(Tensor& y, Tensor& shown) const {
    const std::int64_t heads = q_.dims()[1];
    const std::int64_t queries = q_.dims()[2];
    const std::int64_t keys = key_.dims()[2];
    const std::int64_t value_size = value_.dims()[3];
    if (keys == 0) return;
    for (std::int64_t i = 0; i < q_.dims()[0] * heads * queries; ++i) {
      const std::int64_t t = i % queries;
      const std::int64_t h = i / queries % heads;
      const std::int64_t n = i / queries / heads;
      const std::int64_t row = y.rank() == 3 ? (n * queries + t) * heads + h : i;
      attend({n, h, t, 0}, q_.data<double>() + i * q_.dims()[3],
             y.data<double>() + row * value_size, shown.data<double>() + i * keys);
    }
  }

 private:
  void attend(const std::array<std::int64_t, 4>& place, const double* query, double* y,
              double* shown) const {
    const std::int64_t keys = key_.dims()[2];
    const std::int64_t size = key_.dims()[3];
    const std::int64_t value_size = value_.dims()[3];
    const std::int64_t sharing = q_.dims()[1] / key_.dims()[1];
    const std::int64_t block = place[0] * key_.dims()[1] + place[1] / sharing;
    std::vector<double> row(static_cast<std::size_t>(keys));
    for (std::int64_t k = 0; k < keys; ++k) {
      row[k] = scale_ * dot(query, key_.data<double>() + (block * keys + k) * size, size);
    }
    weigh(context_, bias_, place, row.data(), keys, shown);
    add_product(1, keys, value_size, row.data(), value_.data<double>() + block * keys * value_size,
                y);
  }

  const EvaluateContext& context_;
  const Tensor& q_;
  const Tensor& key_;
  const Tensor& value_;
  ScoreBias bias_;
  double scale_ = 1;
};

void evaluate_attention(EvaluateContext& context) {
  const Tensor q = read_heads(context, kQ, "q_num_heads", 0);
  const Tensor key = read_heads(context, kK, "kv_num_heads", kPastKey);
  const Tensor value = read_heads(context, kV, "kv_num_heads", kPastValue);
  const Dims& dims = q.dims();
  const std::int64_t value_size = value.dims()[3];
  const bool is_flat = context.input(kQ).rank() == 3;
  Tensor y(DataType::kFloat64, is_flat ? Dims{dims[0], dims[2], dims[1] * value_size}
                                       : Dims{dims[0], dims[1], dims[2], value_size});
  Tensor shown(DataType::kFloat64, {dims[0], dims[1], dims[2], key.dims()[2]});
  QueryLoop(context, q, key, value).run(y, shown);
  context.set_output(0, y.converted(context.input(kQ).dtype()));
  context.set_output(1, key.converted(context.input(kK).dtype()));
  context.set_output(2, value.converted(context.input(kV).dtype()));
  context.set_output(3, shown.converted(context.input(kQ).dtype()));
}

}  // namespace

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
      .inputs = {{"Q", "T1", kFloatTypes},
                 {"K", "T1", kFloatTypes},
                 {"V", "T2", kFloatTypes},
                 {"attn_mask", "U", kAllTypes, kOptional},
                 {"past_key", "T1", kFloatTypes, kOptional},
                 {"past_value", "T2", kFloatTypes, kOptional},
                 {"nonpad_kv_seqlen", "", kInt64Type, kOptional}},
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
