#include <limits>

#include "passes/gradients/formula.h"
#include "passes/gradients/gradient_table.h"

/// Operators that divide by a norm or a deviation, differentiated as their formulas.
namespace gatefold::gradients {
namespace {

struct Normalized {
  Term result;
  Term mean;
  Term inverse_deviation;
};

/// (x - mean) / sqrt(variance + epsilon)
Normalized normalize(const Term& x, const std::vector<std::int64_t>& axes, double epsilon) {
  const Term mean = reduced("ReduceMean", x, axes);
  const Term centred = x - mean;
  const Term variance = reduced("ReduceMean", centred * centred, axes);
  const Term inverse = (variance + epsilon).apply("Sqrt").apply("Reciprocal");
  return {centred * inverse, mean, inverse};
}

/// The axes from attribute `axis` on.
std::vector<std::int64_t> row_axes(const Node& node) {
  const std::int64_t axis = node.attr_int("axis");
  return axes_between(axis, axis < 0 ? 0 : known_rank(node, 0));
}

// Y = (X - Mean) InvStdDev Scale + B
std::vector<Value*> layer(GradientBuilder& g, const Node& node) {
  const Term x = widened(g, node.input(0));
  const Normalized rows = normalize(x, row_axes(node), node.attr_float("epsilon"));
  Term y = rows.result * widened(g, node.input(1));
  if (node.input(2) != nullptr) y = y + widened(g, node.input(2));
  std::vector<Value*> outputs{y.apply("CastLike", node.input(0))};
  for (const Term* statistic : {&rows.mean, &rows.inverse_deviation}) {
    Value* output = node.output(outputs.size());
    outputs.push_back(output == nullptr ? nullptr : statistic->apply("CastLike", output).value());
  }
  return outputs;
}

// Y = X / sqrt(mean(X^2) + epsilon) scale
std::vector<Value*> rms(GradientBuilder& g, const Node& node) {
  const Term x = widened(g, node.input(0));
  const Term square = reduced("ReduceMean", x * x, row_axes(node));
  const Term inverse = (square + node.attr_float("epsilon")).apply("Sqrt").apply("Reciprocal");
  const Term rows = (x * inverse).apply("CastLike", node.input(1));
  return {rows * Term(g, node.input(1))};
}

/// One number per channel, [C], in the form that broadcasts against X [N,C,s..].
Term per_channel(GradientBuilder& g, Value* numbers, std::int64_t rank) {
  const Term wide = widened(g, numbers);
  if (rank <= 2) return wide;
  return wide.apply("Unsqueeze", g.add_ints(axes_between(1, rank - 1)));
}

Value* scale_and_shift(GradientBuilder& g, const Node& node, const Term& normalized) {
  const std::int64_t rank = known_rank(node, 0);
  const Term y = normalized * per_channel(g, node.input(1), rank);
  return (y + per_channel(g, node.input(2), rank)).apply("CastLike", node.input(0));
}

std::vector<Value*> instance(GradientBuilder& g, const Node& node) {
  const Term x = widened(g, node.input(0));
  const auto axes = axes_between(2, known_rank(node, 0));
  return {scale_and_shift(g, node, normalize(x, axes, node.attr_float("epsilon")).result)};
}

std::vector<Value*> group(GradientBuilder& g, const Node& node) {
  const Term x = widened(g, node.input(0));
  const Term groups = x.apply("Reshape", g.add_ints({0, node.attr_int("num_groups"), -1}));
  const Term normalized = normalize(groups, {2}, node.attr_float("epsilon")).result;
  return {scale_and_shift(g, node, Term(g, g.reshape_like(*normalized.value(), *node.input(0))))};
}

/// old * momentum + current * (1 - momentum), [C]
Term running(GradientBuilder& g, const Node& node, std::size_t old, const Term& current) {
  const double momentum = node.attr_float("momentum");
  const Term flat = current.apply("Reshape", g.add_ints({-1}));
  return (widened(g, node.input(old)) * momentum + flat * (1 - momentum))
      .apply("CastLike", node.input(old));
}

std::vector<Value*> batch(GradientBuilder& g, const Node& node) {
  const std::int64_t rank = known_rank(node, 0);
  const double epsilon = node.attr_float("epsilon");
  const Term x = widened(g, node.input(0));
  if (node.attr_int("training_mode") == 0) {
    const Term variance = per_channel(g, node.input(4), rank);
    const Term inverse = (variance + epsilon).apply("Sqrt").apply("Reciprocal");
    return {scale_and_shift(g, node, (x - per_channel(g, node.input(3), rank)) * inverse)};
  }
  std::vector<std::int64_t> axes = axes_between(2, rank);
  axes.insert(axes.begin(), 0);
  const Normalized channels = normalize(x, axes, epsilon);
  const Term centred = x - channels.mean;
  const Term variance = reduced("ReduceMean", centred * centred, axes);
  return {scale_and_shift(g, node, channels.result), running(g, node, 3, channels.mean),
          running(g, node, 4, variance)};
}

// Zeros stay zeros.
std::vector<Value*> lp(GradientBuilder& g, const Node& node) {
  const Term x = widened(g, node.input(0));
  const Term norm =
      reduced(node.attr_int("p") == 1 ? "ReduceL1" : "ReduceL2", x, {node.attr_int("axis")});
  const Term divisor = where(norm.apply("Equal", norm.number(0)), norm.number(1), norm);
  return {(x / divisor).apply("CastLike", node.input(0))};
}

std::vector<Value*> mean_variance(GradientBuilder& g, const Node& node) {
  constexpr double kEpsilon = 1e-9;
  const Term x = widened(g, node.input(0));
  const std::vector<std::int64_t>& axes = node.attr_ints("axes");
  const Term centred = x - reduced("ReduceMean", x, axes);
  const Term deviation = reduced("ReduceMean", centred * centred, axes).apply("Sqrt");
  return {(centred / (deviation + kEpsilon)).apply("CastLike", node.input(0))};
}

/// Channel c becomes the sum of the channels from c - before to c + size - 1 - before.
Term sum_neighbours(GradientBuilder& g, const Term& x, std::int64_t rank, std::int64_t before,
                    std::int64_t size) {
  std::vector<std::int64_t> pads(2 * rank);
  pads[1] = before;
  pads[rank + 1] = size - 1 - before;
  const Term padded = x.apply("Pad", g.add_ints(pads));
  std::vector<Value*> shifted;
  for (std::int64_t i = 0; i < size; ++i) {
    const std::int64_t end =
        i + 1 == size ? std::numeric_limits<std::int64_t>::max() : i + 1 - size;
    shifted.push_back(
        g.add("Slice", {padded, g.add_ints({i}), g.add_ints({end}), g.add_ints({1})}));
  }
  return {g, g.add("Sum", shifted)};
}

// Y = X / (bias + alpha / size * sum of X^2 over the neighbouring channels)^beta
std::vector<Value*> local_response(GradientBuilder& g, const Node& node) {
  const std::int64_t size = node.attr_int("size");
  const Term x = widened(g, node.input(0));
  const Term squares = sum_neighbours(g, x * x, known_rank(node, 0), (size - 1) / 2, size);
  const double alpha = static_cast<double>(node.attr_float("alpha")) / static_cast<double>(size);
  const Term base = squares * alpha + node.attr_float("bias");
  return {(x / base.apply("Pow", base.number(node.attr_float("beta"))))
              .apply("CastLike", node.input(0))};
}

}  // namespace

std::vector<GradientEntry> normalizations() {
  return {
      {.op = "BatchNormalization", .rule = by_formula<batch>},
      {.op = "GroupNormalization", .rule = by_formula<group>},
      {.op = "InstanceNormalization", .rule = by_formula<instance>},
      {.op = "LRN", .rule = by_formula<local_response>},
      {.op = "LayerNormalization", .rule = by_formula<layer>},
      computed_by_formula<lp>("LpNormalization"),
      computed_by_formula<mean_variance>("MeanVarianceNormalization"),
      {.op = "RMSNormalization", .rule = by_formula<rms>},
  };
}

}  // namespace gatefold::gradients
