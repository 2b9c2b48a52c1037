#include <algorithm>

#include "backend/kernels.h"
#include "backend/kernels/attention_scores.h"
#include "backend/products/gemm.h"
#include "backend/products/scratch_layout.h"
#include "backend/simd/score_rows.h"
#include "backend/simd/team.h"

namespace gatefold::native {
namespace {

using namespace attention_input;

/// Works on some queries and some keys at a time, whose scores stay in a core's cache. K is packed
/// once for all queries, unless there are few of them.
/// Source: Dao et al., "FlashAttention: Fast and Memory-Efficient Exact Attention", 2022.
class AttentionKernel : public Kernel {
 public:
  AttentionKernel(const KernelRequest& request, const AttentionScores& scores)
      : scores_(scores), extents_(scores.extents()), packs_keys_(extents_.queries > kFewQueries) {
    const AttentionExtents& e = extents_;
    const std::int64_t products =
        e.batch * e.query_heads * e.queries * e.keys * (e.size + e.value_size);
    threads_ = useful_threads(products, 1, request.threads);
    for (std::size_t i = 0; i < kPresents; ++i) {
      is_given_[i] = request.has_output(1 + i);
      is_joined_[i] = is_given_[i] || request.has_input(kPastKey + i);
      if (request.has_input(kPastKey + i)) {
        const Dims strides = request.strides_of_input(kPastKey + i);
        pasts_[i] = {strides[0], strides[1], strides[2]};
      }
      const std::int64_t size = row_size(i);
      layouts_[i] = is_joined_[i] ? HeadLayout{e.heads * e.keys * size, e.keys * size, size}
                                  : scores.layout(kK + i);
      if (is_joined_[i] && !is_given_[i]) {
        presents_[i] = layout_.add<float>(e.batch * e.heads * e.keys * size);
      }
    }
    y_ = head_layout(request.output_dims(), request.strides_of_output(), e.query_heads);
    panels_ = layout_.add<float>(packs_keys_ ? e.batch * e.heads * panels_size() : 0);
    for (int thread = 0; thread < threads_; ++thread) {
      tiles_.push_back(layout_.add<float>(kQueries * kKeys));
    }
  }

  std::size_t scratch_bytes() const override { return layout_.bytes(); }

  void run(const Buffers& buffers) override {
    const AttentionExtents& e = extents_;
    for (std::size_t i = 0; i < kPresents; ++i) {
      if (is_joined_[i]) join(buffers, i);
    }
    if (buffers.outputs[0] == nullptr) return;
    if (packs_keys_) {
      for_each_part(e.batch * e.heads, threads_, [&](std::int64_t part) {
        pack_head_panels(keys(buffers, part / e.heads, part % e.heads), layouts_[0].row, e.keys,
                         e.size, at<float>(buffers, panels_) + part * panels_size());
      });
    }
    const std::int64_t blocks = (e.queries + kQueries - 1) / kQueries;
    const std::int64_t parts = e.batch * e.query_heads * blocks;
    run_as_team(threads_, [&](const Team& team) {
      for (std::int64_t part = team.thread; part < parts; part += team.threads) {
        const std::int64_t first = part % blocks * kQueries;
        const Queries queries{part / blocks / e.query_heads, part / blocks % e.query_heads, first,
                              std::min(kQueries, e.queries - first)};
        attend(buffers, queries, at<float>(buffers, tiles_[static_cast<std::size_t>(team.thread)]));
      }
    });
  }

 private:
  static constexpr std::size_t kPresents = 2;  // K and V.
  static constexpr std::int64_t kQueries = kQueriesAtATime;
  static constexpr std::int64_t kKeys = kKeysAtATime;
  static constexpr std::int64_t kFewQueries = 3;

  /// Some queries of one head.
  struct Queries {
    std::int64_t n, head, first, count;
  };

  std::int64_t row_size(std::size_t present) const {
    return present == 0 ? extents_.size : extents_.value_size;
  }
  std::int64_t panels_size() const { return head_panels_size(extents_.keys, extents_.size); }

  const float* present(const Buffers& buffers, std::size_t i) const {
    if (is_given_[i]) return buffers.output<float>(1 + i);
    return is_joined_[i] ? at<float>(buffers, presents_[i]) : buffers.input<float>(kK + i);
  }
  const float* keys(const Buffers& buffers, std::int64_t n, std::int64_t head) const {
    return present(buffers, 0) + layouts_[0].offset(n, head, 0);
  }
  const float* values(const Buffers& buffers, std::int64_t n, std::int64_t head) const {
    return present(buffers, 1) + layouts_[1].offset(n, head, 0);
  }

