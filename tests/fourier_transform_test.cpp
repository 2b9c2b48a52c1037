#include "backend/simd/fourier_transform.h"

#include <gtest/gtest.h>

#include <complex>
#include <numbers>
#include <random>
#include <vector>

#include "backend/simd/instruction_sets.h"

namespace gatefold::native {
namespace {

using Complex = std::complex<double>;
using Signals = std::vector<std::vector<Complex>>;

Signals random_signals(std::int64_t length) {
  std::mt19937 random(static_cast<unsigned>(length));
  std::uniform_real_distribution<float> number(-1, 1);
  Signals signals(kFourierLanes, std::vector<Complex>(length));
  for (auto& signal : signals) {
    for (Complex& value : signal) value = {number(random), number(random)};
  }
  return signals;
}

/// The sum that defines the transform, with the sign of the exponent.
Complex defined(const std::vector<Complex>& signal, std::int64_t k, double sign) {
  const auto length = static_cast<std::int64_t>(signal.size());
  Complex sum = 0;
  for (std::int64_t n = 0; n < length; ++n) {
    const auto turn = static_cast<double>(k * n % length) / static_cast<double>(length);
    sum += signal[n] * std::polar(1.0, sign * 2 * std::numbers::pi * turn);
  }
  return sum;
}

/// The largest error beside the largest magnitude of each spectrum.
double error_of(std::int64_t length, FourierHalves halves) {
  const Signals signals = random_signals(length);
  const FourierTransform transform(length);
  std::vector<float> x(transform.block_count() * kFourierBlock, 7), y = x;
  for (std::int64_t l = 0; l < kFourierLanes; ++l) {
    for (std::int64_t n = 0; n < length; ++n) {
      x[n * kFourierBlock + l] = static_cast<float>(signals[l][n].real());
      x[n * kFourierBlock + kFourierLanes + l] = static_cast<float>(signals[l][n].imag());
    }
  }
  const float* result = transform.run(x.data(), y.data(), halves);
  double worst = 0;
  for (std::int64_t l = 0; l<kFourierLanes; l += length> 100 ? 7 : 1) {
    double greatest = 0, error = 0;
    for (std::int64_t k = 0; k<length; k += length> 100 ? 3 : 1) {
      const Complex wanted = defined(signals[l], k, halves == FourierHalves::kRealFirst ? -1 : 1);
      const float* block = result + k * kFourierBlock + l;
      greatest = std::max(greatest, std::abs(wanted));
      error = std::max(error, std::abs(Complex(block[0], block[kFourierLanes]) - wanted));
    }
    worst = std::max(worst, error / greatest);
  }
  return worst;
}

std::vector<std::int64_t> lengths() {
  std::vector<std::int64_t> result;
  for (std::int64_t length = 1; length <= 70; ++length) result.push_back(length);
  for (const std::int64_t length : {97, 320, 400, 441, 480, 512, 1009, 1023, 1024, 1200, 2048}) {
    result.push_back(length);
  }
  return result;
}

TEST(FourierTransform, IsTheSumThatDefinesIt) {
  for (const InstructionSet& set : instruction_sets()) {
    const UseInstructionSet use(set);
    for (const std::int64_t length : lengths()) {
      EXPECT_LT(error_of(length, FourierHalves::kRealFirst), 1e-6) << set.name << ' ' << length;
      EXPECT_LT(error_of(length, FourierHalves::kImaginaryFirst), 1e-6)
          << set.name << ' ' << length;
    }
  }
}

}  // namespace
}  // namespace gatefold::native
