#include "backend/simd/fourier_lines.h"

#include <algorithm>
#include <array>

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/fourier_lines.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
constexpr hn::CappedTag<float, kFourierLanes> kTag;
using Vector = hn::Vec<decltype(kTag)>;

struct Complex {
  Vector re, im;
};

HWY_INLINE Complex operator+(const Complex& a, const Complex& b) {
  return {hn::Add(a.re, b.re), hn::Add(a.im, b.im)};
}
HWY_INLINE Complex operator-(const Complex& a, const Complex& b) {
  return {hn::Sub(a.re, b.re), hn::Sub(a.im, b.im)};
}
HWY_INLINE Complex operator*(const Complex& a, const Complex& b) {
  return {hn::NegMulAdd(a.im, b.im, hn::Mul(a.re, b.re)),
          hn::MulAdd(a.re, b.im, hn::Mul(a.im, b.re))};
}
HWY_INLINE Complex times(const Complex& a, float factor) {
  const Vector f = hn::Set(kTag, factor);
  return {hn::Mul(a.re, f), hn::Mul(a.im, f)};
}
HWY_INLINE Complex conjugate(const Complex& a) { return {a.re, hn::Neg(a.im)}; }
HWY_INLINE Complex minus_i_times(const Complex& a) { return {a.im, hn::Neg(a.re)}; }
HWY_INLINE Complex broadcast(const float* number) {
  return {hn::Set(kTag, number[0]), hn::Set(kTag, number[1])};
}

/// Reads and writes one vector's lanes of blocks.
struct Lanes {
  std::int64_t re, im;  // Offsets in a block.

  Lanes(FourierHalves halves, std::int64_t lane)
      : re(halves == FourierHalves::kRealFirst ? lane : lane + kFourierLanes),
        im(halves == FourierHalves::kRealFirst ? lane + kFourierLanes : lane) {}
  HWY_INLINE Complex load(const float* x, std::int64_t n) const {
    const float* block = x + n * kFourierBlock;
    return {hn::LoadU(kTag, block + re), hn::LoadU(kTag, block + im)};
  }
  HWY_INLINE void store(const Complex& value, float* y, std::int64_t n) const {
    float* block = y + n * kFourierBlock;
    hn::StoreU(value.re, kTag, block + re);
    hn::StoreU(value.im, kTag, block + im);
  }
};

template <typename Run>
HWY_INLINE void for_each_vector(FourierHalves halves, const Run& run) {
  for (std::int64_t lane = 0; lane < kFourierLanes; lane += hn::Lanes(kTag)) {
    run(Lanes(halves, lane));
  }
}

// Transforms of the lengths that are common, in place.
struct Two {
  static constexpr std::int64_t kRadix = 2;
  static HWY_INLINE void run(Complex (&a)[kRadix]) {
    const Complex difference = a[0] - a[1];
    a[0] = a[0] + a[1];
    a[1] = difference;
  }
};

struct Three {
  static constexpr std::int64_t kRadix = 3;
  static HWY_INLINE void run(Complex (&a)[kRadix]) {
    constexpr float kSine = 0.86602540378443864676F;  // sin(2 pi / 3)
    const Complex sum = a[1] + a[2];
    const Complex turned = minus_i_times(times(a[1] - a[2], kSine));
    const Complex middle = a[0] + times(sum, -0.5F);
    a[0] = a[0] + sum;
    a[1] = middle + turned;
    a[2] = middle - turned;
  }
};

struct Four {
  static constexpr std::int64_t kRadix = 4;
  static HWY_INLINE void run(Complex (&a)[kRadix]) {
    const Complex even_sum = a[0] + a[2], even_difference = a[0] - a[2];
    const Complex odd_sum = a[1] + a[3], odd_difference = minus_i_times(a[1] - a[3]);
    a[0] = even_sum + odd_sum;
    a[1] = even_difference + odd_difference;
    a[2] = even_sum - odd_sum;
    a[3] = even_difference - odd_difference;
  }
};

