#include "ir/ops/conv.h"

#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/ops/convolve.h"
#include "ir/ops/ops.h"

namespace gatefold {

std::vector<AttrDef> conv_attrs() {
  return {{"auto_pad", AttrDef::Kind::kString, "NOTSET"},
          {"dilations", AttrDef::Kind::kInts},
          {"group", AttrDef::Kind::kInt, 1},
          {"kernel_shape", AttrDef::Kind::kInts},
          {"pads", AttrDef::Kind::kInts},
          {"strides", AttrDef::Kind::kInts}};
}

std::int64_t checked_groups(const InferContext& context, std::size_t w) {
  const std::int64_t groups = context.node().attr_int("group");
  if (groups < 1) context.fail("attribute 'group' is {} but must be at least 1", groups);
  if (!context.has_rank(w) || context.rank(w) == 0) return groups;
  const Dim& channels = context.shape(w)[0];
  if (channels.is_known() && channels.size() % groups != 0) {
    context.fail("axis 0 of W has extent {} but must be a multiple of group = {}", channels.size(),
                 groups);
  }
  return groups;
}

Shape checked_kernel(const InferContext& context, std::size_t w, const WindowAttrs& attrs) {
  Shape kernel(attrs.kernel.begin(), attrs.kernel.end());
  kernel.resize(attrs.strides.size());
  if (!context.has_rank(w)) return kernel;
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    kernel[i] = merge(context, kernel[i], context.shape(w)[i + 2],
                      "attribute 'kernel_shape' and the extents of W");
    if (kernel[i].is(0)) context.fail("W has an empty window along spatial axis {}", i);
  }
  return kernel;
}

void check_bias(const InferContext& context, std::size_t bias, const Dim& channels) {
  if (!context.has_input(bias)) return;
  context.expect_rank(bias, 1);
  if (!context.has_rank(bias)) return;
  merge(context, context.shape(bias)[0], channels, "the extent of B and the output's channels");
}

namespace {

void infer(InferContext& context) { infer_conv(context, 1, 2, context.dtype(0)); }

void evaluate(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  const Tensor& w = context.input(1);
  const ConvExtents extents = conv_extents(context.node(), x.dims(), w.dims());
  Tensor& y = context.output(0, x.dtype(), extents.output);
  dispatch_float(x.dtype(), [&]<typename T>() {
    const T* bias = context.has_input(2) ? context.input(2).data<T>() : nullptr;
    convolve(extents, x.data<T>(), w.data<T>(), bias, y.data<T>());
  });
}

}  // namespace

ConvExtents conv_extents(const Node& node, const Dims& x, const Dims& w) {
  ConvExtents extents;
  extents.batch = x[0];
  extents.groups = node.attr_int("group");
  extents.group_inputs = x[1] / extents.groups;
  extents.group_outputs = w[0] / extents.groups;
  extents.windows = place_windows(node, x, Dims(w.begin() + 2, w.end()));
  extents.output = {x[0], w[0]};
  for (std::size_t i = kMaxSpatialAxes + 2 - x.size(); i < kMaxSpatialAxes; ++i) {
    extents.output.push_back(extents.windows[i].output);
  }
  return extents;
}

std::optional<Shape> convolved_shape(const InferContext& context, std::size_t w) {
  if (!context.has_rank(0) && !context.has_rank(w)) return std::nullopt;
  const std::size_t axes = spatial_shape(context, context.has_rank(0) ? 0 : w).size();
  context.expect_rank(w, static_cast<std::int64_t>(axes + 2));
  return context.has_rank(0) ? context.shape(0) : Shape(axes + 2);
}

void infer_conv(InferContext& context, std::size_t w, std::size_t bias, DataType dtype) {
  const std::int64_t groups = checked_groups(context, w);
  const auto known = convolved_shape(context, w);
  if (!known) return context.set_output(0, {dtype, std::nullopt});
  const Shape& x = *known;
  const Shape spatial(x.begin() + 2, x.end());
  const WindowAttrs attrs = read_window_attrs(context.node(), spatial.size());
  const Shape kernel = checked_kernel(context, w, attrs);
  Shape result = {x[0], Dim()};
  if (context.has_rank(w)) {
    result[1] = context.shape(w)[0];
    const Dim& group_inputs = context.shape(w)[1];
    if (x[1].is_known() && group_inputs.is_known() && x[1].size() != group_inputs.size() * groups) {
      context.fail("X has {} channels but must have {}: {} per group of W times group = {}",
                   x[1].size(), group_inputs.size() * groups, group_inputs.size(), groups);
    }
  }
  check_bias(context, bias, result[1]);
  for (std::size_t i = 0; i < spatial.size(); ++i) {
    result.push_back(infer_window(context.node(), attrs, i, spatial[i], kernel[i]));
  }
  context.set_output(0, {dtype, result});
}

std::vector<OpDef> ops::conv() {
  return {{
      .name = "Conv",
      .doc =
          "Convolution over 1 to 3 spatial axes; each group of output channels sees its own group "
          "of input channels.\n"
          "Shapes: X [N,C,s..], W [M,C/group,k..], B [M] -> Y [N,M,o..] with\n"
          "  o = (s + pad_begin + pad_end - (k - 1) * dilation - 1) / stride + 1, or with\n"
          "  auto_pad SAME_*: o = ceil(s / stride)\n"
          "Formula: Y[n,m,o] = B[m] + sum_{c,k} W[m,c,k] * "
          "X[n,c,o*stride + k*dilation - pad_begin]\n"
          "Source: ONNX Conv-11",
      .since = 1,
      .inputs = {{"X", "T", kFloatTypes},
                 {"W", "T", kFloatTypes},
                 {"B", "T", kFloatTypes, Port::Arity::kOptional}},
      .outputs = {{"Y", "T", kFloatTypes}},
      .attrs = conv_attrs(),
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold
