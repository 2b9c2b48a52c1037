#include <complex>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/fourier.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

enum : std::size_t { kSignal, kFrameStep, kWindow, kFrameLength };

template <typename Context>
std::int64_t positive(const Context& context, const Tensor& tensor, std::string_view name) {
  if (tensor.size() != 1) {
    context.fail("{} has {} elements but must have one", name, tensor.size());
  }
  const std::int64_t number = tensor.to_int64()[0];
  if (number < 1) context.fail("{} is {} but must be positive", name, number);
  return number;
}

template <typename Context>
std::int64_t frame_count(const Context& context, std::int64_t length, std::int64_t frame_length,
                         std::int64_t step) {
  if (frame_length > length) {
    context.fail("a frame has {} samples but the signal only {}", frame_length, length);
  }
  return (length - frame_length) / step + 1;
}

template <typename Context>
void check_components(const Context& context, std::int64_t components, bool is_onesided) {
  if (components == 1 || (components == 2 && !is_onesided)) return;
  context.fail(
      "the last extent of the signal is {} but must be 1 (real), or 2 (complex) with "
      "onesided = 0",
      components);
}

/// The length of a frame where it is known: frame_length, else that of the window.
std::optional<std::int64_t> known_frame_length(const InferContext& context) {
  if (context.has_input(kFrameLength)) {
    if (context.value(kFrameLength) == nullptr) return std::nullopt;
    return positive(context, *context.value(kFrameLength), "frame_length");
  }
  if (!context.has_input(kWindow)) {
    context.fail("window and frame_length are both missing; one must tell the length of a frame");
  }
  if (!context.has_rank(kWindow) || !context.shape(kWindow)[0].is_known()) return std::nullopt;
  return context.shape(kWindow)[0].size();
}

void infer(InferContext& context) {
  const bool is_onesided = context.node().attr_int("onesided") != 0;
  context.expect_rank(kWindow, 1);
  if (context.has_rank(kSignal) && context.rank(kSignal) != 2) context.expect_rank(kSignal, 3);
  Shape shape{Dim(), Dim(), Dim(), Dim(2)};
  const std::optional<std::int64_t> frame_length = known_frame_length(context);
  if (frame_length.has_value()) {
    shape[2] = is_onesided ? *frame_length / 2 + 1 : *frame_length;
  }
  if (context.has_rank(kSignal)) {
    const Shape& signal = context.shape(kSignal);
    shape[0] = signal[0];
    if (signal.size() == 3 && signal[2].is_known()) {
      check_components(context, signal[2].size(), is_onesided);
    }
    const Tensor* step = context.value(kFrameStep);
    if (step != nullptr && frame_length.has_value() && signal[1].is_known()) {
      shape[1] = frame_count(context, signal[1].size(), *frame_length,
                             positive(context, *step, "frame_step"));
    }
  }
  context.set_output(0, {context.dtype(kSignal), shape});
}

std::int64_t frame_length_of(const EvaluateContext& context) {
  if (context.has_input(kFrameLength)) {
    return positive(context, context.input(kFrameLength), "frame_length");
  }
  if (!context.has_input(kWindow)) {
    context.fail("window and frame_length are both missing; one must tell the length of a frame");
  }
  return context.input(kWindow).size();
}

/// The factors of a frame's samples: the window, or ones.
std::vector<double> window_of(const EvaluateContext& context, std::int64_t frame_length) {
  std::vector<double> window(frame_length, 1.0);
  if (!context.has_input(kWindow)) return window;
  const Tensor& given = context.input(kWindow);
  if (given.size() != frame_length) {
    context.fail("window has {} elements but a frame has {}", given.size(), frame_length);
  }
  for (std::int64_t i = 0; i < frame_length; ++i) window[i] = given.number_at(i);
  return window;
}

void evaluate(EvaluateContext& context) {
  const bool is_onesided = context.node().attr_int("onesided") != 0;
  const Tensor& signal = context.input(kSignal);
  if (signal.rank() != 2 && signal.rank() != 3) {
    context.fail("signal is {} but must be [batch,length,1 or 2]", to_string(signal.dims()));
  }
  const std::int64_t components = signal.rank() == 2 ? 1 : signal.dims()[2];
  check_components(context, components, is_onesided);
  const std::int64_t step = positive(context, context.input(kFrameStep), "frame_step");
  const std::int64_t length = frame_length_of(context);
  const std::vector<double> window = window_of(context, length);
  const std::int64_t batches = signal.dims()[0];
  const std::int64_t frames = frame_count(context, signal.dims()[1], length, step);
  const std::int64_t bins = is_onesided ? length / 2 + 1 : length;
  Tensor& output = context.output(0, signal.dtype(), {batches, frames, bins, 2});

  dispatch_float(signal.dtype(), [&]<typename T>() {
    T* target = output.data<T>();
    std::vector<std::complex<double>> frame(length);
    for (std::int64_t i = 0; i < batches * frames; ++i) {
      const std::int64_t start = i / frames * signal.dims()[1] + i % frames * step;
      const T* source = signal.data<T>() + start * components;
      for (std::int64_t k = 0; k < length; ++k) {
        const double imaginary = components == 2 ? source[k * 2 + 1] : 0;
        frame[k] = window[k] * std::complex<double>(source[k * components], imaginary);
      }
      const auto spectrum = fourier_transform(frame, false);
      for (std::int64_t k = 0; k < bins; ++k) {
        *target++ = static_cast<T>(spectrum[k].real());
        *target++ = static_cast<T>(spectrum[k].imag());
      }
    }
  });
}

}  // namespace

std::vector<OpDef> stft() {
  return {{
      .name = "STFT",
      .doc =
          "Short-time Fourier transform: the spectra of overlapping frames, each multiplied by a "
          "window; computed in double precision.\n"
          "Shapes: signal [N, L, 1 or 2], frame_step scalar, window [F] (ones if missing), "
          "frame_length F scalar -> output [N, (L-F)/frame_step + 1, F/2+1, 2]; F bins without "
          "onesided\n"
          "Formula: y[n, t, k] = sum_f window[f] signal[n, t frame_step + f] exp(-2 pi i k f / F)\n"
          "Source: ONNX STFT-17",
      .since = 17,
      .inputs = {{"signal", "T1", kFloatTypes},
                 {"frame_step", "T2", kIndexTypes},
                 {"window", "T1", kFloatTypes, Port::Arity::kOptional},
                 {"frame_length", "T2", kIndexTypes, Port::Arity::kOptional}},
      .outputs = {{"output", "T1", kFloatTypes}},
      .attrs = {{"onesided", AttrDef::Kind::kInt, 1}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
