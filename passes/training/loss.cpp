#include "passes/training/loss.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <span>

#include "ir/error.h"
#include "ir/value_names.h"
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
  const Type& type = output.type();
  if (type.has_rank() && class_axis(spec, type) == 1) return {&output, &target};
  Value* last = &output;
  if (type.has_rank() && class_axis(spec, type) != type.rank() - 1) {
    std::vector<std::int64_t> perm(type.rank());
    std::iota(perm.begin(), perm.end(), 0);
    perm.erase(perm.begin() + class_axis(spec, type));
    perm.push_back(class_axis(spec, type));
    last = g.add("Transpose", {&output}, {{"perm", perm}});
  }
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

Value* class_loss(GraphBuilder& g, const LossSpec& spec, std::string_view op,
                  const ClassScores& scores) {
  Values inputs{scores.scores, scores.targets};
  if (!spec.class_weights.empty()) {
    const auto classes = static_cast<std::int64_t>(spec.class_weights.size());
    const Tensor weights = Tensor::of<double>({classes}, spec.class_weights);
    inputs.push_back(
        g.add_constant("class_weights", weights.converted(scores.scores->type().dtype)));
  }
  return g.add(op, inputs, class_attrs(spec));
}

Value* nll(GraphBuilder& g, const LossSpec& spec, Value& output, const Values& answers) {
  return class_loss(g, spec, "NegativeLogLikelihoodLoss",
                    with_classes_second(g, spec, output, *answers[0]));
}

// As the loss is linear in the log-probabilities, smoothing the targets is smoothing those.
Value* cross_entropy(GraphBuilder& g, const LossSpec& spec, Value& output, const Values& answers) {
  const ClassScores scores = with_classes_second(g, spec, output, *answers[0]);
  if (spec.label_smoothing == 0) return class_loss(g, spec, "SoftmaxCrossEntropyLoss", scores);
  const Term logs = Term(g, scores.scores).apply("LogSoftmax", {{"axis", std::int64_t{1}}});
  const Term mean = logs.apply("ReduceMean", g.add_ints({1}));
  const Term smoothed = (1 - spec.label_smoothing) * logs + spec.label_smoothing * mean;
  return class_loss(g, spec, "NegativeLogLikelihoodLoss", {smoothed, scores.targets});
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
Term hubers(GraphBuilder& g, const LossSpec& spec, Value& output, const Values& answers) {
  if (spec.delta <= 0) {
    fail("loss '{}': delta is {}; it must be more than 0", spec.type, spec.delta);
  }
  const Term a = (Term(g, &output) - Term(g, answers[0])).apply("Abs");
  const Term c = a.apply("Min", a.number(spec.delta));
  return c * (a - 0.5 * c);
}

Value* huber(GraphBuilder& g, const LossSpec& spec, Value& output, const Values& answers) {
  return reduced(g, spec, hubers(g, spec, output, answers));
}

Value* smooth_l1(GraphBuilder& g, const LossSpec& spec, Value& output, const Values& answers) {
  return reduced(g, spec, hubers(g, spec, output, answers) / spec.delta);
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
    {"smooth_l1", Answers::kNumbers, smooth_l1},
    {"bce", Answers::kNumbers, bce},
    {"bce_with_logits", Answers::kNumbers, bce_with_logits},
};

void check_class_settings(const LossSpec& spec, bool has_classes) {
  if (!has_classes && !spec.class_weights.empty()) {
    fail("loss '{}' is not over classes; it takes no class weights", spec.type);
  }
  if (!has_classes && spec.ignore_index != LossSpec().ignore_index) {
    fail("loss '{}' is not over classes; it takes no ignore_index", spec.type);
  }
  if (spec.label_smoothing == 0) return;
  if (spec.label_smoothing < 0 || spec.label_smoothing > 1) {
    fail("loss '{}': the label smoothing is {}; it must be between 0 and 1", spec.type,
         spec.label_smoothing);
  }
  if (spec.type != "cross_entropy" || !spec.class_weights.empty()) {
    fail("loss '{}': label smoothing is for cross_entropy without class weights", spec.type);
  }
}

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
  check_class_settings(spec, row->answers == Answers::kClasses);
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
  const bool needs_no_rank = row.answers == Answers::kNumbers ||
                             (row.answers == Answers::kClasses && spec.class_axis == -1);
  if (!output.is_tensor() || !is_float(output.dtype) || !(output.has_rank() || needs_no_rank)) {
    fail("loss '{}': the judged output is {}; it must be a floating-point tensor of known rank",
         spec.type, to_string(output));
  }
  if (row.answers == Answers::kLabellings) return labelling_inputs(spec, output);
  if (row.answers == Answers::kNumbers) return {{spec.target, output}};
  if (!output.has_rank()) return {{spec.target, {DataType::kInt64, std::nullopt}}};
  Shape shape = *output.shape;
  const auto classes = shape.begin() + class_axis(spec, output);
  const std::int64_t count = classes->size();
  const auto weights = static_cast<std::int64_t>(spec.class_weights.size());
  if (weights > 0 && classes->is_known() && !classes->is(weights)) {
    fail("loss '{}': there are {} class weights for {} classes", spec.type, weights, count);
  }
  shape.erase(classes);
  return {{spec.target, {DataType::kInt64, shape}, 0, count}};
}

