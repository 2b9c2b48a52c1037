#include <algorithm>
#include <cmath>
#include <limits>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/maximum.h"
#include "ir/ops/extents.h"
#include "ir/ops/loss_reduction.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

enum Input : std::size_t { kLogProbs, kTargets, kInputLengths, kTargetLengths, kDy };

/// Checks the inputs against each other; the type of the loss.
Type checked_loss_type(const InferContext& context) {
  const LossReduction reduction = loss_reduction(context);
  const std::int64_t blank = context.node().attr_int("blank");
  Dim N;
  const auto check = [&](std::size_t input, std::int64_t rank, std::size_t batch_axis) {
    context.expect_rank(input, rank);
    if (!context.has_rank(input)) return;
    N = merge(context, N, context.shape(input)[batch_axis], "the batch");
  };
  check(kLogProbs, 3, 1);
  check(kTargets, 2, 0);
  check(kInputLengths, 1, 0);
  check(kTargetLengths, 1, 0);
  const Dim C = context.has_rank(kLogProbs) ? context.shape(kLogProbs)[2] : Dim();
  if (blank < 0 || (C.is_known() && blank >= C.size())) {
    context.fail("blank is {} but must be one of the classes, {}", blank, to_string(Shape{C}));
  }
  return {context.dtype(kLogProbs), reduction == LossReduction::kNone ? Shape{N} : Shape{}};
}

void infer(InferContext& context) { context.set_output(0, checked_loss_type(context)); }

void infer_gradient(InferContext& context) {
  const Type loss = checked_loss_type(context);
  context.expect_rank(kDy, loss.rank());
  context.set_output(0, context.input(kLogProbs));
}

constexpr double kImpossible = -std::numeric_limits<double>::infinity();

/// log(exp(a) + exp(b))
double log_add(double a, double b) {
  const double larger = maximum(a, b);
  if (larger == kImpossible) return kImpossible;
  return larger + std::log1p(std::exp(minimum(a, b) - larger));
}

/// The alignments of one sequence with its target: paths through the states blank, t1, blank, t2,
/// .., blank that end in one of the last two. A step stays, goes on by one, or by two between
/// labels that differ. Tables hold one number per step and state, logarithms of probabilities.
class Alignments {
 public:
  Alignments(const EvaluateContext& context, std::int64_t n) {
    const Tensor& log_probs = context.input(kLogProbs);
    const Dims& dims = log_probs.dims();
    const auto length = [&](std::size_t input, std::int64_t most) {
      const auto length = static_cast<std::int64_t>(context.input(input).number_at(n));
      if (length >= 0 && length <= most) return length;
      context.fail("{}[{}] is {} but must be in [0, {}]", context.node().op().inputs[input].name, n,
                   length, most);
    };
    steps_ = length(kInputLengths, dims[0]);
    const Tensor& targets = context.input(kTargets);
    const std::int64_t S = targets.dims()[1];
    const std::int64_t blank = context.node().attr_int("blank");
    classes_.push_back(blank);
    for (std::int64_t s = 0; s < length(kTargetLengths, S); ++s) {
      const auto label = static_cast<std::int64_t>(targets.number_at(n * S + s));
      if (label < 0 || label >= dims[2] || label == blank) {
        context.fail("target {} is outside [0, {}), the classes, or the blank", label, dims[2]);
      }
      classes_.insert(classes_.end(), {label, blank});
    }
    read_emissions(log_probs, n);
  }

  std::int64_t steps() const { return steps_; }
  std::int64_t states() const { return static_cast<std::int64_t>(classes_.size()); }
  std::int64_t class_of(std::int64_t state) const { return classes_[state]; }
  std::int64_t target_length() const { return states() / 2; }