struct Five {
  static constexpr std::int64_t kRadix = 5;
  static HWY_INLINE void run(Complex (&a)[kRadix]) {
    constexpr float kCosine1 = 0.30901699437494742410F;  // cos(2 pi / 5)
    constexpr float kCosine2 = -0.80901699437494742410F;
    constexpr float kSine1 = 0.95105651629515357212F;
    constexpr float kSine2 = 0.58778525229247312917F;
    const Complex outer = a[1] + a[4], inner = a[2] + a[3];
    const Complex outer_difference = a[1] - a[4], inner_difference = a[2] - a[3];
    const Complex first = a[0] + times(outer, kCosine1) + times(inner, kCosine2);
    const Complex second = a[0] + times(outer, kCosine2) + times(inner, kCosine1);
    const Complex first_turned =
        minus_i_times(times(outer_difference, kSine1) + times(inner_difference, kSine2));
    const Complex second_turned =
        minus_i_times(times(outer_difference, kSine2) - times(inner_difference, kSine1));
    a[0] = a[0] + outer + inner;
    a[1] = first + first_turned;
    a[2] = second + second_turned;
    a[3] = second - second_turned;
    a[4] = first - first_turned;
  }
};

template <typename Butterfly>
void run_stage(const FourierStage& stage, const float* x, float* y, FourierHalves halves) {
  constexpr std::int64_t kRadix = Butterfly::kRadix;
  for_each_vector(halves, [&](const Lanes& lanes) HWY_ATTR {
    for (std::int64_t q = 0; q < stage.rest; ++q) {
      Complex twiddles[kRadix];
      for (std::int64_t k = 1; k < kRadix; ++k) {
        twiddles[k] = broadcast(stage.twiddles + 2 * (q * (kRadix - 1) + k - 1));
      }
      for (std::int64_t r = 0; r < stage.done; ++r) {
        Complex a[kRadix];
        for (std::int64_t j = 0; j < kRadix; ++j) {
          a[j] = lanes.load(x, r + stage.done * (q + stage.rest * j));
        }
        Butterfly::run(a);
        lanes.store(a[0], y, r + stage.done * kRadix * q);
        for (std::int64_t k = 1; k < kRadix; ++k) {
          lanes.store(a[k] * twiddles[k], y, r + stage.done * (kRadix * q + k));
        }
      }
    }
  });
}

/// By the sum itself, for larger primes.
void run_any_stage(const FourierStage& stage, const float* x, float* y, FourierHalves halves) {
  const std::int64_t radix = stage.radix;
  constexpr float kOne[] = {1.0F, 0.0F};
  for_each_vector(halves, [&](const Lanes& lanes) HWY_ATTR {
    for (std::int64_t q = 0; q < stage.rest; ++q) {
      for (std::int64_t k = 0; k < radix; ++k) {
        const Complex twiddle =
            broadcast(k == 0 ? kOne : stage.twiddles + 2 * (q * (radix - 1) + k - 1));
        for (std::int64_t r = 0; r < stage.done; ++r) {
          Complex sum = lanes.load(x, r + stage.done * q);
          for (std::int64_t j = 1, turn = k; j < radix; ++j, turn += k) {
            if (turn >= radix) turn -= radix;
            sum = sum + lanes.load(x, r + stage.done * (q + stage.rest * j)) *
                            broadcast(stage.roots + 2 * turn);
          }
          lanes.store(sum * twiddle, y, r + stage.done * (radix * q + k));
        }
      }
    }
  });
}

void run_fourier_stage(const FourierStage& stage, const float* x, float* y, FourierHalves halves) {
  switch (stage.radix) {
    case 2:
      return run_stage<Two>(stage, x, y, halves);
    case 3:
      return run_stage<Three>(stage, x, y, halves);
    case 4:
      return run_stage<Four>(stage, x, y, halves);
    case 5:
      return run_stage<Five>(stage, x, y, halves);
    default:
      return run_any_stage(stage, x, y, halves);
  }
}

void multiply_blocks(const float* factors, std::int64_t count, float* x, FourierHalves halves) {
  for_each_vector(halves, [&](const Lanes& lanes) HWY_ATTR {
    for (std::int64_t n = 0; n < count; ++n) {
      lanes.store(lanes.load(x, n) * broadcast(factors + 2 * n), x, n);
    }
  });
}

