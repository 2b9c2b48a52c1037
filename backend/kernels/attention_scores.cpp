#include "backend/kernels/attention_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "backend/products/gemm.h"
#include "backend/simd/score_rows.h"

namespace gatefold::native {
namespace {

using namespace attention_input;

constexpr std::int64_t kVector = 16;

/// The heads, rows and numbers in a row of Q, K or V.
struct Heads {
  std::int64_t heads = 0, rows = 0, size = 0;
  HeadLayout layout;

  Heads(const KernelRequest& request, std::size_t input, std::string_view attribute) {
    const Dims dims = request.input_dims(input);
    const bool has_axis = dims.size() == 4;
    heads = has_axis ? dims[1] : request.node.attr_int(attribute);
    rows = dims[has_axis ? 2 : 1];
    size = has_axis ? dims[3] : dims[2] / heads;
    layout = head_layout(dims, request.strides_of_input(input), heads);
  }
};

bool is_possible(const KernelRequest& request) {
  for (const std::size_t input : {kQ, kK, kV}) {
    if (request.dtype(input) != DataType::kFloat32) return false;
  }
  const bool has_mask = request.has_input(kMask);
  const DataType mask = has_mask ? request.dtype(kMask) : DataType::kBool;
  return (mask == DataType::kBool || mask == DataType::kFloat32) && !request.has_output(3);
}

}  // namespace

HeadLayout head_layout(const Dims& dims, const Dims& strides, std::int64_t heads) {
  if (dims.size() == 4) return {strides[0], strides[1], strides[2]};
  return {strides[0], dims[2] / heads, strides[1]};
}

std::int64_t head_panels_size(std::int64_t rows, std::int64_t size) {
  return (rows + kHeadPanel - 1) / kHeadPanel * kHeadPanel * size;
}

void pack_head_panels(const float* rows, std::int64_t stride, std::int64_t count, std::int64_t size,
                      float* panels) {
  for (std::int64_t first = 0; first < count; first += kHeadPanel, panels += kHeadPanel * size) {
    const std::int64_t width = std::min(kHeadPanel, count - first);
    if (width < kHeadPanel) std::fill_n(panels, kHeadPanel * size, 0.0F);
    for (std::int64_t column = 0; column < width; ++column, rows += stride) {
      for (std::int64_t k = 0; k < size; ++k) panels[k * kHeadPanel + column] = rows[k];
    }
  }
}

void multiply_head_panels(const float* a, std::int64_t a_stride, std::int64_t m, float alpha,
                          const float* panels, std::int64_t size, KeyChunk chunk,
                          std::int64_t products_stride, float* products) {
  Gemm gemm{.m = m,
            .k = size,
            .alpha = alpha,
            .a_stride = a_stride,
            .b_stride = kHeadPanel,
            .c_stride = products_stride};
  panels += chunk.first * size;
  for (std::int64_t column = 0; column < chunk.count; column += kHeadPanel) {
    // Whole vectors are stored at once.
    gemm.n = std::min(kHeadPanel, (chunk.count - column + kVector - 1) / kVector * kVector);
    run_small_gemm(gemm, a, panels + column * size, products + column);
  }
}

std::optional<AttentionScores> AttentionScores::of(const KernelRequest& request) {
  if (!is_possible(request)) return std::nullopt;
  return AttentionScores(request);
}

AttentionScores::AttentionScores(const KernelRequest& request) {
  const Node& node = request.node;
  const Heads q(request, kQ, "q_num_heads");
  const Heads k(request, kK, "kv_num_heads");
  const Heads v(request, kV, "kv_num_heads");
  const std::int64_t past = request.has_input(kPastKey) ? request.input_dims(kPastKey)[2] : 0;
  const double natural = 1 / std::sqrt(static_cast<double>(q.size));
  extents_ = {
      .batch = request.input_dims(kQ)[0],
      .query_heads = q.heads,
      .heads = k.heads,
      .queries = q.rows,
      .past = past,
      .keys = past + k.rows,
      .size = q.size,
      .value_size = v.size,
      .is_causal = node.attr_int("is_causal") != 0,
      .scale = static_cast<float>(node.has_attr("scale") ? node.attr_float("scale") : natural),
      .cap = node.attr_float("softcap")};
  layouts_ = {q.layout, k.layout, v.layout};
  has_lengths_ = request.has_input(kValidLengths);
  counts_from_past_ = request.has_input(kPastKey) || !has_lengths_;
  if (request.has_input(kMask)) read_mask(request);
}

void AttentionScores::read_mask(const KernelRequest& request) {
  Dims dims = request.input_dims(kMask);
  Dims strides = request.strides_of_input(kMask);
  dims.insert(dims.begin(), 4 - dims.size(), 1);
  strides.insert(strides.begin(), 4 - strides.size(), 0);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    mask_strides_[axis] = dims[axis] == 1 ? 0 : strides[axis];
  }
  mask_kind_ = request.dtype(kMask) == DataType::kBool ? MaskKind::kBoolean : MaskKind::kAdded;
  mask_keys_ = dims[3];
}

std::int64_t AttentionScores::visible(const Buffers& buffers, std::int64_t n,
                                      std::int64_t query) const {
  std::int64_t count = extents_.keys;
  // A mask of one key counts for all of them.
  if (mask_kind_ != MaskKind::kNone && mask_keys_ != 1) count = std::min(count, mask_keys_);
  std::int64_t offset = extents_.past;
  if (has_lengths_) {
    const std::int64_t length = buffers.input<std::int64_t>(kValidLengths)[n];
    count = std::min(count, length);
    if (!counts_from_past_) offset = length - extents_.queries;
  }
  if (extents_.is_causal) count = std::min(count, query + offset + 1);
  return std::max<std::int64_t>(count, 0);
}

void AttentionScores::mask_row(const Buffers& buffers, std::int64_t n, std::int64_t head,
                               std::int64_t query, KeyChunk keys, float* scores) const {
  if (extents_.cap > 0) cap_scores(keys.count, extents_.cap, scores);
  if (mask_kind_ == MaskKind::kNone) return;
  const std::int64_t place =
      n * mask_strides_[0] + head * mask_strides_[1] + query * mask_strides_[2];
  const bool is_for_all = mask_keys_ == 1;
  if (mask_kind_ == MaskKind::kBoolean) {
    const bool* mask = buffers.input<bool>(kMask) + place;
    if (!is_for_all) return hide_scores(keys.count, mask + keys.first, scores);
    if (!*mask) std::fill_n(scores, keys.count, -std::numeric_limits<float>::infinity());
  } else {
    const float* mask = buffers.input<float>(kMask) + place;
    if (!is_for_all) return add_mask(keys.count, mask + keys.first, scores);
    for (std::int64_t i = 0; i < keys.count; ++i) scores[i] += *mask;
  }
}

}  // namespace gatefold::native