  /// Of all beginnings of paths that are in a state at a step, that step included.
  std::vector<double> beginnings() const {
    std::vector<double> table(emissions_.size(), kImpossible);
    for (std::int64_t t = 0; t < steps_; ++t) {
      for (std::int64_t s = 0; s < states(); ++s) {
        double sum = t == 0 && s < 2 ? 0 : kImpossible;
        for (std::int64_t from = s; t > 0 && from >= std::max<std::int64_t>(s - 2, 0); --from) {
          if (leads(from, s)) sum = log_add(sum, table[at(t - 1, from)]);
        }
        table[at(t, s)] = sum + emissions_[at(t, s)];
      }
    }
    return table;
  }

  /// Of all ends of paths that are in a state at a step, that step not included.
  std::vector<double> ends() const {
    std::vector<double> table(emissions_.size(), kImpossible);
    for (std::int64_t t = steps_; t-- > 0;) {
      const bool is_last = t + 1 == steps_;
      for (std::int64_t s = 0; s < states(); ++s) {
        double sum = is_last && s + 2 >= states() ? 0 : kImpossible;
        for (std::int64_t to = s; !is_last && to < std::min(s + 3, states()); ++to) {
          if (leads(s, to)) sum = log_add(sum, table[at(t + 1, to)] + emissions_[at(t + 1, to)]);
        }
        table[at(t, s)] = sum;
      }
    }
    return table;
  }

  /// Of all paths, from the table of their beginnings.
  double total(const std::vector<double>& beginnings) const {
    if (steps_ == 0) return states() == 1 ? 0 : kImpossible;
    const double last = beginnings[at(steps_ - 1, states() - 1)];
    return states() == 1 ? last : log_add(last, beginnings[at(steps_ - 1, states() - 2)]);
  }

  std::int64_t at(std::int64_t step, std::int64_t state) const { return step * states() + state; }

 private:
  void read_emissions(const Tensor& log_probs, std::int64_t n) {
    const Dims& dims = log_probs.dims();
    for (std::int64_t t = 0; t < steps_; ++t) {
      for (const std::int64_t label : classes_) {
        emissions_.push_back(log_probs.number_at((t * dims[1] + n) * dims[2] + label));
      }
    }
  }

  bool leads(std::int64_t from, std::int64_t to) const {
    return to < from + 2 || (to % 2 == 1 && classes_[from] != classes_[to]);
  }

  std::int64_t steps_ = 0;
  std::vector<std::int64_t> classes_;  // Of the states.
  std::vector<double> emissions_;
};

/// What the loss of one sequence counts for.
double weight_of(const Alignments& alignments, LossReduction reduction, std::int64_t N) {
  if (reduction != LossReduction::kMean) return 1;
  const std::int64_t length = std::max<std::int64_t>(alignments.target_length(), 1);
  return 1 / static_cast<double>(length * N);
}

bool is_left_out(const EvaluateContext& context, double log_likelihood) {
  return log_likelihood == kImpossible && context.node().attr_int("zero_infinity") != 0;
}

void evaluate(EvaluateContext& context) {
  const LossReduction reduction = loss_reduction(context);
  const std::int64_t N = context.input(kLogProbs).dims()[1];
  std::vector<double> losses(reduction == LossReduction::kNone ? N : 1, 0);
  for (std::int64_t n = 0; n < N; ++n) {
    const Alignments alignments(context, n);
    const double log_likelihood = alignments.total(alignments.beginnings());
    if (is_left_out(context, log_likelihood)) continue;
    losses[reduction == LossReduction::kNone ? n : 0] -=
        weight_of(alignments, reduction, N) * log_likelihood;
  }
  Tensor& output = context.output(0, context.input(kLogProbs).dtype(), inferred_dims(context));
  dispatch_float(output.dtype(),
                 [&]<typename T>() { std::copy(losses.begin(), losses.end(), output.data<T>()); });
}

template <typename T>
void subtract_posteriors(const Alignments& alignments, const std::vector<double>& beginnings,
                         double scale, T* gradient, std::int64_t step_stride) {
  const std::vector<double> ends = alignments.ends();
  const double total = alignments.total(beginnings);
  for (std::int64_t t = 0; t < alignments.steps(); ++t) {
    for (std::int64_t s = 0; s < alignments.states(); ++s) {
      const std::int64_t place = alignments.at(t, s);
      gradient[t * step_stride + alignments.class_of(s)] -=
          static_cast<T>(scale * std::exp(beginnings[place] + ends[place] - total));
    }
  }
}

