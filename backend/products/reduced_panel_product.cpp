#include "backend/products/reduced_panel_product.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "backend/simd/bfloat16.h"
#include "backend/simd/int8.h"

namespace gatefold::native {

ReducedPanelProduct::ReducedPanelProduct(const Extents& extents, std::vector<Range> shares,
                                         const std::vector<std::int64_t>& row_counts,
                                         ScratchLayout& scratch)
    : extents_(extents),
      depth_(operand_depth(extents.precision, extents.depth)),
      shares_(std::move(shares)),
      threads_(shares_.size()) {
  const std::int64_t most = row_counts.front();
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    if (shares_[i].count() == 0) continue;
    Thread& thread = threads_[i];
    std::size_t bytes = 0;
    for (const std::int64_t rows : row_counts) {
      thread.products.emplace_back(
          onednn::ReducedProduct::Extents{.precision = extents.precision,
                                          .rows = rows,
                                          .depth = depth_,
                                          .columns = columns(static_cast<int>(i)),
                                          .panel = extents.panel,
                                          .has_bias = extents.has_bias && !is_int8()});
      bytes = std::max(bytes, thread.products.back().scratch_bytes());
    }
    thread.rows = scratch.add<BFloat16>(most * depth_);
    thread.row_scales = scratch.add<float>(is_int8() ? most : 0);
    thread.scratch = scratch.add<std::byte>(static_cast<std::int64_t>(bytes));
    thread.result = scratch.add<float>(most * columns(static_cast<int>(i)));
  }
}

void ReducedPanelProduct::set_row(const Buffers& buffers, int thread, std::int64_t row,
                                  const float* numbers) const {
  const Thread& own = threads_[thread];
  if (is_int8()) {
    at<float>(buffers, own.row_scales)[row] = quantize_row(
        numbers, extents_.depth, depth_, at<std::uint8_t>(buffers, own.rows) + row * depth_);
  } else {
    round_rows({numbers, extents_.depth}, 1, extents_.depth, depth_,
               at<BFloat16>(buffers, own.rows) + row * depth_);
  }
}

void ReducedPanelProduct::run(const Buffers& buffers, int thread, std::int64_t row_count,
                              const ReducedPanels& matrix, const float* bias) {
  Thread& own = threads_[thread];
  // The last one that has enough rows.
  const auto after = std::find_if(own.products.begin(), own.products.end(),
                                  [&](const auto& product) { return product.rows() < row_count; });
  assert(after != own.products.begin());
  const std::int64_t first = shares_[thread].begin * extents_.panel;
  if (bias != nullptr) bias += first;
  const std::int64_t element = is_int8() ? sizeof(std::int8_t) : sizeof(BFloat16);
  std::prev(after)->run(at<std::byte>(buffers, own.rows), matrix.numbers + first * depth_ * element,
                        bias, result(buffers, thread), at<std::byte>(buffers, own.scratch));
  if (!is_int8()) return;
  float* sums = result(buffers, thread);
  for (std::int64_t row = 0; row < row_count; ++row, sums += columns(thread)) {
    scale_products(sums, columns(thread), at<float>(buffers, own.row_scales)[row],
                   matrix.scales + first, matrix.corrections + first, bias, sums);
  }
}

std::int64_t operand_depth(ProductPrecision precision, std::int64_t depth) {
  return precision == ProductPrecision::kInt8 ? padded_int8_depth(depth) : padded_depth(depth);
}

std::vector<std::int64_t> row_counts(std::int64_t most, bool varies) {
  std::vector<std::int64_t> counts = {most};
  constexpr std::size_t kMostCounts = 5;
  while (varies && counts.back() > 1 && counts.size() < kMostCounts) {
    counts.push_back((counts.back() + 1) / 2);
  }
  return counts;
}

}  // namespace gatefold::native
