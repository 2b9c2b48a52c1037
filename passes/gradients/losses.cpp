#include "passes/gradients/gradient_table.h"

namespace gatefold::gradients {
namespace {

/// What a loss over classes makes of its targets. Formula: for the element i with class t_i,
///   loss_i = -w_i log p_i[t_i], w_i = weight[t_i], 0 where t_i is ignored;
///   reduction mean divides their sum by the sum of the w_i. Where that is 0, so is the gradient.
struct ClassTargets {
  Term classes;  ///< [N, 1, d..], within range also where ignored
  Term scale;    ///< dLoss/dloss_i times w_i, [N, 1, d..]
};

/// w_i, and the targets with 0 in place of those that are ignored.
std::pair<Term, Term> weights_and_classes(GradientBuilder& g, const Node& node, const Term& like) {
  Term classes(g, node.input(1));
  Value* weight = node.input(2);
  Term weights = like.number(1);
  if (const AttrValue* ignored = node.find_attr("ignore_index")) {
    const Term index = classes.number(static_cast<double>(std::get<std::int64_t>(*ignored)));
    const Term is_ignored = classes.apply("Equal", index);
    classes = where(is_ignored, classes.number(0), classes);
    weights = where(is_ignored, like.number(0), like.number(1));
  }
  if (weight != nullptr) weights = Term(g, g.add("Gather", {weight, classes})) * weights;
  return {Term(g, g.expand_like(*weights, *classes)), classes};
}

ClassTargets class_targets(GradientBuilder& g, const Node& node, Value* dY) {
  const auto [weights, classes] = weights_and_classes(g, node, Term(g, dY));
  Term scale = Term(g, dY) * weights;
  if (node.attr_string("reduction") == "mean") {
    Term sum(g, g.add("ReduceSum", {weights}, {{"keepdims", std::int64_t{0}}}));
    const bool may_be_zero = node.input(2) != nullptr || node.has_attr("ignore_index");
    if (may_be_zero) sum = where(sum.apply("Equal", sum.number(0)), sum.number(1), sum);
    scale = scale / sum;
  }
  Value* axis = g.add_ints({1});
  return {{g, g.add("Unsqueeze", {classes, axis})}, {g, g.add("Unsqueeze", {scale, axis})}};
}

Value* subtract_at_classes(GradientBuilder& g, Value* from, const ClassTargets& targets) {
  return g.add("ScatterElements", {from, targets.classes, -targets.scale},
               {{"axis", std::int64_t{1}}, {"reduction", std::string("add")}});
}

// loss_i = -w_i x[t_i]: dx = -scale_i at t_i, 0 elsewhere
Gradients negative_log_likelihood(GradientBuilder& g, Node& node, const Gradients& dY) {
  return {subtract_at_classes(g, g.zeros_like(*node.input(0)), class_targets(g, node, dY[0]))};
}

// loss_i = -w_i log softmax(x)[t_i]: dx = scale_i softmax(x), less scale_i at t_i
Gradients softmax_cross_entropy(GradientBuilder& g, Node& node, const Gradients& dY) {
  Value* scores = node.input(0);
  const Attrs axis{{"axis", std::int64_t{1}}};
  const Term log_probabilities = node.output(1) != nullptr
                                     ? Term(g, node.output(1))
                                     : Term(g, scores).apply("LogSoftmax", axis);
  const Term probabilities = log_probabilities.apply("Exp");
  Value* dX = nullptr;
  if (dY[0] != nullptr) {
    const ClassTargets targets = class_targets(g, node, dY[0]);
    dX = subtract_at_classes(g, probabilities * targets.scale, targets);
  }
  if (dY.size() > 1 && dY[1] != nullptr) {
    const Term d(g, dY[1]);
    const Term through = d - probabilities * Term(g, g.add("ReduceSum", {d, g.add_ints({1})}));
    dX = dX == nullptr ? through.value() : (Term(g, dX) + through).value();
  }
  return {dX};
}

Gradients ctc(GradientBuilder& g, Node& node, const Gradients& dY) {
  std::vector<Value*> inputs = node.inputs();
  inputs.push_back(dY[0]);
  return {g.add("CTCLossGrad", inputs, node.attrs(), kGatefoldDomain)};
}

}  // namespace

std::vector<GradientEntry> losses() {
  return {
      {.op = "CTCLoss", .domain = kGatefoldDomain, .rule = ctc},
      {.op = "NegativeLogLikelihoodLoss", .rule = negative_log_likelihood, .settings = {2}},
      {.op = "SoftmaxCrossEntropyLoss", .rule = softmax_cross_entropy, .settings = {2}},
  };
}

}  // namespace gatefold::gradients