void evaluate_gradient(EvaluateContext& context) {
  const LossReduction reduction = loss_reduction(context);
  const Tensor& log_probs = context.input(kLogProbs);
  const std::int64_t N = log_probs.dims()[1];
  const std::int64_t C = log_probs.dims()[2];
  Tensor& output = context.output(0, log_probs.dtype(), log_probs.dims());
  dispatch_float(output.dtype(), [&]<typename T>() {
    T* gradient = output.data<T>();
    std::fill_n(gradient, output.size(), T{0});
    for (std::int64_t n = 0; n < N; ++n) {
      const Alignments alignments(context, n);
      const std::vector<double> beginnings = alignments.beginnings();
      if (is_left_out(context, alignments.total(beginnings))) continue;
      const double dY = context.input(kDy).number_at(reduction == LossReduction::kNone ? n : 0);
      subtract_posteriors(alignments, beginnings, dY * weight_of(alignments, reduction, N),
                          gradient + n * C, N * C);
    }
  });
}

std::vector<Port> inputs() {
  return {{"log_probs", "T", kFloatTypes},
          {"targets", "Tind", kIndexTypes},
          {"input_lengths", "Tlen", kIndexTypes},
          {"target_lengths", "Tlen", kIndexTypes}};
}

const std::vector<AttrDef> kAttrs = {
    {"blank", AttrDef::Kind::kInt, 0},
    {"reduction", AttrDef::Kind::kString, std::string("mean")},
    {"zero_infinity", AttrDef::Kind::kInt, 0},
};

}  // namespace

std::vector<OpDef> ctc_loss() {
  std::vector<Port> gradient_inputs = inputs();
  gradient_inputs.push_back({"dY", "T", kFloatTypes});
  return {
      {
          .domain = kGatefoldDomain,
          .name = "CTCLoss",
          .doc =
              "Connectionist temporal classification: how unlikely it is that labels, one per "
              "step, come down to a target when repetitions are merged and blanks dropped.\n"
              "Shapes: log_probs [T,N,C], targets [N,S], input_lengths [N], target_lengths [N] -> "
              "loss [N] for reduction none, else scalar\n"
              "Formula: loss[n] = -log of the sum over all labellings of the first "
              "input_lengths[n] steps that come down to the first target_lengths[n] targets, of "
              "the product of exp(log_probs); infinite without one, 0 with zero_infinity; sum: "
              "sum(loss); mean: mean of loss[n] / max(target_lengths[n], 1)\n"
              "Source: torch.nn.functional.ctc_loss",
          .inputs = inputs(),
          .outputs = {{"loss", "T", kFloatTypes}},
          .attrs = kAttrs,
          .infer = infer,
          .evaluate = evaluate,
      },
      {
          .domain = kGatefoldDomain,
          .name = "CTCLossGrad",
          .doc =
              "The backward step of CTCLoss.\n"
              "Shapes: log_probs, targets, input_lengths, target_lengths and attributes as "
              "CTCLoss, "
              "dY as its loss -> dlog_probs [T,N,C]\n"
              "Forward: loss[n] = -log of the sum of exp(sum of log_probs[t, n, label of t]) over "
              "the labellings\n"
              "Backward: dlog_probs[t, n, c] = -dloss[n] times the part of that sum whose "
              "labellings have c at step t; 0 from a sequence's length on; NaN where the loss is "
              "infinite, 0 with zero_infinity\n"
              "Source: Gatefold",
          .inputs = gradient_inputs,
          .outputs = {{"dlog_probs", "T", kFloatTypes}},
          .attrs = kAttrs,
          .infer = infer_gradient,
          .evaluate = evaluate_gradient,
      },
  };
}

}  // namespace gatefold::ops
