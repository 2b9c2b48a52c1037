#include "language/templates/initial_weights.h"

#include <cmath>
#include <utility>

#include "ir/random.h"

namespace gatefold {
namespace {

/// Numbers of one parameter, each in [-1, 1).
class Draws {
 public:
  Draws(std::uint64_t seed, std::string_view name) : numbers_(mix(seed, name)) {}

  double next() {
    // Both steps are exact: the numbers are multiples of 2^-53.
    return 2 * numbers_.uniform(next_++) - 1;
  }

 private:
  /// The FNV-1a hash of the name, begun with the seed.
  static std::uint64_t mix(std::uint64_t seed, std::string_view name) {
    std::uint64_t hash = 0xCBF29CE484222325 ^ RandomNumbers(seed).bits(0);
    for (const char letter : name) {
      hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3;
    }
    return hash;
  }

  RandomNumbers numbers_;
  std::uint64_t next_ = 0;
};

/// The natural logarithm of a number in (0, 1), which the C library may round in several ways:
/// log(m 2^e) = e log 2 + 2 (z + z^3/3 + z^5/5 + ...) with z = (m - 1) / (m + 1).
double logarithm(double number) {
  constexpr double kLog2 = 0x1.62e42fefa39efp-1;
  int exponent = 0;
  const double mantissa = std::frexp(number, &exponent);
  const double z = (mantissa - 1) / (mantissa + 1);
  const double square = z * z;
  double sum = 0;
  for (int odd = 39; odd > 0; odd -= 2) {
    const double product = sum * square;
    sum = product + 1.0 / odd;
  }
  const double fraction = 2 * z * sum;
  const double whole = exponent * kLog2;
  return whole + fraction;
}

}  // namespace

Tensor uniform_weights(std::uint64_t seed, std::string_view name, Dims dims, double bound) {
  Tensor weights(DataType::kFloat32, std::move(dims));
  Draws draws(seed, name);
  float* const data = weights.data<float>();
  for (std::int64_t i = 0; i < weights.size(); ++i) {
    data[i] = static_cast<float>(draws.next() * bound);
  }
  return weights;
}

Tensor normal_weights(std::uint64_t seed, std::string_view name, Dims dims) {
  Tensor weights(DataType::kFloat32, std::move(dims));
  Draws draws(seed, name);
  float* const data = weights.data<float>();
  for (std::int64_t i = 0; i < weights.size();) {
    const double x = draws.next();
    const double y = draws.next();
    const double x_square = x * x;
    const double y_square = y * y;
    const double square = x_square + y_square;
    if (square >= 1 || square == 0) continue;
    const double factor = std::sqrt(-2 * logarithm(square) / square);
    data[i++] = static_cast<float>(x * factor);
    if (i < weights.size()) data[i++] = static_cast<float>(y * factor);
  }
  return weights;
}

}  // namespace gatefold
