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
using namespace attention_gradient_input;

/// Goes through some queries and some keys at a time, whose weights are computed again. A thread
/// works on all queries that share a head of K and V, as their gradients add up there.
class AttentionGradientKernel : public Kernel {
 public:
  AttentionGradientKernel(const KernelRequest& request, const AttentionScores& scores)
      : scores_(scores),
        extents_(scores.extents()),
        y_(head_layout(request.input_dims(kY), request.strides_of_input(kY), extents_.query_heads)),
        d_(head_layout(request.input_dims(kDy), request.strides_of_input(kDy),
                       extents_.query_heads)) {
    const AttentionExtents& e = extents_;
    const std::int64_t products =
        e.batch * e.query_heads * e.queries * e.keys * (3 * e.size + 2 * e.value_size);
    threads_ = static_cast<int>(
        std::min<std::int64_t>(useful_threads(products, 1, request.threads), e.batch * e.heads));
    for (std::size_t input = 0; input < 3; ++input) {
      const Dims dims = request.input_dims(input);
      sizes_[input] = element_count(dims);
      outputs_[input] = head_layout(dims, strides_of(dims), input == kQ ? e.query_heads : e.heads);
      is_wanted_[input] = request.has_output(input);
    }
    for (int thread = 0; thread < threads_; ++thread) {
      places_.push_back({layout_.add<float>(head_panels_size(e.keys, e.size)),
                         layout_.add<float>(head_panels_size(e.keys, e.value_size)),
                         layout_.add<float>(kQueries * kKeys),
                         layout_.add<float>(kQueries * kKeys)});
    }
  }

  std::size_t scratch_bytes() const override { return layout_.bytes(); }

  void run(const Buffers& buffers) override {
    for (std::size_t input = 0; input < 3; ++input) {
      if (is_wanted_[input]) std::fill_n(buffers.output<float>(input), sizes_[input], 0.0F);
    }
    run_as_team(threads_, [&](const Team& team) {
      const Range parts = team.share(extents_.batch * extents_.heads);
      for (std::int64_t part = parts.begin; part < parts.end; ++part) {
        run_head(buffers, places_[static_cast<std::size_t>(team.thread)], part / extents_.heads,
                 part % extents_.heads);
      }
    });
  }

 private:
  static constexpr std::int64_t kQueries = kQueriesAtATime;
  static constexpr std::int64_t kKeys = kKeysAtATime;

  /// Where a thread keeps what it works on, in scratch memory.
  struct Places {
    std::size_t key_panels, value_panels;
    std::size_t weights;  ///< P, some queries and keys of it.
    std::size_t slopes;   ///< dP, then dS.
  };

  /// Some queries of one head, and where their rows begin.
  struct Queries {
    std::int64_t n, head, first, count;
    const float *q, *y, *d;
    float* dq;
  };

  void run_head(const Buffers& buffers, const Places& places, std::int64_t n,
                std::int64_t head) const {
    const AttentionExtents& e = extents_;
    const HeadLayout& keys = scores_.layout(kK);
    const HeadLayout& values = scores_.layout(kV);
    pack_head_panels(buffers.input<float>(kK) + keys.offset(n, head, 0), keys.row, e.keys, e.size,
                     at<float>(buffers, places.key_panels));
    pack_head_panels(buffers.input<float>(kV) + values.offset(n, head, 0), values.row, e.keys,
                     e.value_size, at<float>(buffers, places.value_panels));
    const std::int64_t sharing = e.query_heads / e.heads;
    for (std::int64_t i = 0; i < sharing; ++i) {
      for (std::int64_t first = 0; first < e.queries; first += kQueries) {
        run_queries(buffers, places, queries_at(buffers, n, head * sharing + i, first));
      }
    }
  }

  Queries queries_at(const Buffers& buffers, std::int64_t n, std::int64_t head,
                     std::int64_t first) const {
    return {
        n,
        head,
        first,
        std::min(kQueries, extents_.queries - first),
        buffers.input<float>(kQ) + scores_.layout(kQ).offset(n, head, first),
        buffers.input<float>(kY) + y_.offset(n, head, first),
        buffers.input<float>(kDy) + d_.offset(n, head, first),
        is_wanted_[kQ] ? buffers.output<float>(kQ) + outputs_[kQ].offset(n, head, first) : nullptr};
  }

  void run_queries(const Buffers& buffers, const Places& places, const Queries& queries) const {
    const std::int64_t end = scores_.visible(buffers, queries.n, queries.first + queries.count - 1);
    auto* weights = at<float>(buffers, places.weights);
    RowSoftmax rows[kQueries];
    for (std::int64_t first = 0; first < end; first += kKeys) {
      const KeyChunk chunk{first, std::min(kKeys, end - first)};
      score(buffers, places, queries, chunk);
      for (std::int64_t i = 0; i < queries.count; ++i) {
        fold_scores(seen(buffers, queries, i, chunk), weights + i * kKeys, rows[i]);
      }
    }
    for (std::int64_t first = 0; first < end; first += kKeys) {
      const KeyChunk chunk{first, std::min(kKeys, end - first)};
      // Where there is but one chunk, its weights only miss the division by their sums.
      if (end > kKeys) score(buffers, places, queries, chunk);
      find_slopes(buffers, places, queries, chunk, end > kKeys, rows);
      add_gradients(buffers, places, queries, chunk);
    }
  }

