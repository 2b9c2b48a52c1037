#include <algorithm>
#include <numeric>

#include "backend/kernels.h"
#include "backend/kernels/index_checks.h"

namespace gatefold::native {
namespace {

/// Orders positions by their numbers, best first; of equals the lower position. NaN counts as the
/// largest.
template <typename T, bool largest>
struct IsBetter {
  const T* row;
  std::int64_t stride;

  static bool is_less(T x, T y) { return x < y || (x == x && y != y); }
  bool operator()(std::int32_t a, std::int32_t b) const {
    const T x = row[a * stride];
    const T y = row[b * stride];
    if (is_less(x, y)) return !largest;
    if (is_less(y, x)) return largest;
    return a < b;
  }
};

template <typename T>
class TopKKernel : public Kernel {
 public:
  explicit TopKKernel(const KernelRequest& request)
      : largest_(request.node.attr_int("largest") != 0),
        has_values_(request.has_output(0)),
        has_indices_(request.has_output(1)) {
    const Dims dims = request.input_dims(0);
    const std::int64_t axis = axis_of(request.node, static_cast<std::int64_t>(dims.size()));
    extent_ = dims[axis];
    count_ = request.output_dims()[axis];
    inner_ = element_count(Dims(dims.begin() + axis + 1, dims.end()));
    outer_ = element_count(Dims(dims.begin(), dims.begin() + axis));
  }

  std::size_t scratch_bytes() const override { return extent_ * sizeof(std::int32_t); }

  void run(const Buffers& buffers) override {
    auto* order = static_cast<std::int32_t*>(buffers.scratch);
    for (std::int64_t o = 0; o < outer_; ++o) {
      for (std::int64_t i = 0; i < inner_; ++i) {
        const T* row = buffers.input<T>(0) + o * extent_ * inner_ + i;
        if (largest_) {
          select(order, IsBetter<T, true>{row, inner_});
        } else {
          select(order, IsBetter<T, false>{row, inner_});
        }
        write(buffers, order, row, o * count_ * inner_ + i);
      }
    }
  }

 private:
  template <typename Less>
  void select(std::int32_t* order, Less less) const {
    std::iota(order, order + extent_, 0);
    std::partial_sort(order, order + count_, order + extent_, less);
  }

  void write(const Buffers& buffers, const std::int32_t* order, const T* row,
             std::int64_t start) const {
    auto* values = has_values_ ? buffers.output<T>(0) : nullptr;
    auto* indices = has_indices_ ? buffers.output<std::int64_t>(1) : nullptr;
    for (std::int64_t k = 0; k < count_; ++k) {
      if (values != nullptr) values[start + k * inner_] = row[order[k] * inner_];
      if (indices != nullptr) indices[start + k * inner_] = order[k];
    }
  }

  bool largest_;
  bool has_values_;
  bool has_indices_;
  std::int64_t outer_ = 1, extent_ = 0, count_ = 0, inner_ = 1;
};

}  // namespace

std::unique_ptr<Kernel> make_top_k(const KernelRequest& request) {
  switch (request.dtype()) {
    case DataType::kFloat32:
      return std::make_unique<TopKKernel<float>>(request);
    case DataType::kInt64:
      return std::make_unique<TopKKernel<std::int64_t>>(request);
    default:
      return nullptr;
  }
}

}  // namespace gatefold::native
