#include "backend/simd/plain_binary_functions.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "ir/maximum.h"

namespace gatefold::native {
namespace {

template <typename T>
using Wrapping = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;

struct Add {
  template <typename T>
  T operator()(T a, T b) const {
    return static_cast<T>(Wrapping<T>(a) + Wrapping<T>(b));
  }
};
struct Sub {
  template <typename T>
  T operator()(T a, T b) const {
    return static_cast<T>(Wrapping<T>(a) - Wrapping<T>(b));
  }
};
struct Mul {
  template <typename T>
  T operator()(T a, T b) const {
    return static_cast<T>(Wrapping<T>(a) * Wrapping<T>(b));
  }
};
/// The lowest integer divided by -1 wraps.
template <typename T>
bool is_minus_one(T b) {
  return std::is_integral_v<T> && std::is_signed_v<T> && b == static_cast<T>(-1);
}
struct Div {
  template <typename T>
  T operator()(T a, T b) const {
    return is_minus_one(b) ? Sub()(T{}, a) : static_cast<T>(a / b);
  }
};
/// The remainder with the sign of the dividend.
struct FMod {
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {
      return std::fmod(a, b);
    } else {
      return is_minus_one(b) ? T{} : static_cast<T>(a % b);
    }
  }
};
/// The remainder with the sign of the divisor.
struct Mod {
  template <typename T>
  T operator()(T a, T b) const {
    const T remainder = FMod()(a, b);
    const bool differs = remainder != T{} && (remainder < T{}) != (b < T{});
    return differs ? static_cast<T>(remainder + b) : remainder;
  }
};
struct Pow {
  double operator()(double a, double b) const { return std::pow(a, b); }
};
struct Max {
  template <typename T>
  T operator()(T a, T b) const {
    return maximum(a, b);
  }
};
struct Min {
  template <typename T>
  T operator()(T a, T b) const {
    return minimum(a, b);
  }
};
struct BitwiseAnd {
  template <typename T>
  T operator()(T a, T b) const {
    return static_cast<T>(a & b);
  }
};
struct BitwiseOr {
  template <typename T>
  T operator()(T a, T b) const {
    return static_cast<T>(a | b);
  }
};
struct BitwiseXor {
  template <typename T>
  T operator()(T a, T b) const {
    return static_cast<T>(a ^ b);
  }
};
template <typename T>
bool shifts_all(T count) {
  return count >= static_cast<T>(std::numeric_limits<T>::digits);
}
struct ShiftLeft {
  template <typename T>
  T operator()(T a, T b) const {
    return shifts_all(b) ? T{} : static_cast<T>(static_cast<std::uint64_t>(a) << b);
  }
};
struct ShiftRight {
  template <typename T>
  T operator()(T a, T b) const {
    return shifts_all(b) ? T{} : static_cast<T>(a >> b);
  }
};
struct Equal {
  template <typename T>
  bool operator()(T a, T b) const {
    return a == b;
  }
};
struct Greater {
  template <typename T>
  bool operator()(T a, T b) const {
    return a > b;
  }
};
struct GreaterOrEqual {
  template <typename T>
  bool operator()(T a, T b) const {
    return a >= b;
  }
};
struct Less {
  template <typename T>
  bool operator()(T a, T b) const {
    return a < b;
  }
};
struct LessOrEqual {
  template <typename T>
  bool operator()(T a, T b) const {
    return a <= b;
  }
};

/// c[i] = f(a[i * kStepA], b[i * kStepB])
template <typename T, typename Formula, std::int64_t kStepA, std::int64_t kStepB>
void run(const void* a, const void* b, void* c, std::int64_t n) {
  const T* x = static_cast<const T*>(a);
  const T* y = static_cast<const T*>(b);
  auto* z = static_cast<std::invoke_result_t<Formula, T, T>*>(c);
  for (std::int64_t i = 0; i < n; ++i) z[i] = Formula()(x[i * kStepA], y[i * kStepB]);
}

using Find = BinaryFunctions (*)(DataType dtype);

template <typename Formula, typename... Types>
BinaryFunctions of_types(DataType dtype) {
  BinaryFunctions found;
  const auto take = [&]<typename T>(std::type_identity<T> /*type*/) {
    if (data_type_of<T>() != dtype) return;
    found = {run<T, Formula, 1, 1>, run<T, Formula, 1, 0>, run<T, Formula, 0, 1>};
  };
  (take(std::type_identity<Types>()), ...);
  return found;
}

template <typename Formula>
constexpr Find kUnsigned =
    of_types<Formula, std::uint64_t, std::uint32_t, std::uint16_t, std::uint8_t>;
/// The numbers that find_binary_functions does not take.
template <typename Formula>
constexpr Find kRare = of_types<Formula, double, std::int16_t, std::int8_t, std::uint64_t,
                                std::uint32_t, std::uint16_t, std::uint8_t>;
template <typename Formula>
constexpr Find kIntegers = of_types<Formula, std::int64_t, std::int32_t, std::int16_t, std::int8_t,
                                    std::uint64_t, std::uint32_t, std::uint16_t, std::uint8_t>;
template <typename Formula>
constexpr Find kNumbers =
    of_types<Formula, float, double, std::int64_t, std::int32_t, std::int16_t, std::int8_t,
             std::uint64_t, std::uint32_t, std::uint16_t, std::uint8_t>;

struct Row {
  std::string_view op;
  Find find;
};

constexpr Row kRows[] = {
    {"Add", kRare<Add>},
    {"BitShiftLeft", kUnsigned<ShiftLeft>},
    {"BitShiftRight", kUnsigned<ShiftRight>},
    {"BitwiseAnd", kIntegers<BitwiseAnd>},
    {"BitwiseOr", kIntegers<BitwiseOr>},
    {"BitwiseXor", kIntegers<BitwiseXor>},
    {"Div", kRare<Div>},
    {"Equal", kRare<Equal>},
    {"FMod", kNumbers<FMod>},
    {"Greater", kRare<Greater>},
    {"GreaterOrEqual", kRare<GreaterOrEqual>},
    {"Less", kRare<Less>},
    {"LessOrEqual", kRare<LessOrEqual>},
    {"Max", kRare<Max>},
    {"Min", kRare<Min>},
    {"Mod", kIntegers<Mod>},
    {"Mul", kRare<Mul>},
    {"Pow", of_types<Pow, double>},
    {"Sub", kRare<Sub>},
    {"Sum", of_types<Add, double>},
};

}  // namespace

BinaryFunctions find_plain_binary_functions(std::string_view op, DataType dtype) {
  for (const Row& row : kRows) {
    if (row.op == op) return row.find(dtype);
  }
  return {};
}

}  // namespace gatefold::native