void split_real_spectrum(const float* z, std::int64_t m, const float* twiddles, float* y) {
  for_each_vector(FourierHalves::kRealFirst, [&](const Lanes& lanes) HWY_ATTR {
    for (std::int64_t k = 0; k <= m; ++k) {
      const Complex a = lanes.load(z, k == m ? 0 : k);
      const Complex b = conjugate(lanes.load(z, k == 0 ? 0 : m - k));
      const Complex odd = broadcast(twiddles + 2 * k) * minus_i_times(a - b);
      lanes.store(times(a + b + odd, 0.5F), y, k);
    }
  });
}

void join_real_spectrum(const float* x, std::int64_t m, const float* twiddles, float* z) {
  for_each_vector(FourierHalves::kRealFirst, [&](const Lanes& lanes) HWY_ATTR {
    for (std::int64_t k = 0; k < m; ++k) {
      Complex a = lanes.load(x, k);
      Complex b = conjugate(lanes.load(x, m - k));
      if (k == 0) {  // They do not count, unless they are not finite.
        a.im = hn::Mul(a.im, hn::Zero(kTag));
        b.im = hn::Mul(b.im, hn::Zero(kTag));
      }
      const Complex odd = conjugate(broadcast(twiddles + 2 * k)) * (a - b);
      lanes.store(times(a + b - minus_i_times(odd), 0.5F), z, k);
    }
  });
}

#if HWY_TARGET == HWY_SCALAR

/// Rows that are transposed by vectors.
std::int64_t read_quads(const float* const* /*lines*/, std::int64_t /*line_count*/,
                        std::int64_t /*count*/, const float* /*factors*/, float* /*rows*/,
                        std::int64_t /*row_stride*/) {
  return 0;
}

std::int64_t write_quads(const float* /*rows*/, std::int64_t /*row_stride*/, std::int64_t /*count*/,
                         float* const* /*lines*/, std::int64_t /*line_count*/) {
  return 0;
}

#else

constexpr hn::FixedTag<float, 4> kQuad;
using Quad = hn::Vec<decltype(kQuad)>;

/// Element j of vector i becomes element i of vector j.
HWY_INLINE void transpose(Quad (&v)[4]) {
  const Quad a = hn::InterleaveLower(kQuad, v[0], v[2]), b = hn::InterleaveUpper(kQuad, v[0], v[2]);
  const Quad c = hn::InterleaveLower(kQuad, v[1], v[3]), d = hn::InterleaveUpper(kQuad, v[1], v[3]);
  v[0] = hn::InterleaveLower(kQuad, a, c);
  v[1] = hn::InterleaveUpper(kQuad, a, c);
  v[2] = hn::InterleaveLower(kQuad, b, d);
  v[3] = hn::InterleaveUpper(kQuad, b, d);
}

/// read_lines of dense lines, four elements of four lines at a time; returns how many elements.
std::int64_t read_quads(const float* const* lines, std::int64_t line_count, std::int64_t count,
                        const float* factors, float* rows, std::int64_t row_stride) {
  std::int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const Quad factor = hn::LoadU(kQuad, factors + i);
    for (std::int64_t l = 0; l < kFourierLanes; l += 4) {
      Quad v[4];
      for (std::int64_t k = 0; k < 4; ++k) {
        const bool is_there = l + k < line_count;
        v[k] = is_there ? hn::Mul(hn::LoadU(kQuad, lines[l + k] + i), factor) : hn::Zero(kQuad);
      }
      transpose(v);
      for (std::int64_t k = 0; k < 4; ++k) hn::StoreU(v[k], kQuad, rows + (i + k) * row_stride + l);
    }
  }
  return i;
}

