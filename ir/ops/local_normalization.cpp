#include <algorithm>
#include <array>
#include <cmath>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer_lrn(InferContext& context) {
  const std::int64_t size = context.node().attr_int("size");
  if (size < 1) context.fail("attribute 'size' is {} but must be at least 1", size);
  if (context.has_rank(0) && context.rank(0) < 2) {
    context.fail("X is {} but must have a batch and a channel axis", to_string(context.input(0)));
  }
  context.set_output(0, context.input(0));
}

void evaluate_lrn(EvaluateContext& context) {
  const Node& node = context.node();
  const Tensor& x = context.input(0);
  const std::int64_t channels = x.dims()[1];
  const std::int64_t plane = element_count(Dims(x.dims().begin() + 2, x.dims().end()));
  const std::int64_t size = node.attr_int("size");
  const double alpha = static_cast<double>(node.attr_float("alpha")) / static_cast<double>(size);
  const double beta = node.attr_float("beta");
  const double bias = node.attr_float("bias");
  Tensor& output = context.output(0, x.dtype(), x.dims());
  dispatch_float(x.dtype(), [&]<typename T>() {
    for (std::int64_t i = 0; i < x.size(); ++i) {
      const std::int64_t c = i / plane % channels;
      const std::int64_t first = std::max<std::int64_t>(c - (size - 1) / 2, 0);
      const std::int64_t last = std::min(c + size / 2, channels - 1);
      double squares = 0;
      for (std::int64_t other = first; other <= last; ++other) {
        const double value = x.data<T>()[i + (other - c) * plane];
        squares += value * value;
      }
      output.data<T>()[i] = static_cast<T>(x.data<T>()[i] / std::pow(bias + alpha * squares, beta));
    }
  });
}

void infer_lp(InferContext& context) {
  const std::int64_t p = context.node().attr_int("p");
  if (p != 1 && p != 2) context.fail("attribute 'p' is {} but must be 1 or 2", p);
  if (context.has_rank(0)) context.axis(context.node().attr_int("axis"), context.rank(0));
  context.set_output(0, context.input(0));
}

void evaluate_lp(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  const auto axis = context.axis(context.node().attr_int("axis"), x.rank());
  const bool sums_squares = context.node().attr_int("p") == 2;
  const std::int64_t extent = x.dims()[axis];
  const std::int64_t step = element_count(Dims(x.dims().begin() + axis + 1, x.dims().end()));
  Tensor& output = context.output(0, x.dtype(), x.dims());
  dispatch_float(x.dtype(), [&]<typename T>() {
    for (std::int64_t start = 0; start < x.size(); ++start) {
      if (start / step % extent != 0) continue;
      const T* source = x.data<T>() + start;
      double sum = 0;
      for (std::int64_t i = 0; i < extent; ++i) {
        const double value = source[i * step];
        sum += sums_squares ? value * value : std::abs(value);
      }
      const double norm = sums_squares ? std::sqrt(sum) : sum;
      for (std::int64_t i = 0; i < extent; ++i) {
        output.data<T>()[start + i * step] =
            norm == 0 ? T{} : static_cast<T>(source[i * step] / norm);
      }
    }
  });
}

void infer_mean_variance(InferContext& context) {
  if (context.has_rank(0)) {
    for (const std::int64_t axis : context.node().attr_ints("axes")) {
      context.axis(axis, context.rank(0));
    }
  }
  context.set_output(0, context.input(0));
}

void evaluate_mean_variance(EvaluateContext& context) {
  constexpr double kEpsilon = 1e-9;  // Of the operator's function body in ONNX.
  const Tensor& x = context.input(0);
  Dims reduced = x.dims();
  for (const std::int64_t axis : context.node().attr_ints("axes")) {
    reduced[context.axis(axis, x.rank())] = 1;
  }
  const std::array<Dims, 1> strides = {broadcast_strides(reduced, x.dims())};
  const auto groups = static_cast<std::size_t>(element_count(reduced));
  const double count = static_cast<double>(x.size()) / static_cast<double>(groups);
  Tensor& output = context.output(0, x.dtype(), x.dims());
  dispatch_float(x.dtype(), [&]<typename T>() {
    std::vector<double> mean(groups);
    const T* source = x.data<T>();
    for_each_index(x.dims(), strides, [&](const auto& at) { mean[at[0]] += *source++ / count; });
    std::vector<double> variance(groups);
    source = x.data<T>();
    for_each_index(x.dims(), strides, [&](const auto& at) {
      const double difference = *source++ - mean[at[0]];
      variance[at[0]] += difference * difference / count;
    });
    source = x.data<T>();
    T* target = output.data<T>();
    for_each_index(x.dims(), strides, [&](const auto& at) {
      *target++ =
          static_cast<T>((*source++ - mean[at[0]]) / (std::sqrt(variance[at[0]]) + kEpsilon));
    });
  });
}

}  // namespace

std::vector<OpDef> local_normalization() {
  return {
      {
          .name = "LRN",
          .doc = "Divides every element by a norm over the neighbouring channels.\n"
                 "Shapes: X [N,C,s..] -> Y [N,C,s..]\n"
                 "Formula: Y[c] = X[c] / (bias + alpha / size * sum_i X[i]^2)^beta,\n"
                 "  i from c - floor((size - 1) / 2) to c + ceil((size - 1) / 2)\n"
                 "Source: ONNX LRN-13",
          .since = 1,
          .inputs = {{"X", "T", kFloatTypes}},
          .outputs = {{"Y", "T", kFloatTypes}},
          .attrs = {{"alpha", AttrDef::Kind::kFloat, 1e-4F},
                    {"beta", AttrDef::Kind::kFloat, 0.75F},
                    {"bias", AttrDef::Kind::kFloat, 1.0F},
                    {.name = "size", .kind = AttrDef::Kind::kInt, .is_required = true}},
          .infer = infer_lrn,
          .evaluate = evaluate_lrn,
      },
      {
          .name = "LpNormalization",
          .doc = "Divides the elements along an axis by their norm; zeros stay zeros.\n"
                 "Shapes: input [a..] -> output [a..]\n"
                 "Formula: output = input / (sum |input|^p)^(1/p), p = 1 or 2\n"
                 "Source: ONNX LpNormalization-22",
          .since = 1,
          .inputs = {{"input", "T", kFloatTypes}},
          .outputs = {{"output", "T", kFloatTypes}},
          .attrs = {{"axis", AttrDef::Kind::kInt, -1}, {"p", AttrDef::Kind::kInt, 2}},
          .infer = infer_lp,
          .evaluate = evaluate_lp,
      },
      {
          .name = "MeanVarianceNormalization",
          .doc = "Gives the elements along some axes mean 0 and variance 1.\n"
                 "Shapes: X [a..] -> Y [a..]\n"
                 "Formula: Y = (X - mean) / (sqrt(mean((X - mean)^2)) + 1e-9)\n"
                 "Source: ONNX MeanVarianceNormalization-13",
          .since = 9,
          .inputs = {{"X", "T", kFloatTypes}},
          .outputs = {{"Y", "T", kFloatTypes}},
          .attrs = {{"axes", AttrDef::Kind::kInts, std::vector<std::int64_t>{0, 2, 3}}},
          .infer = infer_mean_variance,
          .evaluate = evaluate_mean_variance,
      },
  };
}

}  // namespace gatefold::ops