  /// Writes what was there of K or V, and then what is new.
  void join(const Buffers& buffers, std::size_t i) const {
    const std::int64_t size = row_size(i);
    const HeadLayout& source = scores_.layout(kK + i);
    const auto* past = buffers.input<float>(kPastKey + i);
    const auto* added = buffers.input<float>(kK + i);
    auto* target = is_given_[i] ? buffers.output<float>(1 + i) : at<float>(buffers, presents_[i]);
    for (std::int64_t n = 0; n < extents_.batch; ++n) {
      for (std::int64_t head = 0; head < extents_.heads; ++head) {
        for (std::int64_t t = 0; t < extents_.past; ++t) {
          target = std::copy_n(past + pasts_[i].offset(n, head, t), size, target);
        }
        for (std::int64_t t = 0; t < extents_.keys - extents_.past; ++t) {
          target = std::copy_n(added + source.offset(n, head, t), size, target);
        }
      }
    }
  }

  void attend(const Buffers& buffers, const Queries& queries, float* tile) const {
    const HeadLayout& q_layout = scores_.layout(kQ);
    const float* q =
        buffers.input<float>(kQ) + q_layout.offset(queries.n, queries.head, queries.first);
    float* y = buffers.output<float>(0) + y_.offset(queries.n, queries.head, queries.first);
    const std::int64_t head = extents_.head_of(queries.head);
    RowSoftmax rows[kQueries];
    for (std::int64_t i = 0; i < queries.count; ++i) {
      std::fill_n(y + i * y_.row, extents_.value_size, 0.0F);
    }
    const std::int64_t end = most_visible(buffers, queries);
    for (std::int64_t first = 0; first < end; first += kKeys) {
      const KeyChunk chunk{first, std::min(kKeys, end - first)};
      multiply_keys(buffers, queries, q, chunk, tile);
      weigh(buffers, queries, chunk, tile, rows, y);
      const Gemm gemm{.m = queries.count,
                      .n = extents_.value_size,
                      .k = chunk.count,
                      .beta = 1,
                      .a_stride = kKeys,
                      .b_stride = layouts_[1].row,
                      .c_stride = y_.row};
      run_small_gemm(gemm, tile, values(buffers, queries.n, head) + chunk.first * layouts_[1].row,
                     y);
    }
    for (std::int64_t i = 0; i < queries.count; ++i) {
      scale_row(extents_.value_size, 1 / rows[i].sum, y + i * y_.row);
    }
  }

  std::int64_t most_visible(const Buffers& buffers, const Queries& queries) const {
    return scores_.visible(buffers, queries.n, queries.first + queries.count - 1);
  }

  /// tile [count,kKeys] = scale Q K^T of a chunk.
  void multiply_keys(const Buffers& buffers, const Queries& queries, const float* q, KeyChunk chunk,
                     float* tile) const {
    const std::int64_t head = extents_.head_of(queries.head);
    const std::int64_t q_row = scores_.layout(kQ).row;
    if (packs_keys_) {
      const float* panels =
          at<float>(buffers, panels_) + (queries.n * extents_.heads + head) * panels_size();
      return multiply_head_panels(q, q_row, queries.count, extents_.scale, panels, extents_.size,
                                  chunk, kKeys, tile);
    }
    const Gemm gemm{.m = queries.count,
                    .n = chunk.count,
                    .k = extents_.size,
                    .transpose_b = true,
                    .alpha = extents_.scale,
                    .a_stride = q_row,
                    .b_stride = layouts_[0].row,
                    .c_stride = kKeys};
    run_small_gemm(gemm, q, keys(buffers, queries.n, head) + chunk.first * layouts_[0].row, tile);
  }

  /// Turns a chunk's products into weights, and scales what Y holds of earlier chunks.
  void weigh(const Buffers& buffers, const Queries& queries, KeyChunk chunk, float* tile,
             RowSoftmax* rows, float* y) const {
    for (std::int64_t i = 0; i < queries.count; ++i, tile += kKeys, y += y_.row) {
      const std::int64_t query = queries.first + i;
      const std::int64_t seen = scores_.visible(buffers, queries.n, query) - chunk.first;
      const std::int64_t count = std::clamp<std::int64_t>(seen, 0, chunk.count);
      scores_.mask_row(buffers, queries.n, queries.head, query, {chunk.first, count}, tile);
      const float factor = fold_scores(count, tile, rows[i]);
      std::fill(tile + count, tile + chunk.count, 0.0F);
      if (chunk.first > 0 && factor != 1) scale_row(extents_.value_size, factor, y);
    }
  }

  AttentionScores scores_;
  AttentionExtents extents_;
  bool packs_keys_;
  int threads_ = 1;
  bool is_given_[kPresents] = {};   // Is an output.
  bool is_joined_[kPresents] = {};  // Is written anew.
  std::size_t presents_[kPresents] = {};
  HeadLayout pasts_[kPresents];    // Of past_key and past_value.
  HeadLayout layouts_[kPresents];  // Of what is read as K and V.
  HeadLayout y_;
  ScratchLayout layout_;
  std::size_t panels_ = 0;
  std::vector<std::size_t> tiles_;
};

}  // namespace

std::unique_ptr<Kernel> make_attention(const KernelRequest& request) {
  const auto scores = AttentionScores::of(request);
  // Without any key there is nothing to divide by.
  const bool has_keys = scores && scores->extents().keys > 0;
  return has_keys ? std::make_unique<AttentionKernel>(request, *scores) : nullptr;
}

}  // namespace gatefold::native
