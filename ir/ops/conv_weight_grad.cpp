#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/conv.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold {
namespace {

enum Input : std::size_t { kX, kDy, kWShape };

/// Fails unless the extents of dW go with those of X and dY, as far as they are known.
void check_channels(const InferContext& context, const Shape& w, std::int64_t groups) {
  if (w[0].is_known() && w[0].size() % groups != 0) {
    context.fail("w_shape has {} output channels but must have a multiple of group = {}",
                 w[0].size(), groups);
  }
  if (context.has_rank(kDy)) {
    merge(context, w[0], context.shape(kDy)[1], "axis 0 of w_shape and the channels of dY");
  }
  if (!context.has_rank(kX)) return;
  const Dim& channels = context.shape(kX)[1];
  if (channels.is_known() && w[1].is_known() && channels.size() != w[1].size() * groups) {
    context.fail("X has {} channels but must have {}: {} per group of W times group = {}",
                 channels.size(), w[1].size() * groups, w[1].size(), groups);
  }
}

/// Fails when a window of dY reaches behind X and its padding.
void check_windows(const InferContext& context, const Shape& w) {
  const WindowAttrs attrs = read_window_attrs(context.node(), w.size() - 2);
  if (!context.has_rank(kX) || !context.has_rank(kDy)) return;
  for (std::size_t i = 0; i + 2 < w.size(); ++i) {
    const Dim& input = context.shape(kX)[i + 2];
    const Dim& output = context.shape(kDy)[i + 2];
    if (!input.is_known() || !output.is_known() || !w[i + 2].is_known()) continue;
    const std::int64_t reach =
        (output.size() - 1) * attrs.strides[i] + (w[i + 2].size() - 1) * attrs.dilations[i] + 1;
    const std::int64_t padded = input.size() + attrs.pads_begin[i] + attrs.pads_end[i];
    if (reach <= padded) continue;
    context.fail("the windows of dY reach over {} along spatial axis {}, which has {} with padding",
                 reach, i, padded);
  }
}

void infer(InferContext& context) {
  const std::int64_t groups = context.node().attr_int("group");
  if (groups < 1) context.fail("attribute 'group' is {} but must be at least 1", groups);
  const auto w = ops::stated_shape(context, kWShape);
  if (context.has_rank(kX) && context.has_rank(kDy)) {
    spatial_shape(context, kX);
    context.expect_rank(kDy, context.rank(kX));
    merge(context, context.shape(kX)[0], context.shape(kDy)[0], "the batches of X and dY");
  }
  if (w) {
    const auto rank = static_cast<std::int64_t>(w->size());
    constexpr auto kMostAxes = static_cast<std::int64_t>(kMaxSpatialAxes);
    if (rank < 3 || rank > kMostAxes + 2) {
      context.fail("w_shape has {} extents but must have 2 and those of 1 to {} spatial axes", rank,
                   kMostAxes);
    }
    context.expect_rank(kX, rank);
    context.expect_rank(kDy, rank);
    check_channels(context, *w, groups);
    check_windows(context, *w);
  }
  context.set_output(0, {context.dtype(kX), w});
}

/// dW[k] += sum of dY[o] * X[position(o, k)] for one pair of channels.
template <typename T>
void add_products(const Windows& windows, const T* x, const T* dY, T* dW) {
  const std::int64_t step = windows[2].stride;
  for_each_tap_line(
      windows, [&](std::int64_t tap, std::int64_t input, std::int64_t output, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) dW[tap] += dY[output + i] * x[input + i * step];
      });
}

template <typename T>
void sum_products(const ConvExtents& extents, const T* x, const T* dY, T* dW) {
  const std::int64_t inputs = input_count(extents.windows);
  const std::int64_t outputs = output_count(extents.windows);
  const std::int64_t taps = tap_count(extents.windows);
  const std::int64_t out_channels = extents.groups * extents.group_outputs;
  for (std::int64_t n = 0; n < extents.batch; ++n) {
    for (std::int64_t m = 0; m < out_channels; ++m, dY += outputs) {
      const std::int64_t group = m / extents.group_outputs;
      for (std::int64_t c = 0; c < extents.group_inputs; ++c) {
        const std::int64_t channel = (n * extents.groups + group) * extents.group_inputs + c;
        add_products(extents.windows, x + channel * inputs, dY,
                     dW + (m * extents.group_inputs + c) * taps);
      }
    }
  }
}

void evaluate(EvaluateContext& context) {
  const Tensor& x = context.input(kX);
  const Tensor& dY = context.input(kDy);
  const Dims w = ops::inferred_dims(context);
  const ConvExtents extents = conv_weight_grad_extents(context.node(), x.dims(), dY.dims(), w);
  Tensor& dW = context.output(0, x.dtype(), w);
  dispatch_float(x.dtype(), [&]<typename T>() {
    std::fill_n(dW.data<T>(), dW.size(), T{0});
    sum_products(extents, x.data<T>(), dY.data<T>(), dW.data<T>());
  });
}

}  // namespace

ConvExtents conv_weight_grad_extents(const Node& node, const Dims& x, const Dims& dY,
                                     const Dims& dW) {
  ConvExtents extents;
  extents.batch = x[0];
  extents.groups = node.attr_int("group");
  extents.group_inputs = dW[1];
  extents.group_outputs = dW[0] / extents.groups;
  extents.output = dY;
  const WindowAttrs attrs = read_window_attrs(node, x.size() - 2);
  std::vector<AxisWindow> windows;
  for (std::size_t i = 0; i < x.size() - 2; ++i) {
    windows.push_back({.input = x[i + 2],
                       .output = dY[i + 2],
                       .kernel = dW[i + 2],
                       .stride = attrs.strides[i],
                       .dilation = attrs.dilations[i],
                       .pad_begin = attrs.pads_begin[i],
                       .pad_end = attrs.pads_end[i]});
  }
  extents.windows = make_windows(windows);
  return extents;
}

std::vector<OpDef> ops::conv_weight_grad() {
  return {{
      .domain = kGatefoldDomain,
      .name = "ConvWeightGrad",
      .doc =
          "The backward step of Conv that gives the gradient of its weights; with X and dY "
          "exchanged that of ConvTranspose.\n"
          "Shapes: X [N,C,s..], dY [N,M,o..], w_shape [r] = M, C/group, k.. -> dW [M,C/group,k..]\n"
          "Forward: Y[n,m,o] = sum_{c,k} W[m,c,k] * X[n,c,o*stride + k*dilation - pad]\n"
          "Backward: dW[m,c,k] = sum_{n,o} dY[n,m,o] * X[n,c,o*stride + k*dilation - pad], with "
          "zeros outside X\n"
          "Source: Gatefold",
      .inputs = {{"X", "T", kFloatTypes}, {"dY", "T", kFloatTypes}, {"w_shape", {}, kInt64Type}},
      .outputs = {{"dW", "T", kFloatTypes}},
      .attrs = {{"dilations", AttrDef::Kind::kInts},
                {"group", AttrDef::Kind::kInt, 1},
                {"pads", AttrDef::Kind::kInts},
                {"strides", AttrDef::Kind::kInts}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold
