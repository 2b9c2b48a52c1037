#include <algorithm>
#include <complex>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/fourier.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

template <typename Context>
std::int64_t single(const Context& context, const Tensor& tensor, std::string_view name) {
  if (tensor.size() != 1) {
    context.fail("{} has {} elements but must have one", name, tensor.size());
  }
  return tensor.to_int64()[0];
}

/// What the transform reads and writes along the axis.
struct Lengths {
  std::int64_t read;   ///< Numbers taken from the input, zeros after its end.
  std::int64_t full;   ///< Length of the transform.
  std::int64_t write;  ///< Numbers delivered.
};

struct Options {
  bool is_inverse, is_onesided;

  explicit Options(const Node& node)
      : is_inverse(node.attr_int("inverse") != 0), is_onesided(node.attr_int("onesided") != 0) {}
  /// Numbers per element of the output: the inverse of a half spectrum is real.
  std::int64_t components() const { return is_inverse && is_onesided ? 1 : 2; }

  Lengths lengths(std::int64_t extent, const std::int64_t* dft_length) const {
    const std::int64_t whole = is_inverse && is_onesided ? 2 * (extent - 1) : extent;
    const std::int64_t full = dft_length == nullptr ? whole : *dft_length;
    const std::int64_t half = full / 2 + 1;
    if (!is_onesided) return {full, full, full};
    return is_inverse ? Lengths{half, full, full} : Lengths{full, full, half};
  }
};

template <typename Context>
std::int64_t transform_axis(const Context& context, const Tensor* axis, std::int64_t rank) {
  const std::int64_t result =
      context.axis(axis == nullptr ? -2 : single(context, *axis, "axis"), rank);
  if (result == rank - 1) {
    context.fail("axis is {}, the real and imaginary parts; it must be one of the others", result);
  }
  return result;
}

template <typename Context>
void check_components(const Context& context, const Options& options, const Dim& components) {
  if (!components.is_known()) return;
  if (!components.is(1) && !components.is(2)) {
    context.fail("the last extent of the input is {} but must be 1 (real) or 2 (complex)",
                 components.size());
  }
  if (options.is_onesided && components.is(2) != options.is_inverse) {
    context.fail(
        "onesided takes a real input, or with inverse a complex one; the last extent is {}",
        components.size());
  }
}

template <typename Context>
void check_length(const Context& context, std::int64_t length) {
  if (length < 1) context.fail("the transform has length {} but must have at least 1", length);
}

void infer(InferContext& context) {
  const Options options(context.node());
  if (!context.has_rank(0)) return context.set_output(0, {context.dtype(0), std::nullopt});
  if (context.rank(0) < 2) {
    context.fail("input is {} but needs at least a signal axis and a last axis of 1 or 2",
                 to_string(context.input(0)));
  }
  Shape shape = context.shape(0);
  check_components(context, options, shape.back());
  const bool knows_axis = !context.has_input(2) || context.value(2) != nullptr;
  if (!knows_axis) {
    shape.assign(shape.size(), Dim());
  } else {
    const std::int64_t axis = transform_axis(context, context.value(2), context.rank(0));
    Dim& extent = shape[axis];
    const bool has_length = context.has_input(1);
    if (has_length && context.value(1) != nullptr) {
      const std::int64_t length = single(context, *context.value(1), "dft_length");
      check_length(context, length);
      extent = options.lengths(0, &length).write;
    } else if (has_length || !extent.is_known()) {
      extent = Dim();
    } else {
      const Lengths lengths = options.lengths(extent.size(), nullptr);
      check_length(context, lengths.full);
      extent = lengths.write;
    }
  }
  shape.back() = options.components();
  context.set_output(0, {context.dtype(0), shape});
}

/// One line of the input and of the output along the axis.
template <typename T>
void transform_line(const T* x, T* y, std::int64_t extent, std::int64_t x_components,
                    std::int64_t x_stride, std::int64_t y_stride, const Options& options,
                    const Lengths& lengths) {
  std::vector<std::complex<double>> signal(lengths.full);
  for (std::int64_t i = 0; i < std::min(lengths.read, extent); ++i) {
    const T* number = x + i * x_stride;
    signal[i] = {static_cast<double>(number[0]),
                 x_components == 2 ? static_cast<double>(number[1]) : 0.0};
  }
  // The second half of a real signal's spectrum mirrors the first.
  for (std::int64_t i = lengths.read; i < lengths.full; ++i) {
    signal[i] = std::conj(signal[lengths.full - i]);
  }
  const auto result = fourier_transform(signal, options.is_inverse);
  for (std::int64_t i = 0; i < lengths.write; ++i) {
    y[i * y_stride] = static_cast<T>(result[i].real());
    if (options.components() == 2) y[i * y_stride + 1] = static_cast<T>(result[i].imag());
  }
}

void evaluate(EvaluateContext& context) {
  const Options options(context.node());
  const Tensor& input = context.input(0);
  if (input.rank() < 2) context.fail("input has {} dimensions but needs two", input.rank());
  const std::int64_t x_components = input.dims().back();
  check_components(context, options, x_components);
  const Tensor* given_axis = context.has_input(2) ? &context.input(2) : nullptr;
  const std::int64_t axis = transform_axis(context, given_axis, input.rank());
  std::int64_t given_length = 0;
  if (context.has_input(1)) given_length = single(context, context.input(1), "dft_length");
  const std::int64_t extent = input.dims()[axis];
  const Lengths lengths = options.lengths(extent, context.has_input(1) ? &given_length : nullptr);
  check_length(context, lengths.full);

  Dims dims = input.dims();
  dims[axis] = lengths.write;
  dims.back() = options.components();
  Tensor& output = context.output(0, input.dtype(), dims);
  const std::int64_t outer = element_count(Dims(dims.begin(), dims.begin() + axis));
  const std::int64_t inner = element_count(Dims(dims.begin() + axis + 1, dims.end() - 1));
  const std::int64_t x_stride = inner * x_components;
  const std::int64_t y_stride = inner * options.components();
  dispatch_float(input.dtype(), [&]<typename T>() {
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::int64_t i = 0; i < inner; ++i) {
        transform_line(input.data<T>() + o * extent * x_stride + i * x_components,
                       output.data<T>() + o * lengths.write * y_stride + i * options.components(),
                       extent, x_components, x_stride, y_stride, options, lengths);
      }
    }
  });
}

}  // namespace

std::vector<OpDef> dft() {
  return {{
      .name = "DFT",
      .doc =
          "Discrete Fourier transform along an axis (default: the last but one), computed in "
          "double "
          "precision. The last axis holds a real part, or real and imaginary part. The signal is "
          "cut "
          "or padded with zeros to dft_length. onesided: only the first dft_length/2+1 numbers of "
          "the spectrum are given, or with inverse taken, and the result of inverse is real.\n"
          "Shapes: input [a.., n, b.., 1 or 2], dft_length and axis scalars -> output "
          "[a.., dft_length, b.., 2]\n"
          "Formula: y[k] = sum_n x[n] exp(-2 pi i k n / N); inverse: the conjugate, over N\n"
          "Source: ONNX DFT-20",
      .since = 20,
      .inputs = {{"input", "T1", kFloatTypes},
                 {"dft_length", {}, kIndexTypes, Port::Arity::kOptional},
                 {"axis", {}, kInt64Type, Port::Arity::kOptional}},
      .outputs = {{"output", "T1", kFloatTypes}},
      .attrs = {{"inverse", AttrDef::Kind::kInt, 0}, {"onesided", AttrDef::Kind::kInt, 0}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
