#include "backend/simd/column_product.h"

#include <cstddef>
#include <utility>

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/column_product.cpp"
#include "hwy/foreach_target.h"
//
#include "backend/simd/partial_vector-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
constexpr hn::ScalableTag<float> kTag;
using Vector = hn::Vec<decltype(kTag)>;

// Vectors of columns whose sums for a panel fit into registers.
#if HWY_ARCH_ARM || (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)
constexpr std::size_t kMostVectors = 3;
#else
constexpr std::size_t kMostVectors = 1;
#endif

HWY_INLINE std::int64_t lane_count() { return static_cast<std::int64_t>(hn::Lanes(kTag)); }

/// A panel of weights, with what its sums start from.
struct Panel {
  const float* weights;
  const float* bias;
  std::int64_t rows;

  HWY_INLINE Vector start(std::size_t row) const {
    const bool has_bias = bias != nullptr && static_cast<std::int64_t>(row) < rows;
    return hn::Set(kTag, has_bias ? bias[row] : 0.0F);
  }
};

/// Sum i is that of row i / kVectors and vector i % kVectors. Unrolled by hand: as loops over
/// arrays, GCC 12 also writes every sum to the stack for every row of X.
template <std::size_t kVectors, std::size_t... kSum, class Load, class Store>
HWY_INLINE void multiply(std::index_sequence<kSum...> /*sums*/, const ColumnProduct& product,
                         const Panel& panel, const float* x, float* y, const Load& load,
                         const Store& store) {
  Vector sums[] = {panel.start(kSum / kVectors)...};
  const float* weights = panel.weights;
  for (std::int64_t k = 0; k < product.depth; ++k, weights += kPanelRows, x += product.x_step) {
    Vector columns[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) {
      columns[v] = load(x + static_cast<std::int64_t>(v) * lane_count());
    }
    ((sums[kSum] = hn::MulAdd(hn::Set(kTag, weights[kSum / kVectors]), columns[kSum % kVectors],
                              sums[kSum])),
     ...);
  }
  const auto store_row = [&](std::size_t sum, Vector value) {
    const auto row = static_cast<std::int64_t>(sum / kVectors);
    if (row >= panel.rows) return;
    store(value,
          y + row * product.y_step + static_cast<std::int64_t>(sum % kVectors) * lane_count());
  };
  (store_row(kSum, sums[kSum]), ...);
}

/// The columns from x on, by as many vectors as fit into registers, then by fewer, then the rest.
template <std::size_t kVectors>
void multiply_columns(const ColumnProduct& product, const Panel& panel, std::int64_t count,
                      const float* x, float* y) {
  constexpr auto kSums = std::make_index_sequence<kPanelRows * kVectors>();
  const std::int64_t step = static_cast<std::int64_t>(kVectors) * lane_count();
  for (; count >= step; count -= step, x += step, y += step) {
    multiply<kVectors>(
        kSums, product, panel, x, y, [](const float* from) { return hn::LoadU(kTag, from); },
        [](Vector value, float* to) { hn::StoreU(value, kTag, to); });
  }
  if constexpr (kVectors > 1) {
    multiply_columns<kVectors - 1>(product, panel, count, x, y);
  } else if (count > 0) {
    multiply<1>(
        kSums, product, panel, x, y,
        [&](const float* from) { return load_part(kTag, from, count); },
        [&](Vector value, float* to) { store_part(kTag, value, to, count); });
  }
}

void run_product(const ColumnProduct& product, const float* weights, const float* bias,
                 std::int64_t rows, std::int64_t count, const float* x, float* y) {
  multiply_columns<kMostVectors>(product, {weights, bias, rows}, count, x, y);
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(run_product);

void ColumnProduct::run(const float* panel, const float* bias, std::int64_t rows,
                        std::int64_t count, const float* x, float* y) const {
  HWY_DYNAMIC_DISPATCH(run_product)(*this, panel, bias, rows, count, x, y);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