Value* add_loss(GraphBuilder& g, const LossSpec& spec) {
  Graph& graph = g.graph();
  Value* output = output_of(graph, spec.output);
  Values answers;
  for (LossInput& input : loss_inputs(spec, output->type())) {
    if (graph.unique_name(input.name) != input.name) {
      fail(
          "loss '{}' takes an array called '{}', but so is a value of the model; call one "
          "otherwise",
          spec.type, input.name);
    }
    const bool has_rank = input.type.has_rank();
    Value* answer = graph.add_input(std::move(input.name), std::move(input.type));
    // Else targets of another rank would be broadcast.
    const bool must_match = !has_rank && is_float(answer->type().dtype);
    answers.push_back(must_match ? g.reshape_like(*answer, *output) : answer);
  }
  return row_of(spec).add(g, spec, *output, answers);
}

std::optional<std::int64_t> ignored_class(const LossSpec& spec) {
  return row_of(spec).answers == Answers::kClasses ? spec.ignore_index : std::nullopt;
}

Value* add_has_targets(GraphBuilder& g, const LossSpec& spec) {
  const std::vector<double>& weights = spec.class_weights;
  const bool has_zero = std::find(weights.begin(), weights.end(), 0.0) != weights.end();
  const auto ignored_index = ignored_class(spec);
  if (!ignored_index && !has_zero) return nullptr;
  Term classes(g, find_input(g.graph(), spec.target));
  std::vector<Term> conditions;
  if (ignored_index) {
    const Term ignored =
        classes.apply("Equal", classes.number(static_cast<double>(*ignored_index)));
    classes = where(ignored, classes.number(0), classes);
    conditions.push_back(ignored.apply("Not"));
  }
  if (has_zero) {
    const Tensor numbers = Tensor::of<double>({static_cast<std::int64_t>(weights.size())}, weights);
    const Term weight = Term(g, g.add_constant("class_weights", numbers)).apply("Gather", classes);
    conditions.push_back(weight.apply("Equal", weight.number(0)).apply("Not"));
  }
  Term counts = conditions.front();
  if (conditions.size() > 1) counts = counts.apply("And", conditions.back());
  const Term numbers = counts.apply("Cast", {{"to", static_cast<std::int64_t>(DataType::kInt64)}});
  const Term sum = numbers.apply("ReduceSum", Attrs{{"keepdims", std::int64_t{0}}});
  return sum.apply("Greater", sum.number(0));
}

}  // namespace gatefold
