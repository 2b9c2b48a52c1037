#include "backend/simd/vector_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace gatefold::native::vector_math {
namespace {

struct Function {
  const char* name;
  void (*vectorized)(const float* x, float* y, std::size_t n);
  double (*exact)(double x);
  float first;
  float last;
  double bound;  // In units in the last place.
};

constexpr Function kFunctions[] = {
    {"exp", exp, [](double x) { return std::exp(x); }, -87, 88, 2},
    {"log", log, [](double x) { return std::log(x); }, 1e-30F, 9, 4},
    {"tanh", tanh, [](double x) { return std::tanh(x); }, -12, 12, 4},
    {"sigmoid", sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, -87, 30, 4},
    {"erf", erf, [](double x) { return std::erf(x); }, -6, 6, 5},
};

double units_off(float actual, double exact) {
  const auto nearest = std::abs(static_cast<float>(exact));
  const double unit = std::nextafter(nearest, std::numeric_limits<float>::infinity()) - nearest;
  return std::abs(actual - exact) / unit;
}

TEST(VectorMath, StaysWithinItsBounds) {
  constexpr std::size_t kCount = 100003;
  for (const Function& function : kFunctions) {
    std::vector<float> x(kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
      const double part = static_cast<double>(i) / (kCount - 1);
      x[i] = static_cast<float>(function.first + (function.last - function.first) * part);
    }
    std::vector<float> y(kCount);
    function.vectorized(x.data(), y.data(), kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
      ASSERT_LE(units_off(y[i], function.exact(x[i])), function.bound)
          << function.name << "(" << x[i] << ") = " << y[i];
    }
  }
}

TEST(VectorMath, TreatsSpecialNumbersAsTheStandardLibraryDoes) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x = {0.0F, -0.0F, kInfinity, kNan, 1e-40F};
  for (const Function& function : kFunctions) {
    std::vector<float> y(x.size());
    function.vectorized(x.data(), y.data(), x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto exact = static_cast<float>(function.exact(x[i]));
      EXPECT_TRUE(y[i] == exact || (std::isnan(y[i]) && std::isnan(exact)) ||
                  units_off(y[i], exact) < function.bound)
          << function.name << "(" << x[i] << ") = " << y[i] << ", not " << exact;
      EXPECT_EQ(std::signbit(y[i]) && !std::isnan(y[i]), std::signbit(exact) && !std::isnan(exact))
          << function.name << "(" << x[i] << ")";
    }
  }
}

}  // namespace
}  // namespace gatefold::native::vector_math
