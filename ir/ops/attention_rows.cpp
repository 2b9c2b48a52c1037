#include <algorithm>
#include <cmath>
#include <limits>

#include "ir/ops/attention.h"

namespace gatefold::ops {
namespace {

using namespace attention_input;

/// qk_matmul_output_mode: which step of the scores output 3 shows.
enum class Scores : std::int64_t { kProduct, kCapped, kMasked, kSoftmax };

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

}  // namespace

AttentionRows::AttentionRows(const EvaluateContext& context)
    : context_(context),
      q_(read_heads(context, kQ, "q_num_heads", 0)),
      key_(read_heads(context, kK, "kv_num_heads", kPastKey)),
      value_(read_heads(context, kV, "kv_num_heads", kPastValue)),
      is_causal_(context.node().attr_int("is_causal") != 0) {
  const Node& node = context.node();
  scale_ = node.has_attr("scale") ? node.attr_float("scale")
                                  : 1 / std::sqrt(static_cast<double>(q_.dims()[3]));
  if (context.has_input(kPastKey)) past_ = context.input(kPastKey).dims()[2];
  if (context.has_input(kMask)) {
    mask_dims_ = context.input(kMask).dims();
    mask_dims_.insert(mask_dims_.begin(), 4 - mask_dims_.size(), 1);
  }
  if (!context.has_input(kValidLengths)) return;
  valid_ = context.input(kValidLengths).to_int64();
  counts_from_end_ = !context.has_input(kPastKey);
}

std::int64_t AttentionRows::query_row(const AttentionQuery& query) const {
  return (query.n * q_.dims()[1] + query.head) * q_.dims()[2] + query.place;
}

std::int64_t AttentionRows::key_row(const AttentionQuery& query) const {
  const std::int64_t sharing = q_.dims()[1] / key_.dims()[1];
  return (query.n * key_.dims()[1] + query.head / sharing) * keys();
}

std::int64_t AttentionRows::y_row(const AttentionQuery& query, std::int64_t rank) const {
  const Dims& dims = q_.dims();
  if (rank == 4) return query_row(query);
  return (query.n * dims[2] + query.place) * dims[1] + query.head;
}

double AttentionRows::mask_at(const AttentionQuery& query, std::int64_t key) const {
  constexpr double kMasked = -std::numeric_limits<double>::infinity();
  const std::int64_t valid = valid_.empty() ? keys() : valid_[query.n];
  if (key >= valid) return kMasked;
  const std::int64_t offset = counts_from_end_ ? valid - q_.dims()[2] : past_;
  if (is_causal_ && key > query.place + offset) return kMasked;
  if (mask_dims_.empty()) return 0;
  const std::array place{query.n, query.head, query.place, key};
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

void AttentionRows::weigh(const AttentionQuery& query, double* weights, double* shown) const {
  const std::int64_t size = q_.dims()[3];
  const double* row = q_.data<double>() + query_row(query) * size;
  const double* key = key_.data<double>() + key_row(query) * size;
  for (std::int64_t k = 0; k < keys(); ++k) weights[k] = scale_ * dot(row, key + k * size, size);
  const double cap = context_.node().attr_float("softcap");
  const auto show = [&](Scores step) {
    if (shown == nullptr) return;
    const auto mode = static_cast<Scores>(context_.node().attr_int("qk_matmul_output_mode"));
    if (mode == step) std::copy_n(weights, keys(), shown);
  };
  show(Scores::kProduct);
  if (cap > 0) {
    for (std::int64_t k = 0; k < keys(); ++k) weights[k] = cap * std::tanh(weights[k] / cap);
  }
  show(Scores::kCapped);
  for (std::int64_t k = 0; k < keys(); ++k) weights[k] += mask_at(query, k);
  show(Scores::kMasked);
  softmax(weights, keys());
  show(Scores::kSoftmax);
}

Tensor in_form_of_input(const EvaluateContext& context, std::size_t index, const Tensor& heads) {
  const Tensor& like = context.input(index);
  const Dims& dims = heads.dims();
  if (like.rank() == 4) return heads.converted(like.dtype());
  Tensor flat(DataType::kFloat64, {dims[0], dims[2], dims[1] * dims[3]});
  const double* source = heads.data<double>();
  for (std::int64_t n = 0; n < dims[0]; ++n) {
    for (std::int64_t h = 0; h < dims[1]; ++h) {
      for (std::int64_t t = 0; t < dims[2]; ++t, source += dims[3]) {
        const std::int64_t row = (n * dims[2] + t) * dims[1] + h;
        std::copy_n(source, dims[3], flat.data<double>() + row * dims[3]);
      }
    }
  }
  return flat.converted(like.dtype());
}

}  // namespace gatefold::ops
