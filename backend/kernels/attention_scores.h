#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "backend/kernel.h"
#include "ir/ops/attention.h"

/// What attention and its gradient share: the scores of some queries and some keys at a time, so
/// that no matrix of all of them is ever in memory.
namespace gatefold::native {

/// Q, K, V or Y as [N,heads,T,size] wherever its elements lie; those of a row are neighbours.
struct HeadLayout {
  std::int64_t batch = 0, head = 0, row = 0;  ///< Strides, in elements.

  std::int64_t offset(std::int64_t n, std::int64_t h, std::int64_t t) const {
    return n * batch + h * head + t * row;
  }
};

/// Of a tensor [N,heads,T,size] or [N,T,heads*size] with these extents and strides.
HeadLayout head_layout(const Dims& dims, const Dims& strides, std::int64_t heads);

/// The extents and attributes of an Attention node.
struct AttentionExtents {
  std::int64_t batch = 0;
  std::int64_t query_heads = 0;
  std::int64_t heads = 0;    ///< Of K and V; query_heads is a multiple of it.
  std::int64_t queries = 0;  ///< Tq
  std::int64_t past = 0;     ///< Keys that are there already.
  std::int64_t keys = 0;     ///< T, with those.
  std::int64_t size = 0;     ///< D, of a row of Q and K.
  std::int64_t value_size = 0;
  bool is_causal = false;
  float scale = 1;
  float cap = 0;  ///< 0: none.

  std::int64_t head_of(std::int64_t query_head) const { return query_head / (query_heads / heads); }
};

/// How many queries and keys are worked on together: their scores stay in a core's cache.
inline constexpr std::int64_t kQueriesAtATime = 60;
inline constexpr std::int64_t kKeysAtATime = 512;

/// Some keys.
struct KeyChunk {
  std::int64_t first = 0, count = 0;
};

/// Rows of a transposed matrix in panels of kPanel columns, for products with it.
inline constexpr std::int64_t kHeadPanel = 64;

/// What panels of a matrix [rows, size], transposed, take.
std::int64_t head_panels_size(std::int64_t rows, std::int64_t size);
/// Packs rows that lie `stride` apart.
void pack_head_panels(const float* rows, std::int64_t stride, std::int64_t count, std::int64_t size,
                      float* panels);
/// products [m, stride products_stride] = alpha a [m,size] panels(chunk); rows are written up to
/// the end of a vector.
void multiply_head_panels(const float* a, std::int64_t a_stride, std::int64_t m, float alpha,
                          const float* panels, std::int64_t size, KeyChunk chunk,
                          std::int64_t products_stride, float* products);

/// What is known of a node's scores before it runs, and what becomes of their products.
class AttentionScores {
 public:
  /// Nothing where the kernels of attention do not take the node: for its element types, a mask of
  /// other numbers than float32, and where the scores themselves are wanted.
  static std::optional<AttentionScores> of(const KernelRequest& request);

  const AttentionExtents& extents() const { return extents_; }
  /// Of inputs Q, K, V.
  const HeadLayout& layout(std::size_t input) const { return layouts_[input]; }

  /// How many keys a query may see: those behind are hidden from it.
  std::int64_t visible(const Buffers& buffers, std::int64_t n, std::int64_t query) const;

  /// Turns a query's products scale Q K^T with keys that it may see into scores.
  void mask_row(const Buffers& buffers, std::int64_t n, std::int64_t head, std::int64_t query,
                KeyChunk keys, float* scores) const;

 private:
  enum class MaskKind : std::int8_t { kNone, kBoolean, kAdded };

  explicit AttentionScores(const KernelRequest& request);
  void read_mask(const KernelRequest& request);

  AttentionExtents extents_;
  std::array<HeadLayout, 3> layouts_;
  MaskKind mask_kind_ = MaskKind::kNone;
  std::int64_t mask_keys_ = 0;
  std::array<std::int64_t, 3> mask_strides_ = {};  ///< Along batch, heads, queries; 0 for extent 1.
  bool has_lengths_ = false;
  bool counts_from_past_ = true;  ///< Query i is key i + past; else the last query is the last key.
};

}  // namespace gatefold::native
