#include "backend/simd/fourier_transform.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <numbers>
#include <utility>

#include "ir/ops/fourier.h"

namespace gatefold::native {
namespace {

// A prime factor p costs p operations a number; a convolution about as many as this prime.
constexpr std::int64_t kLargestPrime = 31;

/// Fours, then primes, ascending.
std::vector<std::int64_t> factors_of(std::int64_t length) {
  std::vector<std::int64_t> factors;
  for (; length % 4 == 0; length /= 4) factors.push_back(4);
  for (std::int64_t factor = 2; factor * factor <= length; ++factor) {
    for (; length % factor == 0; length /= factor) factors.push_back(factor);
  }
  if (length > 1) factors.push_back(length);
  return factors;
}

std::complex<double> root(std::int64_t numerator, std::int64_t denominator) {
  const double turn = static_cast<double>(numerator) / static_cast<double>(denominator);
  return std::polar(1.0, -2 * std::numbers::pi * turn);
}

void append(const std::complex<double>& number, std::vector<float>& numbers) {
  numbers.push_back(static_cast<float>(number.real()));
  numbers.push_back(static_cast<float>(number.imag()));
}

FourierHalves exchanged(FourierHalves halves) {
  return halves == FourierHalves::kRealFirst ? FourierHalves::kImaginaryFirst
                                             : FourierHalves::kRealFirst;
}

}  // namespace

void append_root(std::int64_t numerator, std::int64_t denominator, std::vector<float>& numbers) {
  append(root(numerator, denominator), numbers);
}

FourierTransform::FourierTransform(std::int64_t length) : length_(length) {
  const std::vector<std::int64_t> factors = factors_of(length);
  if (!factors.empty() && factors.back() > kLargestPrime) {
    make_chirp();
    return;
  }
  std::int64_t rest = length;
  for (const std::int64_t radix : factors) add_stage(radix, rest /= radix);
}

void FourierTransform::add_stage(std::int64_t radix, std::int64_t rest) {
  Stage stage{.loop = {.radix = radix, .rest = rest, .done = length_ / (radix * rest)},
              .twiddles = factors_.size(),
              .roots = 0};
  for (std::int64_t q = 0; q < rest; ++q) {
    for (std::int64_t k = 1; k < radix; ++k) append_root(q * k, radix * rest, factors_);
  }
  stage.roots = factors_.size();
  for (std::int64_t k = 0; k < radix; ++k) append_root(k, radix, factors_);
  stages_.push_back(stage);
}

// Of n n only the rest by 2 N matters, without which the angle would lose its digits.
void FourierTransform::make_chirp() {
  const auto whole =
      static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(2 * length_ - 1)));
  inner_ = std::make_unique<FourierTransform>(whole);
  std::vector<std::complex<double>> reciprocal(whole);
  for (std::int64_t n = 0; n < length_; ++n) {
    const std::complex<double> c = root(n * n % (2 * length_), 2 * length_);
    append(c, chirp_);
    reciprocal[n] = reciprocal[(whole - n) % whole] = std::conj(c) / static_cast<double>(whole);
  }
  for (const auto& number : fourier_transform(reciprocal, false)) append(number, spectrum_);
}

float* FourierTransform::run(float* x, float* y, FourierHalves halves) const {
  if (inner_ != nullptr) return convolve(x, y, halves);
  for (const Stage& stage : stages_) {
    FourierStage loop = stage.loop;
    loop.twiddles = factors_.data() + stage.twiddles;
    loop.roots = factors_.data() + stage.roots;
    run_fourier_stage(loop, x, y, halves);
    std::swap(x, y);
  }
  return x;
}

float* FourierTransform::convolve(float* x, float* y, FourierHalves halves) const {
  const std::int64_t whole = inner_->length();
  multiply_blocks(chirp_.data(), length_, x, halves);
  std::fill(x + length_ * kFourierBlock, x + whole * kFourierBlock, 0.0F);
  float* product = inner_->run(x, y, halves);
  multiply_blocks(spectrum_.data(), whole, product, halves);
  float* result = inner_->run(product, product == x ? y : x, exchanged(halves));
  multiply_blocks(chirp_.data(), length_, result, halves);
  return result;
}

}  // namespace gatefold::native
