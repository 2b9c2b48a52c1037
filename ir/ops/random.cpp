#include "ir/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

/// The element type that the attribute `dtype` names, or `otherwise` without one.
DataType stated_type(const Node& node, DataType otherwise) {
  if (node.find_attr("dtype") == nullptr) return otherwise;
  return data_type_from_number(node.attr_int("dtype"));
}

DataType checked_type(const InferContext& context, DataType otherwise, DataTypeSet allowed) {
  const DataType dtype = stated_type(context.node(), otherwise);
  if (dtype == DataType::kUndefined || !allowed.contains(dtype)) {
    context.fail(
        "the element type of the output, number {}, is not one that the operator gives; "
        "set the attribute dtype",
        context.node().find_attr("dtype") == nullptr ? static_cast<int>(otherwise)
                                                     : context.node().attr_int("dtype"));
  }
  return dtype;
}

Dims shape_of(const Node& node) { return node.attr_ints("shape"); }

void infer_shaped(InferContext& context) {
  const Dims dims = shape_of(context.node());
  for (const std::int64_t extent : dims) {
    if (extent < 0) context.fail("shape is {} but must not be negative", to_string(dims));
  }
  context.set_output(0, {checked_type(context, DataType::kFloat32, kFloatTypes), dims});
}

void infer_like(InferContext& context) {
  const DataType dtype = checked_type(context, context.dtype(0), kFloatTypes);
  context.set_output(0, {dtype, context.input(0).shape});
}

/// Output 0 with element i = draw(i), a double.
template <typename Draw>
void fill(EvaluateContext& context, DataType stated, const Dims& dims, Draw&& draw) {
  const DataType dtype = context.compute_type(stated);
  Tensor numbers(DataType::kFloat64, dims);
  auto* to = numbers.data<double>();
  for (std::int64_t i = 0; i < numbers.size(); ++i) to[i] = draw(static_cast<std::uint64_t>(i));
  context.set_output(0, numbers.converted(dtype));
}

void fill_normal(EvaluateContext& context, DataType dtype, const Dims& dims) {
  const double mean = context.node().attr_float("mean");
  const double scale = context.node().attr_float("scale");
  fill(context, dtype, dims, [&, numbers = random_numbers(context.node())](std::uint64_t i) {
    return mean + scale * numbers.normal(i);
  });
}

void fill_uniform(EvaluateContext& context, DataType dtype, const Dims& dims) {
  const double low = context.node().attr_float("low");
  const double high = context.node().attr_float("high");
  fill(context, dtype, dims, [&, numbers = random_numbers(context.node())](std::uint64_t i) {
    return low + (high - low) * numbers.uniform(i);
  });
}

using Fill = void (*)(EvaluateContext& context, DataType dtype, const Dims& dims);

template <Fill fill>
void evaluate_shaped(EvaluateContext& context) {
  fill(context, stated_type(context.node(), DataType::kFloat32), shape_of(context.node()));
}

template <Fill fill>
void evaluate_like(EvaluateContext& context) {
  const Tensor& input = context.input(0);
  fill(context, stated_type(context.node(), input.dtype()), input.dims());
}

void infer_bernoulli(InferContext& context) {
  const DataType dtype = checked_type(context, context.dtype(0), kAllTypes);
  context.set_output(0, {dtype, context.input(0).shape});
}

void evaluate_bernoulli(EvaluateContext& context) {
  const Tensor& input = context.input(0);
  const RandomNumbers numbers = random_numbers(context.node());
  fill(context, stated_type(context.node(), input.dtype()), input.dims(), [&](std::uint64_t i) {
    return numbers.uniform(i) < input.number_at(static_cast<std::int64_t>(i)) ? 1.0 : 0.0;
  });
}

void infer_multinomial(InferContext& context) {
  context.expect_rank(0, 2);
  const std::int64_t samples = context.node().attr_int("sample_size");
  if (samples < 0) context.fail("sample_size is {} but must not be negative", samples);
  const Dim batch = context.has_rank(0) ? context.shape(0)[0] : Dim();
  const DataType dtype = checked_type(context, DataType::kInt32, kIndexTypes);
  context.set_output(0, {dtype, Shape{batch, samples}});
}

/// Running sums of e^(row - its maximum).
std::vector<double> cumulated_weights(const Tensor& input, std::int64_t row) {
  std::vector<double> weights(static_cast<std::size_t>(input.dims()[1]));
  double greatest = -HUGE_VAL;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    weights[k] = input.number_at(row * input.dims()[1] + static_cast<std::int64_t>(k));
    greatest = std::fmax(greatest, weights[k]);
  }
  for (double& weight : weights) weight = std::exp(weight - greatest);
  std::partial_sum(weights.begin(), weights.end(), weights.begin());
  return weights;
}