  /// Turns a chunk's scores, or weights that are not divided yet, into weights; finds dS.
  void find_slopes(const Buffers& buffers, const Places& places, const Queries& queries,
                   KeyChunk chunk, bool are_scores, const RowSoftmax* rows) const {
    auto* weights = at<float>(buffers, places.weights);
    auto* slopes = at<float>(buffers, places.slopes);
    multiply_head_panels(queries.d, d_.row, queries.count, 1,
                         at<float>(buffers, places.value_panels), extents_.value_size, chunk, kKeys,
                         slopes);
    for (std::int64_t i = 0; i < queries.count; ++i, weights += kKeys, slopes += kKeys) {
      const std::int64_t count = seen(buffers, queries, i, chunk);
      are_scores ? weigh_scores(count, rows[i], weights)
                 : scale_row(count, 1 / rows[i].sum, weights);
      const float mean =
          dot_rows(extents_.value_size, queries.y + i * y_.row, queries.d + i * d_.row);
      slopes_of_scores(count, weights, mean, slopes);
      std::fill(weights + count, weights + chunk.count, 0.0F);
      std::fill(slopes + count, slopes + chunk.count, 0.0F);
    }
  }

  /// How many keys of a chunk query i sees.
  std::int64_t seen(const Buffers& buffers, const Queries& queries, std::int64_t i,
                    KeyChunk chunk) const {
    const std::int64_t visible = scores_.visible(buffers, queries.n, queries.first + i);
    return std::clamp<std::int64_t>(visible - chunk.first, 0, chunk.count);
  }

  /// Scores of a chunk in place of the weights.
  void score(const Buffers& buffers, const Places& places, const Queries& queries,
             KeyChunk chunk) const {
    auto* scores = at<float>(buffers, places.weights);
    multiply_head_panels(queries.q, scores_.layout(kQ).row, queries.count, extents_.scale,
                         at<float>(buffers, places.key_panels), extents_.size, chunk, kKeys,
                         scores);
    for (std::int64_t i = 0; i < queries.count; ++i) {
      scores_.mask_row(buffers, queries.n, queries.head, queries.first + i,
                       {chunk.first, seen(buffers, queries, i, chunk)}, scores + i * kKeys);
    }
  }

  void add_gradients(const Buffers& buffers, const Places& places, const Queries& queries,
                     KeyChunk chunk) const {
    const std::int64_t head = extents_.head_of(queries.head);
    const float* weights = at<float>(buffers, places.weights);
    const float* slopes = at<float>(buffers, places.slopes);
    if (queries.dq != nullptr) {
      const HeadLayout& keys = scores_.layout(kK);
      const Gemm gemm{.m = queries.count,
                      .n = extents_.size,
                      .k = chunk.count,
                      .alpha = extents_.scale,
                      .beta = 1,
                      .a_stride = kKeys,
                      .b_stride = keys.row,
                      .c_stride = outputs_[kQ].row};
      run_small_gemm(gemm, slopes,
                     buffers.input<float>(kK) + keys.offset(queries.n, head, chunk.first),
                     queries.dq);
    }
    add_to_keys(buffers, kK, queries, chunk, slopes, queries.q, scores_.layout(kQ).row,
                extents_.scale);
    add_to_keys(buffers, kV, queries, chunk, weights, queries.d, d_.row, 1);
  }

  /// dK or dV += factor tile^T rows
  void add_to_keys(const Buffers& buffers, std::size_t input, const Queries& queries,
                   KeyChunk chunk, const float* tile, const float* rows, std::int64_t stride,
                   float factor) const {
    if (!is_wanted_[input]) return;
    auto* output = buffers.output<float>(input);
    const HeadLayout& layout = outputs_[input];
    const Gemm gemm{.m = chunk.count,
                    .n = input == kK ? extents_.size : extents_.value_size,
                    .k = queries.count,
                    .transpose_a = true,
                    .alpha = factor,
                    .beta = 1,
                    .a_stride = kKeys,
                    .b_stride = stride,
                    .c_stride = layout.row};
    run_small_gemm(gemm, tile, rows,
                   output + layout.offset(queries.n, extents_.head_of(queries.head), chunk.first));
  }

  AttentionScores scores_;
  AttentionExtents extents_;
  HeadLayout y_, d_;
  std::array<HeadLayout, 3> outputs_;
  std::array<bool, 3> is_wanted_ = {};
  std::array<std::int64_t, 3> sizes_ = {};  // Elements of each output.
  int threads_ = 1;
  ScratchLayout layout_;
  std::vector<Places> places_;
};

}  // namespace

std::unique_ptr<Kernel> make_attention_gradient(const KernelRequest& request) {
  const bool is_possible = request.dtype(kY) == DataType::kFloat32 &&
                           request.dtype(kDy) == DataType::kFloat32 &&
                           !request.has_input(kPastKey) && !request.has_input(kPastValue) &&
                           request.node.attr_float("softcap") == 0;
  const auto scores = is_possible ? AttentionScores::of(request) : std::nullopt;
  return scores ? std::make_unique<AttentionGradientKernel>(request, *scores) : nullptr;
}

}  // namespace gatefold::native
