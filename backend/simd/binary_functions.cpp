#include "backend/simd/binary_functions.h"

#include <cmath>
#include <type_traits>

#include "backend/simd/plain_binary_functions.h"

// The loops below are plain ones; compiling them once per instruction set lets the compiler use the
// widest vectors of each.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/binary_functions.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

template <typename T, typename R, typename Formula>
void both(const void* a, const void* b, void* c, std::int64_t n) {
  const T* x = static_cast<const T*>(a);
  const T* y = static_cast<const T*>(b);
  R* z = static_cast<R*>(c);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) z[i] = static_cast<R>(Formula()(x[i], y[i]));
}

template <typename T, typename R, typename Formula>
void first(const void* a, const void* b, void* c, std::int64_t n) {
  const T* x = static_cast<const T*>(a);
  const T y = *static_cast<const T*>(b);
  R* z = static_cast<R*>(c);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) z[i] = static_cast<R>(Formula()(x[i], y));
}

template <typename T, typename R, typename Formula>
void second(const void* a, const void* b, void* c, std::int64_t n) {
  const T x = *static_cast<const T*>(a);
  const T* y = static_cast<const T*>(b);
  R* z = static_cast<R*>(c);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) z[i] = static_cast<R>(Formula()(x, y[i]));
}

template <typename T>
using Wrapping = typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>,
                                             std::type_identity<T>>::type;

struct Entry {
  std::string_view op;
  DataType dtype;
  BinaryFunctions functions;
};

template <typename T, typename R, typename Formula>
constexpr Entry entry(std::string_view op, Formula /*formula*/) {
  return {
      op, data_type_of<T>(), {both<T, R, Formula>, first<T, R, Formula>, second<T, R, Formula>}};
}

constexpr auto kAdd = []<typename T>(T a, T b) HWY_ATTR { return Wrapping<T>(a) + Wrapping<T>(b); };
constexpr auto kSub = []<typename T>(T a, T b) HWY_ATTR { return Wrapping<T>(a) - Wrapping<T>(b); };
constexpr auto kMul = []<typename T>(T a, T b) HWY_ATTR { return Wrapping<T>(a) * Wrapping<T>(b); };
constexpr auto kDiv = []<typename T>(T a, T b) HWY_ATTR { return a / b; };
// The lowest integer divided by -1 wraps.
constexpr auto kDivIntegers = []<typename T>(T a, T b) HWY_ATTR {
  return b == T{-1} ? static_cast<T>(-Wrapping<T>(a)) : static_cast<T>(a / b);
};
constexpr auto kPow = [](float a, float b) HWY_ATTR { return std::pow(a, b); };
// NaN in either input gives NaN.
constexpr auto kMax = []<typename T>(T a, T b) HWY_ATTR { return a > b || a != a ? a : b; };
constexpr auto kMin = []<typename T>(T a, T b) HWY_ATTR { return a < b || a != a ? a : b; };
constexpr auto kPRelu = [](float x, float slope) HWY_ATTR { return x < 0 ? slope * x : x; };
constexpr auto kEqual = []<typename T>(T a, T b) HWY_ATTR { return a == b; };
constexpr auto kGreater = []<typename T>(T a, T b) HWY_ATTR { return a > b; };
constexpr auto kGreaterOrEqual = []<typename T>(T a, T b) HWY_ATTR { return a >= b; };
constexpr auto kLess = []<typename T>(T a, T b) HWY_ATTR { return a < b; };
constexpr auto kLessOrEqual = []<typename T>(T a, T b) HWY_ATTR { return a <= b; };
constexpr auto kAnd = [](bool a, bool b) HWY_ATTR { return static_cast<bool>(a & b); };
constexpr auto kOr = [](bool a, bool b) HWY_ATTR { return static_cast<bool>(a | b); };
constexpr auto kXor = [](bool a, bool b) HWY_ATTR { return a != b; };

constexpr Entry kEntries[] = {
    entry<float, float>("Add", kAdd),
    entry<std::int64_t, std::int64_t>("Add", kAdd),
    entry<std::int32_t, std::int32_t>("Add", kAdd),
    entry<float, float>("Sub", kSub),
    entry<std::int64_t, std::int64_t>("Sub", kSub),
    entry<std::int32_t, std::int32_t>("Sub", kSub),
    entry<float, float>("Mul", kMul),
    entry<std::int64_t, std::int64_t>("Mul", kMul),
    entry<std::int32_t, std::int32_t>("Mul", kMul),
    entry<float, float>("Div", kDiv),
    entry<std::int64_t, std::int64_t>("Div", kDivIntegers),
    entry<std::int32_t, std::int32_t>("Div", kDivIntegers),
    entry<float, float>("Pow", kPow),
    entry<float, float>("Sum", kAdd),
    entry<float, float>("Mean", kAdd),
    entry<float, float>("Max", kMax),
    entry<std::int64_t, std::int64_t>("Max", kMax),
    entry<std::int32_t, std::int32_t>("Max", kMax),
    entry<float, float>("Min", kMin),
    entry<std::int64_t, std::int64_t>("Min", kMin),
    entry<std::int32_t, std::int32_t>("Min", kMin),
    entry<float, float>("PRelu", kPRelu),
    entry<float, bool>("Equal", kEqual),
    entry<std::int64_t, bool>("Equal", kEqual),
    entry<std::int32_t, bool>("Equal", kEqual),
    entry<bool, bool>("Equal", kEqual),
    entry<float, bool>("Greater", kGreater),
    entry<std::int64_t, bool>("Greater", kGreater),
    entry<std::int32_t, bool>("Greater", kGreater),
    entry<float, bool>("GreaterOrEqual", kGreaterOrEqual),
    entry<std::int64_t, bool>("GreaterOrEqual", kGreaterOrEqual),
    entry<std::int32_t, bool>("GreaterOrEqual", kGreaterOrEqual),
    entry<float, bool>("Less", kLess),
    entry<std::int64_t, bool>("Less", kLess),
    entry<std::int32_t, bool>("Less", kLess),
    entry<float, bool>("LessOrEqual", kLessOrEqual),
    entry<std::int64_t, bool>("LessOrEqual", kLessOrEqual),
    entry<std::int32_t, bool>("LessOrEqual", kLessOrEqual),
    entry<bool, bool>("And", kAnd),
    entry<bool, bool>("Or", kOr),
    entry<bool, bool>("Xor", kXor),
};

BinaryFunctions find(std::string_view op, DataType dtype) {
  for (const Entry& candidate : kEntries) {
    if (candidate.op == op && candidate.dtype == dtype) return candidate.functions;
  }
  return {};
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(find);

BinaryFunctions find_binary_functions(std::string_view op, DataType dtype) {
  const BinaryFunctions found = HWY_DYNAMIC_DISPATCH(find)(op, dtype);
  return found.both != nullptr ? found : find_plain_binary_functions(op, dtype);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
