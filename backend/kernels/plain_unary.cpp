#include <cmath>
#include <string_view>
#include <type_traits>

#include "backend/kernels.h"
#include "ir/op_def.h"

namespace gatefold::native {
namespace {

/// y[i] = f(x[i]) for n elements.
using Run = void (*)(const void* x, void* y, std::int64_t n);

/// By plain loops: for element types that make_unary does not take.
class PlainUnaryKernel : public Kernel {
 public:
  PlainUnaryKernel(const KernelRequest& request, Run run)
      : run_(run), size_(element_count(request.output_dims())) {}

  void run(const Buffers& buffers) override { run_(buffers.inputs[0], buffers.outputs[0], size_); }

 private:
  Run run_;
  std::int64_t size_;
};

template <typename T, typename Formula>
void run(const void* x, void* y, std::int64_t n) {
  const auto* from = static_cast<const T*>(x);
  auto* to = static_cast<std::invoke_result_t<Formula, T>*>(y);
  for (std::int64_t i = 0; i < n; ++i) to[i] = Formula()(from[i]);
}

template <typename Formula, typename... Types>
Run of_types(DataType dtype) {
  Run found = nullptr;
  ((data_type_of<Types>() == dtype && (found = run<Types, Formula>, true)) || ...);
  return found;
}

/// Integers wrap.
constexpr auto kNegative = []<typename T>(T x) {
  if constexpr (std::is_floating_point_v<T>) return -x;
  return static_cast<T>(-static_cast<std::uint64_t>(x));
};
constexpr auto kMagnitude = []<typename T>(T x) {
  if constexpr (std::is_floating_point_v<T>) return std::abs(x);
  return x < T{} ? static_cast<T>(-static_cast<std::uint64_t>(x)) : x;
};
/// NaN gives NaN.
constexpr auto kSign = []<typename T>(T x) { return x > T{} ? T{1} : x < T{} ? T{-1} : x; };
constexpr auto kPositive = []<typename T>(T x) { return x < T{} ? T{} : x; };
constexpr auto kInverted = []<typename T>(T x) { return static_cast<T>(~x); };
constexpr auto kSigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
constexpr auto kIsNan = [](auto x) { return x != x; };

struct Row {
  std::string_view op;
  Run (*find)(DataType dtype);
};

template <typename Formula>
constexpr Row doubles(std::string_view op, Formula /*formula*/) {
  return {op, of_types<Formula, double>};
}
template <typename Formula>
constexpr Row signed_numbers(std::string_view op, Formula /*formula*/) {
  return {op, of_types<Formula, double, std::int64_t, std::int32_t, std::int16_t, std::int8_t>};
}
template <typename Formula>
constexpr Row integers(std::string_view op, Formula /*formula*/) {
  return {op, of_types<Formula, std::int64_t, std::int32_t, std::int16_t, std::int8_t,
                       std::uint64_t, std::uint32_t, std::uint16_t, std::uint8_t>};
}
template <typename Formula>
constexpr Row floats(std::string_view op, Formula /*formula*/) {
  return {op, of_types<Formula, float, double>};
}

constexpr Row kRows[] = {
    signed_numbers("Abs", kMagnitude),
    signed_numbers("Neg", kNegative),
    signed_numbers("Relu", kPositive),
    signed_numbers("Sign", kSign),
    integers("BitwiseNot", kInverted),
    floats("IsNaN", kIsNan),
    doubles("Ceil", [](double x) { return std::ceil(x); }),
    doubles("Cos", [](double x) { return std::cos(x); }),
    doubles("Erf", [](double x) { return std::erf(x); }),
    doubles("Exp", [](double x) { return std::exp(x); }),
    doubles("Floor", [](double x) { return std::floor(x); }),
    doubles("Log", [](double x) { return std::log(x); }),
    doubles("Reciprocal", [](double x) { return 1 / x; }),
    doubles("Round", [](double x) { return std::nearbyint(x); }),
    doubles("Sigmoid", kSigmoid),
    doubles("Sin", [](double x) { return std::sin(x); }),
    doubles("Sqrt", [](double x) { return std::sqrt(x); }),
    doubles("Tanh", [](double x) { return std::tanh(x); }),
};

/// x is one of the infinities that are asked for.
template <typename T, bool kNegativeToo, bool kPositiveToo>
void find_infinities(const void* x, void* y, std::int64_t n) {
  const auto* from = static_cast<const T*>(x);
  auto* to = static_cast<bool*>(y);
  for (std::int64_t i = 0; i < n; ++i) {
    const bool is_wanted = (kNegativeToo && from[i] < T{}) || (kPositiveToo && from[i] > T{});
    to[i] = is_wanted && std::isinf(from[i]);
  }
}

template <typename T>
Run infinity_finder(const Node& node) {
  const bool is_positive = node.attr_int("detect_positive") != 0;
  if (node.attr_int("detect_negative") != 0) {
    return is_positive ? find_infinities<T, true, true> : find_infinities<T, true, false>;
  }
  return is_positive ? find_infinities<T, false, true> : find_infinities<T, false, false>;
}

Run find_run(const Node& node, DataType dtype) {
  if (node.op().name == "IsInf") {
    if (dtype == DataType::kFloat32) return infinity_finder<float>(node);
    return dtype == DataType::kFloat64 ? infinity_finder<double>(node) : nullptr;
  }
  for (const Row& row : kRows) {
    if (row.op == node.op().name) return row.find(dtype);
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<Kernel> make_plain_unary(const KernelRequest& request) {
  const Run run = find_run(request.node, request.dtype());
  return run == nullptr ? nullptr : std::make_unique<PlainUnaryKernel>(request, run);
}

}  // namespace gatefold::native
