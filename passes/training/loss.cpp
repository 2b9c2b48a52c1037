#include "passes/training/loss.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <span>

#include "ir/error.h"
#include "passes/training/model_parts.h"

namespace gatefold {
namespace {

using Values = std::vector<Value*>;
using AddLoss = Value* (*)(GraphBuilder& g, const LossSpec& spec, Value& output,
                           const Values& answers);

enum class Answers : std::int8_t { kNumbers, kClasses, kLabellings };

struct LossRow {
  std::string_view name;
  Answers answers;
  AddLoss add;
};

Value* reduced(GraphBuilder& g, const LossSpec& spec, Value* losses) {
  return g.add(spec.reduction == "sum" ? "ReduceSum" : "ReduceMean", {losses},
               {{"keepdims", std::int64_t{0}}});
}

std::int64_t class_axis(const LossSpec& spec, const Type& output) {
  const std::int64_t rank = output.rank();
  const std::int64_t axis = spec.class_axis < 0 ? spec.class_axis + rank : spec.class_axis;
  if (axis < 0 || axis >= rank) {
    fail("loss '{}': class axis {} is outside the judged output {}", spec.type, spec.class_axis,
         to_string(output));
  }
  return axis;
}

/// The output with its classes along axis 1, where ONNX's losses want them, and the targets to
/// match: where they are last, all that stands before them becomes one axis.
struct ClassScores {
  Value* scores;
  Value* targets;
};

ClassScores with_classes_second(GraphBuilder& g, const LossSpec& spec, Value& output,
                                Value& target) {
  const std::int64_t rank = output.type().rank();
  const std::int64_t axis = class_axis(spec, output.type());
  if (axis == 1) return {&output, &target};
  std::vector<std::int64_t> perm(rank);
  std::iota(perm.begin(), perm.end(), 0);
  perm.erase(perm.begin() + axis);
  perm.push_back(axis);
  Value* last = axis == rank - 1 ? &output : g.add("Transpose", {&output}, {{"perm", perm}});
  Value* all = g.add_ints({-1});
  Value* classes = g.add("Shape", {last}, {{"start", std::int64_t{-1}}});
  Value* extents = g.add("Concat", {all, classes}, {{"axis", std::int64_t{0}}});
  return {g.add("Reshape", {last, extents}), g.add("Reshape", {&target, all})};
}

Attrs class_attrs(const LossSpec& spec) {
  Attrs attrs{{"reduction", spec.reduction}};
  if (spec.ignore_index) attrs["ignore_index"] = *spec.ignore_index;
  return attrs;
}

Value* cross_entropy(GraphBuilder& g, const LossSpec& spec, Value& output, const Values& answers) {
  const ClassScores scores = with_classes_second(g, spec, output, *answers[0]);
  return g.add("SoftmaxCrossEntropyLoss", {scores.scores, scores.targets}, class_attrs(spec));
}

Value* nll(GraphBuilder& g, const LossSpec& spec, Value& output, const Values& answers) {
  const ClassScores scores = with_classes_second(g, spec, output, *answers[0]);
  return g.add("NegativeLogLikelihoodLoss", {scores.scores, scores.targets}, class_attrs(spec));
}

Value* ctc(GraphBuilder& g, const LossSpec& spec, Value& output, const Values& answers) {
  const std::vector<std::int64_t> steps_first{1, 0, 2};
  Value* log_probs =
      spec.time_axis == 0 ? &output : g.add("Transpose", {&output}, {{"perm", steps_first}});
  return g.add("CTCLoss", {log_probs, answers[0], answers[2], answers[1]},
               {{"blank", spec.blank},
                {"reduction", spec.reduction},
                {"zero_infinity", std::int64_t{spec.zero_infinity}}},
               kGatefoldDomain);
}

Value* mse(GraphBuilder& g, const LossSpec& spec, Value& output, const Values& answers) {
  const Term difference = Term(g, &output) - Term(g, answers[0]);
  return reduced(g, spec, difference * difference);
}

Value* l1(GraphBuilder& g, const LossSpec& spec, Value& output, const Values& answers) {
  return reduced(g, spec, (Term(g, &output) - Term(g, answers[0])).apply("Abs"));
}

// With a = |y - t| and c = min(a, delta): c (a - c / 2)
Value* huber(GraphBuilder& g, const LossSpec& spec, Value& output, const Values& answers) {
  const Term a = (Term(g, &output) - Term(g, answers[0])).apply("Abs");
  const Term c = a.apply("Min", a.number(spec.delta));
  return reduced(g, spec, c * (a - 0.5 * c));
}

Value* bce(GraphBuilder& g, const LossSpec& spec, Value& output, const Values& answers) {
  const Term y(g, &output);
  const Term t(g, answers[0]);
  const auto bounded_log = [](const Term& p) {
    return p.apply("Log").apply("Max", p.number(-100));
  };
  return reduced(g, spec, -(t * bounded_log(y) + (1.0 - t) * bounded_log(1.0 - y)));
}

Value* bce_with_logits(GraphBuilder& g, const LossSpec& spec, Value& output,
                       const Values& answers) {
  const Term y(g, &output);
  return reduced(g, spec, y.apply("Softplus") - y * Term(g, answers[0]));
}

constexpr LossRow kLosses[] = {
    {"cross_entropy", Answers::kClasses, cross_entropy},
    {"nll", Answers::kClasses, nll},
    {"ctc", Answers::kLabellings, ctc},
    {"mse", Answers::kNumbers, mse},
    {"l1", Answers::kNumbers, l1},
    {"huber", Answers::kNumbers, huber},
    {"bce", Answers::kNumbers, bce},
    {"bce_with_logits", Answers::kNumbers, bce_with_logits},
};

const LossRow& row_of(const LossSpec& spec) {
  const auto* row =
      std::find_if(std::begin(kLosses), std::end(kLosses),
                   [&](const LossRow& candidate) { return candidate.name == spec.type; });
  if (row == std::end(kLosses)) {
    fail("unknown loss '{}'; known losses: {}", spec.type, fmt::join(loss_names(), ", "));
  }
  if (spec.reduction != "mean" && spec.reduction != "sum") {
    fail("loss '{}': unknown reduction '{}'; use mean or sum", spec.type, spec.reduction);
  }
  return *row;
}

std::vector<LossInput> labelling_inputs(const LossSpec& spec, const Type& output) {
  const bool has_time_axis = spec.time_axis == 0 || spec.time_axis == 1;
  if (output.rank() != 3 || !has_time_axis) {
    fail(
        "loss 'ctc': the judged output is {}, its time axis {}; it must be [T,N,C] with time axis "
        "0 or [N,T,C] with time axis 1",
        to_string(output), spec.time_axis);
  }
  const Shape& shape = *output.shape;
  const Dim N = shape[1 - spec.time_axis];
  const std::int64_t T = shape[spec.time_axis].size();
  const std::int64_t C = shape[2].size();
  const auto lengths = [&](std::string name, std::int64_t first, std::int64_t end) {
    return LossInput{std::move(name), {DataType::kInt64, Shape{N}}, first, end};
  };
  LossInput targets{spec.target, {DataType::kInt64, Shape{N, Dim()}}, 0, C};
  (spec.blank < C / 2 ? targets.first : targets.end) = spec.blank + (spec.blank < C / 2 ? 1 : 0);
  return {targets, lengths(spec.target + "_lengths", 0, 2), lengths("input_lengths", T, T + 1)};
}

}  // namespace

std::vector<std::string_view> loss_names() {
  std::vector<std::string_view> names;
  for (const LossRow& row : kLosses) names.push_back(row.name);
  return names;
}

std::vector<LossInput> loss_inputs(const LossSpec& spec, const Type& output) {
  const LossRow& row = row_of(spec);
  if (!output.is_tensor() || !is_float(output.dtype) || !output.has_rank()) {
    fail("loss '{}': the judged output is {}; it must be a floating-point tensor of known rank",
         spec.type, to_string(output));
  }
  if (row.answers == Answers::kLabellings) return labelling_inputs(spec, output);
  if (row.answers == Answers::kNumbers) return {{spec.target, output}};
  Shape shape = *output.shape;
  const auto classes = shape.begin() + class_axis(spec, output);
  const std::int64_t count = classes->size();
  shape.erase(classes);
  return {{spec.target, {DataType::kInt64, shape}, 0, count}};
}

Value* add_loss(GraphBuilder& g, const LossSpec& spec) {
  Graph& graph = g.graph();
  Value* output =
      spec.output.empty() ? graph.outputs().front().value : output_of(graph, spec.output);
  Values answers;
  for (LossInput& input : loss_inputs(spec, output->type())) {
    if (graph.unique_name(input.name) != input.name) {
      fail(
          "loss '{}' takes an array called '{}', but so is a value of the model; call one "
          "otherwise",
          spec.type, input.name);
    }
    answers.push_back(graph.add_input(std::move(input.name), std::move(input.type)));
  }
  return row_of(spec).add(g, spec, *output, answers);
}

}  // namespace gatefold
