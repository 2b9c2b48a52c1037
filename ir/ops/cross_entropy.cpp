#include <algorithm>
#include <cmath>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/loss_reduction.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

// Both losses: input 0 [N, C, d..] scores or log probabilities, 1 [N, d..] labels, 2 [C] weights.

/// Checks the inputs against each other and gives the shape of the labels.
template <typename Context>
Shape labels_shape(const Context& context, const Shape& scores, const Shape* labels) {
  if (scores.size() < 2) {
    context.fail("input {} has shape {} but needs at least [batch,class]",
                 context.node().op().inputs[0].name, to_string(scores));
  }
  Shape shape = scores;
  shape.erase(shape.begin() + 1);
  if (labels == nullptr) return shape;
  bool fits = labels->size() == shape.size();
  for (std::size_t i = 0; fits && i < shape.size(); ++i) {
    const Dim& label = (*labels)[i];
    fits = !shape[i].is_known() || !label.is_known() || shape[i] == label;
    if (!shape[i].is_known()) shape[i] = label;
  }
  if (!fits) {
    context.fail("input {} has shape {} but {} fits input {} of shape {}",
                 context.node().op().inputs[1].name, to_string(*labels), to_string(shape),
                 context.node().op().inputs[0].name, to_string(scores));
  }
  return shape;
}

void infer(InferContext& context) {
  const LossReduction reduction = loss_reduction(context);
  context.expect_rank(2, 1);
  Type loss(context.dtype(0), Shape());
  if (reduction == LossReduction::kNone) loss.shape = context.input(1).shape;
  if (context.has_rank(0)) {
    const Shape* labels = context.has_rank(1) ? &context.shape(1) : nullptr;
    const Shape shape = labels_shape(context, context.shape(0), labels);
    if (reduction == LossReduction::kNone) loss.shape = shape;
    if (context.has_input(2) && context.has_rank(2)) {
      merge(context, context.shape(0)[1], context.shape(2)[0], "classes and weights");
    }
  }
  context.set_output(0, loss);
  context.set_output(1, context.input(0));
}

template <typename T>
void log_softmax_over_classes(const Tensor& scores, Tensor& log_prob) {
  const std::int64_t classes = scores.dims()[1];
  const std::int64_t inner = element_count(Dims(scores.dims().begin() + 2, scores.dims().end()));
  for (std::int64_t i = 0; i < scores.dims()[0] * inner; ++i) {
    const std::int64_t start = i / inner * classes * inner + i % inner;
    const T* source = scores.data<T>() + start;
    double largest = -std::numeric_limits<double>::infinity();
    for (std::int64_t c = 0; c < classes; ++c) {
      largest = std::max(largest, static_cast<double>(source[c * inner]));
    }
    double sum = 0;
    for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(source[c * inner] - largest);
    const double log_sum = std::log(sum);
    for (std::int64_t c = 0; c < classes; ++c) {
      log_prob.data<T>()[start + c * inner] = static_cast<T>(source[c * inner] - largest - log_sum);
    }
  }
}

/// The loss and the weight of each label.
struct WeightedLosses {
  std::vector<double> losses, weights;
};

template <typename T>
WeightedLosses weighted_losses(const EvaluateContext& context, const Tensor& log_prob) {
  const std::int64_t classes = log_prob.dims()[1];
  const std::int64_t inner =
      element_count(Dims(log_prob.dims().begin() + 2, log_prob.dims().end()));
  const AttrValue* ignore = context.node().find_attr("ignore_index");
  const Tensor* class_weights = context.has_input(2) ? &context.input(2) : nullptr;
  if (class_weights != nullptr && class_weights->size() != classes) {
    context.fail("there are {} class weights but {} classes", class_weights->size(), classes);
  }
  WeightedLosses result;
  const std::vector<std::int64_t> labels = context.input(1).to_int64();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::int64_t label = labels[i];
    if (ignore != nullptr && label == std::get<std::int64_t>(*ignore)) {
      result.weights.push_back(0);
      result.losses.push_back(0);
      continue;
    }
    if (label < 0 || label >= classes) {
      context.fail("label {} is outside [0, {}), the classes, and is not ignore_index", label,
                   classes);
    }
    const auto position = static_cast<std::int64_t>(i);
    const T value =
        log_prob.data<T>()[(position / inner * classes + label) * inner + position % inner];
    const double weight = class_weights == nullptr ? 1 : class_weights->number_at(label);
    result.weights.push_back(weight);
    result.losses.push_back(-weight * value);
  }
  return result;
}

