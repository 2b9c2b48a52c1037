#include "backend/kernels/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "backend/kernels.h"
#include "ir/op_def.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/kernels/softmax.cpp"
#include "hwy/foreach_target.h"
//
#include "backend/simd/partial_vector-inl.h"
#include "backend/simd/vector_math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

/// Elements to work on: `outer` blocks of `extent` lines of `inner` neighbours; softmax runs along
/// the lines.
struct Block {
  std::int64_t outer, extent, inner;
};

/// Loads the `count` < Lanes(d) elements at x; the other lanes are -infinity.
template <class D>
HWY_INLINE hn::Vec<D> load_rest(D d, const float* x, std::int64_t count) {
  HWY_ALIGN float rest[hn::MaxLanes(d)];
  hn::Store(hn::Set(d, -std::numeric_limits<float>::infinity()), d, rest);
  for (std::int64_t i = 0; i < count; ++i) rest[i] = x[i];
  return hn::Load(d, rest);
}

/// A dense line of n elements.
template <class D>
void softmax_line(D d, const float* x, float* y, std::int64_t n) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t whole = n - n % lanes;
  const auto rest = load_rest(d, x + whole, n - whole);
  auto best = rest;
  for (std::int64_t i = 0; i < whole; i += lanes) best = hn::Max(best, hn::LoadU(d, x + i));
  const auto shift = hn::MaxOfLanes(d, best);
  auto total = exp(d, hn::Sub(rest, shift));
  store_part(d, total, y + whole, n - whole);
  for (std::int64_t i = 0; i < whole; i += lanes) {
    const auto power = exp(d, hn::Sub(hn::LoadU(d, x + i), shift));
    hn::StoreU(power, d, y + i);
    total = hn::Add(total, power);
  }
  const auto factor = hn::Div(hn::Set(d, 1.0F), hn::SumOfLanes(d, total));
  for (std::int64_t i = 0; i < whole; i += lanes) {
    hn::StoreU(hn::Mul(hn::LoadU(d, y + i), factor), d, y + i);
  }
  for (std::int64_t i = whole; i < n; ++i) y[i] *= hn::GetLane(factor);
}

template <class D>
void log_softmax_line(D d, const float* x, float* y, std::int64_t n) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t whole = n - n % lanes;
  const auto rest = load_rest(d, x + whole, n - whole);
  auto best = rest;
  for (std::int64_t i = 0; i < whole; i += lanes) best = hn::Max(best, hn::LoadU(d, x + i));
  const auto shift = hn::MaxOfLanes(d, best);
  auto total = exp(d, hn::Sub(rest, shift));
  for (std::int64_t i = 0; i < whole; i += lanes) {
    total = hn::Add(total, exp(d, hn::Sub(hn::LoadU(d, x + i), shift)));
  }
  const auto log_sum = hn::Set(d, std::log(hn::GetLane(hn::SumOfLanes(d, total))));
  // Two steps: shift + log_sum would round the small one away.
  for (std::int64_t i = 0; i < whole; i += lanes) {
    hn::StoreU(hn::Sub(hn::Sub(hn::LoadU(d, x + i), shift), log_sum), d, y + i);
  }
  store_part(d, hn::Sub(hn::Sub(rest, shift), log_sum), y + whole, n - whole);
}

/// Lanes(d) lines side by side, their elements `stride` apart.
template <bool is_log, class D>
void softmax_columns(D d, const float* x, float* y, std::int64_t extent, std::int64_t stride) {
  auto shift = hn::LoadU(d, x);
  for (std::int64_t i = 1; i < extent; ++i) shift = hn::Max(shift, hn::LoadU(d, x + i * stride));
  auto total = hn::Zero(d);
  for (std::int64_t i = 0; i < extent; ++i) {
    const auto power = exp(d, hn::Sub(hn::LoadU(d, x + i * stride), shift));
    total = hn::Add(total, power);
    if (!is_log) hn::StoreU(power, d, y + i * stride);
  }
  const auto last = is_log ? log(d, total) : hn::Div(hn::Set(d, 1.0F), total);
  for (std::int64_t i = 0; i < extent; ++i) {
    const std::int64_t k = i * stride;
    hn::StoreU(is_log ? hn::Sub(hn::Sub(hn::LoadU(d, x + k), shift), last)
                      : hn::Mul(hn::LoadU(d, y + k), last),
               d, y + k);
  }
}

template <bool is_log>
void apply(const Block& block, const float* x, float* y) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t o = 0; o < block.outer; ++o) {
    if (block.inner == 1) {
      is_log ? log_softmax_line(d, x, y, block.extent) : softmax_line(d, x, y, block.extent);
    } else {
      std::int64_t i = 0;
      for (; i + lanes <= block.inner; i += lanes) {
        softmax_columns<is_log>(d, x + i, y + i, block.extent, block.inner);
      }
      for (; i < block.inner; ++i) {
        softmax_columns<is_log>(hn::CappedTag<float, 1>(), x + i, y + i, block.extent, block.inner);
      }
    }
    x += block.extent * block.inner;
    y += block.extent * block.inner;
  }
}

void softmax(std::int64_t outer, std::int64_t extent, std::int64_t inner, const float* x,
             float* y) {
  apply<false>({outer, extent, inner}, x, y);
}
void log_softmax_blocks(std::int64_t outer, std::int64_t extent, std::int64_t inner, const float* x,
                        float* y) {
  apply<true>({outer, extent, inner}, x, y);
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(softmax);
HWY_EXPORT(log_softmax_blocks);

void log_softmax(std::int64_t outer, std::int64_t extent, std::int64_t inner, const float* x,
                 float* y) {
  HWY_DYNAMIC_DISPATCH(log_softmax_blocks)(outer, extent, inner, x, y);
}

namespace {

class SoftmaxKernel : public Kernel {
 public:
  explicit SoftmaxKernel(const KernelRequest& request)
      : is_log_(request.node.op().name == "LogSoftmax") {
    const Dims dims = request.input_dims(0);
    const std::int64_t axis = axis_of(request);
    extent_ = dims[axis];
    inner_ = element_count(Dims(dims.begin() + axis + 1, dims.end()));
    outer_ = element_count(dims) == 0 ? 0 : element_count(dims) / (extent_ * inner_);
  }

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    if (is_log_) {
      log_softmax(outer_, extent_, inner_, x, y);
    } else {
      HWY_DYNAMIC_DISPATCH(softmax)(outer_, extent_, inner_, x, y);
    }
  }

 private:
  bool is_log_;
  std::int64_t outer_ = 0, extent_ = 0, inner_ = 1;
};

}  // namespace

std::unique_ptr<Kernel> make_softmax(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return nullptr;
  return std::make_unique<SoftmaxKernel>(request);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