void evaluate_multinomial(EvaluateContext& context) {
  const Tensor& input = context.input(0);
  const std::int64_t samples = context.node().attr_int("sample_size");
  if (input.rank() != 2 || input.dims()[1] == 0) {
    context.fail("input has the shape {} but must have two dimensions and at least one class",
                 to_string(input.dims()));
  }
  Tensor picked(DataType::kInt64, {input.dims()[0], samples});
  auto* to = picked.data<std::int64_t>();
  const RandomNumbers numbers = random_numbers(context.node());
  for (std::int64_t row = 0; row < input.dims()[0]; ++row) {
    const std::vector<double> sums = cumulated_weights(input, row);
    for (std::int64_t s = 0; s < samples; ++s, ++to) {
      const double u = numbers.uniform(static_cast<std::uint64_t>(row * samples + s));
      *to = std::upper_bound(sums.begin(), sums.end() - 1, u * sums.back()) - sums.begin();
    }
  }
  context.set_output(0, picked.converted(stated_type(context.node(), DataType::kInt32)));
}

const AttrDef kSeed{"seed", AttrDef::Kind::kFloat};
const AttrDef kDtype{"dtype", AttrDef::Kind::kInt};

AttrDef float_attr(std::string_view name, float default_value) {
  return {name, AttrDef::Kind::kFloat, default_value};
}

OpDef shaped(std::string_view name, std::string_view doc, std::vector<AttrDef> attrs,
             EvaluateFn evaluate) {
  attrs.insert(attrs.end(),
               {kSeed,
                {"dtype", AttrDef::Kind::kInt, static_cast<std::int64_t>(DataType::kFloat32)},
                {.name = "shape", .kind = AttrDef::Kind::kInts, .is_required = true}});
  return {.name = name,
          .doc = doc,
          .since = 1,
          .outputs = {{"output", "T", kFloatTypes}},
          .attrs = std::move(attrs),
          .infer = infer_shaped,
          .evaluate = evaluate,
          .is_random = true};
}

OpDef like(std::string_view name, std::string_view doc, std::vector<AttrDef> attrs,
           EvaluateFn evaluate) {
  attrs.insert(attrs.end(), {kSeed, kDtype});
  return {.name = name,
          .doc = doc,
          .since = 1,
          .inputs = {{"input", "T1", kAllTypes}},
          .outputs = {{"output", "T2", kFloatTypes}},
          .attrs = std::move(attrs),
          .infer = infer_like,
          .evaluate = evaluate,
          .widen_half = false,
          .is_random = true};
}

OpDef bernoulli() {
  return {.name = "Bernoulli",
          .doc =
              "Formula: output = 1 with the probability input, else 0; a given seed gives the\n"
              "same numbers each time\n"
              "Source: ONNX Bernoulli-22",
          .since = 15,
          .inputs = {{"input", "T1", kFloatTypes}},
          .outputs = {{"output", "T2", kAllTypes}},
          .attrs = {kSeed, kDtype},
          .infer = infer_bernoulli,
          .evaluate = evaluate_bernoulli,
          .widen_half = false,
          .is_random = true};
}

OpDef multinomial() {
  return {.name = "Multinomial",
          .doc =
              "Draws class indices; a given seed gives the same ones each time.\n"
              "Shapes: input [batch, classes] -> output [batch, sample_size]\n"
              "Formula: output[n, s] = k with a probability proportional to e^input[n, k]\n"
              "Source: ONNX Multinomial-22",
          .since = 7,
          .inputs = {{"input", "T1", kFloatTypes}},
          .outputs = {{"output", "T2", kIndexTypes}},
          .attrs = {kSeed,
                    {"dtype", AttrDef::Kind::kInt, static_cast<std::int64_t>(DataType::kInt32)},
                    {"sample_size", AttrDef::Kind::kInt, 1}},
          .infer = infer_multinomial,
          .evaluate = evaluate_multinomial,
          .is_random = true};
}

}  // namespace

std::vector<OpDef> random() {
  return {
      shaped("RandomNormal",
             "Formula: output = mean + scale times a normal number; a given seed gives the same\n"
             "numbers each time\nSource: ONNX RandomNormal-22",
             {float_attr("mean", 0.0F), float_attr("scale", 1.0F)}, evaluate_shaped<fill_normal>),
      shaped("RandomUniform",
             "Formula: output is uniform in [low, high); a given seed gives the same numbers each\n"
             "time\nSource: ONNX RandomUniform-22",
             {float_attr("low", 0.0F), float_attr("high", 1.0F)}, evaluate_shaped<fill_uniform>),
      like("RandomNormalLike",
           "As RandomNormal, with the shape of input and, without dtype, its element type\n"
           "Source: ONNX RandomNormalLike-22",
           {float_attr("mean", 0.0F), float_attr("scale", 1.0F)}, evaluate_like<fill_normal>),
      like("RandomUniformLike",
           "As RandomUniform, with the shape of input and, without dtype, its element type\n"
           "Source: ONNX RandomUniformLike-22",
           {float_attr("low", 0.0F), float_attr("high", 1.0F)}, evaluate_like<fill_uniform>),
      bernoulli(),
      multinomial(),
  };
}

}  // namespace gatefold::ops