template <typename T>
void write_loss(EvaluateContext& context, const WeightedLosses& weighted) {
  const LossReduction reduction = loss_reduction(context);
  if (reduction == LossReduction::kNone) {
    T* loss = context.output(0, data_type_of<T>(), context.input(1).dims()).template data<T>();
    for (const double value : weighted.losses) *loss++ = static_cast<T>(value);
    return;
  }
  double loss = 0;
  double weight = 0;
  for (std::size_t i = 0; i < weighted.losses.size(); ++i) {
    loss += weighted.losses[i];
    weight += weighted.weights[i];
  }
  if (reduction == LossReduction::kMean) loss /= weight;
  *context.output(0, data_type_of<T>(), {}).template data<T>() = static_cast<T>(loss);
}

Shape checked_shape(const EvaluateContext& context) {
  const Dims& scores = context.input(0).dims();
  const Dims& dims = context.input(1).dims();
  const Shape labels(dims.begin(), dims.end());
  return labels_shape(context, Shape(scores.begin(), scores.end()), &labels);
}

void evaluate_softmax_loss(EvaluateContext& context) {
  const Tensor& scores = context.input(0);
  checked_shape(context);
  Tensor& log_prob = context.output(1, scores.dtype(), scores.dims());
  dispatch_float(scores.dtype(), [&]<typename T>() {
    log_softmax_over_classes<T>(scores, log_prob);
    write_loss<T>(context, weighted_losses<T>(context, log_prob));
  });
}

void evaluate_likelihood_loss(EvaluateContext& context) {
  checked_shape(context);
  dispatch_float(context.input(0).dtype(), [&]<typename T>() {
    write_loss<T>(context, weighted_losses<T>(context, context.input(0)));
  });
}

const std::vector<AttrDef> kAttrs = {
    {"ignore_index", AttrDef::Kind::kInt},
    {"reduction", AttrDef::Kind::kString, std::string("mean")},
};

}  // namespace

std::vector<OpDef> cross_entropy() {
  return {
      {
          .name = "SoftmaxCrossEntropyLoss",
          .doc =
              "Negative logarithm of the softmax probability of each label, weighted by class.\n"
              "Shapes: scores [N, C, d..], labels [N, d..], weights [C] -> output [N, d..] for "
              "reduction none, else scalar; log_prob [N, C, d..]\n"
              "Formula: log_prob = LogSoftmax(scores) over C; l[n, d] = -weights[labels[n, d]] "
              "log_prob[n, labels[n, d], d], 0 where the label is ignore_index; sum: sum(l); mean: "
              "sum(l) / sum of the weights used\n"
              "Source: ONNX SoftmaxCrossEntropyLoss-13",
          .since = 12,
          .inputs = {{"scores", "T", kFloatTypes},
                     {"labels", "Tind", kIndexTypes},
                     {"weights", "T", kFloatTypes, Port::Arity::kOptional}},
          .outputs = {{"output", "T", kFloatTypes},
                      {"log_prob", "T", kFloatTypes, Port::Arity::kOptional}},
          .attrs = kAttrs,
          .infer = infer,
          .evaluate = evaluate_softmax_loss,
      },
      {
          .name = "NegativeLogLikelihoodLoss",
          .doc = "Negative log probability of each label, weighted by class.\n"
                 "Shapes: input [N, C, d..] log probabilities, target [N, d..], weight [C] -> loss "
                 "[N, d..] for reduction none, else scalar\n"
                 "Formula: as SoftmaxCrossEntropyLoss with input in place of log_prob\n"
                 "Source: ONNX NegativeLogLikelihoodLoss-22",
          .since = 12,
          .inputs = {{"input", "T", kFloatTypes},
                     {"target", "Tind", kIndexTypes},
                     {"weight", "T", kFloatTypes, Port::Arity::kOptional}},
          .outputs = {{"loss", "T", kFloatTypes}},
          .attrs = kAttrs,
          .infer = infer,
          .evaluate = evaluate_likelihood_loss,
      },
  };
}

}  // namespace gatefold::ops
