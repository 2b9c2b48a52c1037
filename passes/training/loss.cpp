#include "passes/training/loss.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <span>

#include "ir/error.h"

namespace gatefold {
namespace {

using AddLoss = Value* (*)(GraphBuilder& g, const LossSpec& spec, Value& output, Value& target);

struct LossRow {
  std::string_view name;
  bool takes_classes;
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

Value* cross_entropy(GraphBuilder& g, const LossSpec& spec, Value& output, Value& target) {
  const ClassScores scores = with_classes_second(g, spec, output, target);
  return g.add("SoftmaxCrossEntropyLoss", {scores.scores, scores.targets}, class_attrs(spec));
}

Value* nll(GraphBuilder& g, const LossSpec& spec, Value& output, Value& target) {
  const ClassScores scores = with_classes_second(g, spec, output, target);
  return g.add("NegativeLogLikelihoodLoss", {scores.scores, scores.targets}, class_attrs(spec));
}

Value* mse(GraphBuilder& g, const LossSpec& spec, Value& output, Value& target) {
  const Term difference = Term(g, &output) - Term(g, &target);
  return reduced(g, spec, difference * difference);
}

Value* l1(GraphBuilder& g, const LossSpec& spec, Value& output, Value& target) {
  return reduced(g, spec, (Term(g, &output) - Term(g, &target)).apply("Abs"));
}

// With a = |y - t| and c = min(a, delta): c (a - c / 2)
Value* huber(GraphBuilder& g, const LossSpec& spec, Value& output, Value& target) {
  const Term a = (Term(g, &output) - Term(g, &target)).apply("Abs");
  const Term c = a.apply("Min", a.number(spec.delta));
  return reduced(g, spec, c * (a - 0.5 * c));
}

Value* bce(GraphBuilder& g, const LossSpec& spec, Value& output, Value& target) {
  const Term y(g, &output);
  const Term t(g, &target);
  const auto bounded_log = [](const Term& p) {
    return p.apply("Log").apply("Max", p.number(-100));
  };
  return reduced(g, spec, -(t * bounded_log(y) + (1.0 - t) * bounded_log(1.0 - y)));
}

Value* bce_with_logits(GraphBuilder& g, const LossSpec& spec, Value& output, Value& target) {
  const Term y(g, &output);
  return reduced(g, spec, y.apply("Softplus") - y * Term(g, &target));
}

constexpr LossRow kLosses[] = {
    {"cross_entropy", true, cross_entropy},
    {"nll", true, nll},
    {"mse", false, mse},
    {"l1", false, l1},
    {"huber", false, huber},
    {"bce", false, bce},
    {"bce_with_logits", false, bce_with_logits},
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

}  // namespace

std::vector<std::string_view> loss_names() {
  std::vector<std::string_view> names;
  for (const LossRow& row : kLosses) names.push_back(row.name);
  return names;
}

Type target_type(const LossSpec& spec, const Type& output) {
  const LossRow& row = row_of(spec);
  if (!output.is_tensor() || !is_float(output.dtype) || !output.has_rank()) {
    fail("loss '{}': the judged output is {}; it must be a floating-point tensor of known rank",
         spec.type, to_string(output));
  }
  if (!row.takes_classes) return output;
  Shape shape = *output.shape;
  shape.erase(shape.begin() + class_axis(spec, output));
  return {DataType::kInt64, shape};
}

Value* add_loss(GraphBuilder& g, const LossSpec& spec, Value& output, Value& target) {
  return row_of(spec).add(g, spec, output, target);
}

}  // namespace gatefold
