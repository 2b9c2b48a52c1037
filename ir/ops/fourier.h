#pragma once

#include <complex>
#include <vector>

namespace gatefold {

/// The discrete Fourier transform of `signal` in double precision:
///   y[k] = sum_n x[n] exp(-2 pi i k n / N), or for the inverse
///   y[k] = 1/N sum_n x[n] exp(2 pi i k n / N).
/// Costs N times the sum of N's prime factors.
std::vector<std::complex<double>> fourier_transform(const std::vector<std::complex<double>>& signal,
                                                    bool is_inverse);

}  // namespace gatefold
