#pragma once

#include <cstdint>

/// Loops of discrete Fourier transforms, for the machine's vectors. Signals are transformed side by
/// side, kFourierLanes of them: a block holds one complex number of each, the real parts first,
/// then the imaginary ones. Blocks follow one another as the numbers of a signal do.
namespace gatefold::native {

inline constexpr std::int64_t kFourierLanes = 16;
/// Floats of a block.
inline constexpr std::int64_t kFourierBlock = 2 * kFourierLanes;

/// One step of a transform of length radix * rest * done, of which the factor `done` is done.
struct FourierStage {
  std::int64_t radix = 1;
  std::int64_t rest = 1;
  std::int64_t done = 1;
  /// exp(-2 pi i q k / (radix * rest)), real and imaginary part, for every q < rest and
  /// 1 <= k < radix.
  const float* twiddles = nullptr;
  /// exp(-2 pi i k / radix) for every k < radix.
  const float* roots = nullptr;
};

/// Which of a block's halves holds the real parts. With the halves exchanged a transform becomes
/// its inverse, but for the factor 1 / length.
enum class FourierHalves : std::uint8_t { kRealFirst, kImaginaryFirst };

/// Stockham's step, which needs no reversal of bits: with r < done, q < rest and j, k < radix
///   y[r + done (radix q + k)] = w^(q k) sum_j x[r + done (q + rest j)] exp(-2 pi i j k / radix)
void run_fourier_stage(const FourierStage& stage, const float* x, float* y, FourierHalves halves);

/// x[n] *= factors[n], complex, for n < count.
void multiply_blocks(const float* factors, std::int64_t count, float* x, FourierHalves halves);

/// The spectrum of real signals of length 2 m from the transform z of the m complex numbers that
/// their elements in pairs make; `twiddles` are exp(-pi i k / m) for k <= m. With n = m - k and
/// z[m] = z[0], for k <= m:
///   y[k] = (z[k] + conj z[n]) / 2 - i twiddles[k] (z[k] - conj z[n]) / 2
void split_real_spectrum(const float* z, std::int64_t m, const float* twiddles, float* y);

/// The reverse: from the half spectrum x of real signals what the inverse transform of length m
/// makes their elements in pairs of. The imaginary parts of x[0] and x[m] do not count. For k < m:
///   z[k] = (x[k] + conj x[n]) / 2 + i conj(twiddles[k]) (x[k] - conj x[n]) / 2
void join_real_spectrum(const float* x, std::int64_t m, const float* twiddles, float* z);

/// Row i of `rows` (kFourierLanes floats each, every `row_stride` floats) becomes element i of
/// every line times factors[i], zeros in the lanes without a line. Elements lie `stride` apart.
void read_lines(const float* const* lines, std::int64_t line_count, std::int64_t stride,
                std::int64_t count, const float* factors, float* rows, std::int64_t row_stride);

/// The reverse, without factors.
void write_lines(const float* rows, std::int64_t row_stride, std::int64_t count,
                 float* const* lines, std::int64_t line_count, std::int64_t stride);

/// Sets finite[l] to whether all numbers of lane l are finite, in `count` rows that follow one
/// another.
void find_finite_lanes(const float* rows, std::int64_t count, bool* finite);

}  // namespace gatefold::native
