#include <cmath>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

enum : std::size_t { kNumMelBins, kDftLength, kSampleRate, kLowerEdge, kUpperEdge };

template <typename Context>
double single(const Context& context, const Tensor& tensor, std::size_t index) {
  if (tensor.size() != 1) {
    context.fail("input {} has {} elements but must have one",
                 context.node().op().inputs[index].name, tensor.size());
  }
  return tensor.number_at(0);
}

template <typename Context>
std::int64_t count_of(const Context& context, const Tensor& tensor, std::size_t index) {
  const auto count = static_cast<std::int64_t>(single(context, tensor, index));
  if (count < 0) {
    context.fail("input {} is {} but must not be negative", context.node().op().inputs[index].name,
                 count);
  }
  return count;
}

template <typename Context>
DataType output_type(const Context& context) {
  const std::int64_t number = context.node().attr_int("output_datatype");
  const DataType dtype = data_type_from_number(number);
  if (!kNumericTypes.contains(dtype)) {
    context.fail("output_datatype {} is no number type that is supported", number);
  }
  return dtype;
}

void infer(InferContext& context) {
  Shape shape(2);
  if (const Tensor* length = context.value(kDftLength)) {
    shape[0] = count_of(context, *length, kDftLength) / 2 + 1;
  }
  if (const Tensor* bins = context.value(kNumMelBins)) {
    shape[1] = count_of(context, *bins, kNumMelBins);
  }
  context.set_output(0, {output_type(context), shape});
}

double mel_of(double hertz) { return 2595 * std::log10(1 + hertz / 700); }
double hertz_of(double mel) { return 700 * (std::pow(10, mel / 2595) - 1); }

/// The spectrum bins where the triangles begin, peak and end: triangle i spans edges i .. i + 2.
std::vector<std::int64_t> edges(const EvaluateContext& context, std::int64_t bands,
                                std::int64_t dft_length) {
  const double rate = single(context, context.input(kSampleRate), kSampleRate);
  const double low = mel_of(single(context, context.input(kLowerEdge), kLowerEdge));
  const double high = mel_of(single(context, context.input(kUpperEdge), kUpperEdge));
  const double step = (high - low) / static_cast<double>(bands + 2);
  const std::int64_t last_bin = dft_length / 2;
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < bands + 2; ++i) {
    const double hertz = hertz_of(low + step * static_cast<double>(i));
    const double bin = std::floor(static_cast<double>(dft_length + 1) * hertz / rate);
    if (!(bin >= 0 && bin <= static_cast<double>(last_bin))) {
      context.fail("an edge at {} Hz is outside the spectrum of {} samples at {} Hz", hertz,
                   dft_length, rate);
    }
    result.push_back(static_cast<std::int64_t>(bin));
  }
  return result;
}

void evaluate(EvaluateContext& context) {
  const std::int64_t bands = count_of(context, context.input(kNumMelBins), kNumMelBins);
  const std::int64_t length = count_of(context, context.input(kDftLength), kDftLength);
  const std::vector<std::int64_t> edge = edges(context, bands, length);
  Tensor matrix(DataType::kFloat64, {length / 2 + 1, bands});
  for (std::int64_t band = 0; band < bands; ++band) {
    double* column = matrix.data<double>() + band;
    const std::int64_t low = edge[band];
    const std::int64_t center = edge[band + 1];
    const std::int64_t high = edge[band + 2];
    for (std::int64_t bin = low; bin < center; ++bin) {
      column[bin * bands] = static_cast<double>(bin - low) / static_cast<double>(center - low);
    }
    column[center * bands] = 1;
    for (std::int64_t bin = center + 1; bin < high; ++bin) {
      column[bin * bands] = static_cast<double>(high - bin) / static_cast<double>(high - center);
    }
  }
  context.set_output(0, matrix.converted(context.compute_type(output_type(context))));
}

}  // namespace

std::vector<OpDef> mel_weight_matrix() {
  return {{
      .name = "MelWeightMatrix",
      .doc =
          "Weights that turn a linear spectrum into bands of the mel scale: one triangle per band, "
          "rising from one edge to 1 at the next and falling to the one after.\n"
          "Shapes: scalars -> output [dft_length/2 + 1, num_mel_bins]\n"
          "Formula: mel = 2595 log10(1 + hertz / 700); the edges are equally spaced in mel\n"
          "Source: ONNX MelWeightMatrix-17",
      .since = 17,
      .inputs = {{"num_mel_bins", "T1", kIndexTypes},
                 {"dft_length", "T1", kIndexTypes},
                 {"sample_rate", "T1", kIndexTypes},
                 {"lower_edge_hertz", "T2", kFloatTypes},
                 {"upper_edge_hertz", "T2", kFloatTypes}},
      .outputs = {{"output", {}, kNumericTypes}},
      .attrs = {{"output_datatype", AttrDef::Kind::kInt, 1}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
