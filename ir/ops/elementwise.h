#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "ir/convert.h"
#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"

/// What the element-wise operators share.
namespace gatefold::ops {

/// Names of the ports of an operator with one input and one output.
struct UnaryPorts {
  std::string_view input;
  std::string_view output;
};
inline constexpr UnaryPorts kInputOutput{"input", "output"};
inline constexpr UnaryPorts kXY{"X", "Y"};

/// Integers are computed with modulo 2^64, so that overflow wraps; other types as they are.
template <typename T>
using Wrapping = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;

/// The shape of all inputs broadcast together; nothing when a rank is unknown.
std::optional<Shape> broadcast_inputs(const InferContext& context);
/// Output 0 has that shape; the element type is that of input 0.
void infer_broadcast(InferContext& context);
/// The same with boolean elements.
void infer_broadcast_to_bool(InferContext& context);

/// The extents of all inputs broadcast together; fails when they do not fit.
Dims broadcast_input_dims(const EvaluateContext& context);

/// output[i] = function(input[i])
template <typename T, typename R, typename Function>
void map(const Tensor& input, Tensor& output, Function&& function) {
  const T* from = input.data<T>();
  R* to = output.data<R>();
  for (std::int64_t i = 0; i < input.size(); ++i) to[i] = convert<R>(function(from[i]));
}

/// Input 0 of type T to output 0 of type T and of the same extents.
template <typename T, typename Function>
void map(EvaluateContext& context, Function&& function) {
  const Tensor& input = context.input(0);
  map<T, T>(input, context.output(0, input.dtype(), input.dims()), function);
}

/// output[i] = function(a[i], b[i]) where `a` and `b` are repeated along the axes that they lack.
template <typename A, typename B, typename R, typename Function>
void map_broadcast(const Tensor& a, const Tensor& b, Tensor& output, Function&& function) {
  const A* from_a = a.data<A>();
  const B* from_b = b.data<B>();
  R* to = output.data<R>();
  const std::array strides{broadcast_strides(a.dims(), output.dims()),
                           broadcast_strides(b.dims(), output.dims())};
  for_each_index(output.dims(), strides, [&](const std::array<std::int64_t, 2>& offsets) {
    *to++ = convert<R>(function(from_a[offsets[0]], from_b[offsets[1]]));
  });
}

}  // namespace gatefold::ops