/// The reverse.
std::int64_t write_quads(const float* rows, std::int64_t row_stride, std::int64_t count,
                         float* const* lines, std::int64_t line_count) {
  std::int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    for (std::int64_t l = 0; l < line_count; l += 4) {
      Quad v[4];
      for (std::int64_t k = 0; k < 4; ++k) {
        v[k] = hn::LoadU(kQuad, rows + (i + k) * row_stride + l);
      }
      transpose(v);
      for (std::int64_t k = 0; k < std::min<std::int64_t>(4, line_count - l); ++k) {
        hn::StoreU(v[k], kQuad, lines[l + k] + i);
      }
    }
  }
  return i;
}

#endif

void read_lines(const float* const* lines, std::int64_t line_count, std::int64_t stride,
                std::int64_t count, const float* factors, float* rows, std::int64_t row_stride) {
  std::int64_t i =
      stride == 1 ? read_quads(lines, line_count, count, factors, rows, row_stride) : 0;
  for (; i < count; ++i) {
    float* row = rows + i * row_stride;
    for (std::int64_t l = 0; l < line_count; ++l) row[l] = lines[l][i * stride] * factors[i];
    std::fill(row + line_count, row + kFourierLanes, 0.0F);
  }
}

void write_lines(const float* rows, std::int64_t row_stride, std::int64_t count,
                 float* const* lines, std::int64_t line_count, std::int64_t stride) {
  std::int64_t i = stride == 1 ? write_quads(rows, row_stride, count, lines, line_count) : 0;
  for (; i < count; ++i) {
    const float* row = rows + i * row_stride;
    for (std::int64_t l = 0; l < line_count; ++l) lines[l][i * stride] = row[l];
  }
}

void find_finite_lanes(const float* rows, std::int64_t count, bool* finite) {
  for (std::int64_t lane = 0; lane < kFourierLanes; lane += hn::Lanes(kTag)) {
    Vector zero = hn::Zero(kTag);  // Turns into NaN.
    for (std::int64_t i = 0; i < count; ++i) {
      zero = hn::MulAdd(hn::LoadU(kTag, rows + i * kFourierLanes + lane), hn::Zero(kTag), zero);
    }
    std::array<float, kFourierLanes> zeros;
    hn::StoreU(zero, kTag, zeros.data());
    for (std::size_t l = 0; l < hn::Lanes(kTag); ++l) finite[lane + l] = zeros[l] == 0.0F;
  }
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(run_fourier_stage);
HWY_EXPORT(multiply_blocks);
HWY_EXPORT(split_real_spectrum);
HWY_EXPORT(join_real_spectrum);
HWY_EXPORT(read_lines);
HWY_EXPORT(write_lines);
HWY_EXPORT(find_finite_lanes);

void run_fourier_stage(const FourierStage& stage, const float* x, float* y, FourierHalves halves) {
  HWY_DYNAMIC_DISPATCH(run_fourier_stage)(stage, x, y, halves);
}

void multiply_blocks(const float* factors, std::int64_t count, float* x, FourierHalves halves) {
  HWY_DYNAMIC_DISPATCH(multiply_blocks)(factors, count, x, halves);
}

void split_real_spectrum(const float* z, std::int64_t m, const float* twiddles, float* y) {
  HWY_DYNAMIC_DISPATCH(split_real_spectrum)(z, m, twiddles, y);
}

void join_real_spectrum(const float* x, std::int64_t m, const float* twiddles, float* z) {
  HWY_DYNAMIC_DISPATCH(join_real_spectrum)(x, m, twiddles, z);
}

void read_lines(const float* const* lines, std::int64_t line_count, std::int64_t stride,
                std::int64_t count, const float* factors, float* rows, std::int64_t row_stride) {
  HWY_DYNAMIC_DISPATCH(read_lines)
  (lines, line_count, stride, count, factors, rows, row_stride);
}

void write_lines(const float* rows, std::int64_t row_stride, std::int64_t count,
                 float* const* lines, std::int64_t line_count, std::int64_t stride) {
  HWY_DYNAMIC_DISPATCH(write_lines)(rows, row_stride, count, lines, line_count, stride);
}

void find_finite_lanes(const float* rows, std::int64_t count, bool* finite) {
  HWY_DYNAMIC_DISPATCH(find_finite_lanes)(rows, count, finite);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
