#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "backend/simd/fourier_lines.h"

namespace gatefold::native {

/// The discrete Fourier transform of kFourierLanes complex signals of one length, in float32:
///   y[k] = sum_n x[n] exp(-2 pi i k n / N)
/// With its halves exchanged it is the inverse one, times N; see FourierHalves. A length that is a
/// product of small primes is done factor by factor (Stockham 1966; 4, 2, 3, 5 and others each by
/// its own sum); any other as a convolution (Bluestein 1970): as 2 k n = k k + n n - (k - n)(k -
/// n),
///   y[k] = c[k] sum_n (x[n] c[n]) / c[k - n], c[n] = exp(-pi i n n / N),
/// which transforms of a length from 2 N - 1 on, a power of two, compute. The error is some 1e-7 of
/// the largest number of a spectrum.
class FourierTransform {
 public:
  explicit FourierTransform(std::int64_t length);

  std::int64_t length() const { return length_; }
  /// Blocks of each of the two buffers that `run` needs.
  std::int64_t block_count() const { return inner_ == nullptr ? length_ : inner_->block_count(); }
  /// Transforms the first `length` blocks of x; the result is in x or in y, which is returned.
  float* run(float* x, float* y, FourierHalves halves) const;

 private:
  /// As FourierStage, but for places among the factors.
  struct Stage {
    FourierStage loop;
    std::size_t twiddles, roots;
  };

  void add_stage(std::int64_t radix, std::int64_t rest);
  void make_chirp();
  float* convolve(float* x, float* y, FourierHalves halves) const;

  std::int64_t length_;
  std::vector<Stage> stages_;
  std::vector<float> factors_;
  // Of Bluestein's way: the transform of the greater length, c, and the spectrum of 1 / c.
  std::unique_ptr<FourierTransform> inner_;
  std::vector<float> chirp_, spectrum_;
};

/// exp(-2 pi i numerator / denominator), real and imaginary part appended to `numbers`.
void append_root(std::int64_t numerator, std::int64_t denominator, std::vector<float>& numbers);

}  // namespace gatefold::native
