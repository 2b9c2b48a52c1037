#include "ir/ops/fourier.h"

#include <cmath>
#include <cstdint>
#include <numbers>

namespace gatefold {
namespace {

using Complex = std::complex<double>;

std::int64_t smallest_prime_factor(std::int64_t n) {
  for (std::int64_t p = 2; p * p <= n; ++p) {
    if (n % p == 0) return p;
  }
  return n;
}

/// Transforms x[0], x[stride], .. (n of them) into y by splitting n = p m into p interleaved
/// signals of length m. roots[k] = exp(-+2 pi i k / root_count), n * stride == root_count.
void transform(const Complex* x, std::int64_t n, std::int64_t stride,
               const std::vector<Complex>& roots, Complex* y) {
  if (n == 1) {
    *y = *x;
    return;
  }
  const auto root_count = static_cast<std::int64_t>(roots.size());
  const std::int64_t p = smallest_prime_factor(n);
  const std::int64_t m = n / p;
  std::vector<Complex> parts(n);
  for (std::int64_t part = 0; part < p; ++part) {
    transform(x + part * stride, m, stride * p, roots, parts.data() + part * m);
  }
  for (std::int64_t k = 0; k < n; ++k) {
    Complex sum = 0;
    for (std::int64_t part = 0; part < p; ++part) {
      sum += roots[part * k % n * stride % root_count] * parts[part * m + k % m];
    }
    y[k] = sum;
  }
}

}  // namespace

std::vector<Complex> fourier_transform(const std::vector<Complex>& signal, bool is_inverse) {
  const auto n = static_cast<std::int64_t>(signal.size());
  std::vector<Complex> result(n);
  if (n == 0) return result;
  std::vector<Complex> roots(n);
  const double step = (is_inverse ? 2 : -2) * std::numbers::pi / static_cast<double>(n);
  for (std::int64_t k = 0; k < n; ++k) roots[k] = std::polar(1.0, step * static_cast<double>(k));
  transform(signal.data(), n, 1, roots, result.data());
  if (is_inverse) {
    for (Complex& value : result) value /= static_cast<double>(n);
  }
  return result;
}

}  // namespace gatefold
