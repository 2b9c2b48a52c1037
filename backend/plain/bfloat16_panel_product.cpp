#include "backend/plain/bfloat16_panel_product.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace gatefold::plain {

Bfloat16PanelProduct::Bfloat16PanelProduct(const Extents& extents, std::vector<Range> shares,
                                           const std::vector<std::int64_t>& row_counts,
                                           ScratchLayout& scratch)
    : extents_(extents), shares_(std::move(shares)), threads_(shares_.size()) {
  const std::int64_t most = row_counts.front();
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    if (shares_[i].count() == 0) continue;
    Thread& thread = threads_[i];
    std::size_t bytes = 0;
    for (const std::int64_t rows : row_counts) {
      thread.products.emplace_back(
          onednn::Bfloat16Product::Extents{.rows = rows,
                                           .depth = padded_depth(extents.depth),
                                           .columns = columns(static_cast<int>(i)),
                                           .panel = extents.panel,
                                           .has_bias = extents.has_bias});
      bytes = std::max(bytes, thread.products.back().scratch_bytes());
    }
    thread.rows = scratch.add<BFloat16>(most * padded_depth(extents.depth));
    thread.scratch = scratch.add<std::byte>(static_cast<std::int64_t>(bytes));
    thread.result = scratch.add<float>(most * columns(static_cast<int>(i)));
  }
}

void Bfloat16PanelProduct::run(const Buffers& buffers, int thread, std::int64_t row_count,
                               const BFloat16* matrix, const float* bias) {
  std::vector<onednn::Bfloat16Product>& products = threads_[thread].products;
  // The last one that has enough rows.
  const auto after = std::find_if(products.begin(), products.end(),
                                  [&](const auto& product) { return product.rows() < row_count; });
  assert(after != products.begin());
  const std::int64_t first = shares_[thread].begin * extents_.panel;
  std::prev(after)->run(rows(buffers, thread), matrix + first * padded_depth(extents_.depth),
                        bias == nullptr ? nullptr : bias + first, result(buffers, thread),
                        at<std::byte>(buffers, threads_[thread].scratch));
}

std::vector<std::int64_t> row_counts(std::int64_t most, bool varies) {
  std::vector<std::int64_t> counts = {most};
  constexpr std::size_t kMostCounts = 5;
  while (varies && counts.back() > 1 && counts.size() < kMostCounts) {
    counts.push_back((counts.back() + 1) / 2);
  }
  return counts;
}

}  // namespace gatefold::plain
