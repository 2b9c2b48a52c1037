#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/ops/conv.h"
#include "ir/ops/ops.h"

namespace gatefold {
namespace {

/// What ConvTranspose says about its output beside the windows' attributes; an entry per axis.
struct OutputAttrs {
  Dims padding;  ///< output_padding.
  Dims shape;    ///< output_shape, spatial axes only; empty when not given.
};

OutputAttrs read_output_attrs(const Node& node, std::size_t axes) {
  OutputAttrs attrs{node.attr_ints("output_padding"), node.attr_ints("output_shape")};
  if (attrs.padding.empty()) attrs.padding.assign(axes, 0);
  for (const auto& [name, values] :
       {std::pair{"output_padding", &attrs.padding}, std::pair{"output_shape", &attrs.shape}}) {
    if (values->empty()) continue;
    if (values->size() != axes) {
      fail("{}: attribute '{}' has {} values but must have {}", node.describe(), name,
           values->size(), axes);
    }
    if (*std::min_element(values->begin(), values->end()) < 0) {
      fail("{}: attribute '{}' is {} but its values must not be negative", node.describe(), name,
           to_string(*values));
    }
  }
  return attrs;
}

/// The windows of one axis: `elements` of X, each spread over one window on Y.
AxisWindow place_transposed(const Node& node, const WindowAttrs& attrs, const OutputAttrs& output,
                            std::size_t axis, std::int64_t elements, std::int64_t kernel) {
  using AutoPad = WindowAttrs::AutoPad;
  AxisWindow window{.output = elements,
                    .kernel = kernel,
                    .stride = attrs.strides[axis],
                    .dilation = attrs.dilations[axis],
                    .pad_begin = attrs.pads_begin[axis],
                    .pad_end = attrs.pads_end[axis]};
  const std::int64_t full = (elements - 1) * window.stride + window.span() + output.padding[axis];
  const bool same = attrs.auto_pad == AutoPad::kSameUpper || attrs.auto_pad == AutoPad::kSameLower;
  if (same || !output.shape.empty()) {
    window.input = output.shape.empty() ? elements * window.stride : output.shape[axis];
    const std::int64_t total = std::max<std::int64_t>(full - window.input, 0);
    window.pad_begin = attrs.auto_pad == AutoPad::kSameUpper ? total / 2 : total - total / 2;
    window.pad_end = total - window.pad_begin;
  } else {
    window.input = full - window.pad_begin - window.pad_end;
  }
  if (window.input < 0) {
    fail("{}: along spatial axis {} the pads remove {} of {} outputs", node.describe(), axis,
         window.pad_begin + window.pad_end, full);
  }
  return window;
}

void check_channels(const InferContext& context) {
  if (!context.has_rank(1) || !context.has_rank(0)) return;
  merge(context, context.shape(0)[1], context.shape(1)[0], "the channels of X and axis 0 of W");
}

void infer(InferContext& context) {
  const std::int64_t groups = checked_groups(context, 1);
  const auto x = convolved_shape(context, 1);
  if (!x) return context.set_output(0, {context.dtype(0), std::nullopt});
  const Shape spatial(x->begin() + 2, x->end());
  check_channels(context);
  const Node& node = context.node();
  const WindowAttrs attrs = read_window_attrs(node, spatial.size());
  const OutputAttrs output = read_output_attrs(node, spatial.size());
  const Shape kernel = checked_kernel(context, 1, attrs);
  Shape result = {x->front(), Dim()};
  if (context.has_rank(1) && context.shape(1)[1].is_known()) {
    result[1] = context.shape(1)[1].size() * groups;
  }
  check_bias(context, 2, result[1]);
  for (std::size_t i = 0; i < spatial.size(); ++i) {
    Dim extent = output.shape.empty() ? Dim() : Dim(output.shape[i]);
    if (spatial[i].is_known() && kernel[i].is_known()) {
      extent = place_transposed(node, attrs, output, i, spatial[i].size(), kernel[i].size()).input;
    }
    result.push_back(extent);
  }
  context.set_output(0, {context.dtype(0), result});
}

/// y[position(i, k)] += w[k] * x[i] for one pair of channels.
template <typename T>
void spread_channel(const Windows& windows, const T* w, const T* x, T* y) {
  const std::int64_t step = windows[2].stride;
  for_each_tap_line(
      windows, [&](std::int64_t tap, std::int64_t on_y, std::int64_t on_x, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) y[on_y + i * step] += w[tap] * x[on_x + i];
      });
}

template <typename T>
void spread(const ConvExtents& extents, const T* x, const T* w, const T* bias, T* y) {
  const std::int64_t y_size = input_count(extents.windows);
  const std::int64_t x_size = output_count(extents.windows);
  const std::int64_t taps = tap_count(extents.windows);
  const std::int64_t out_channels = extents.groups * extents.group_outputs;
  for (std::int64_t n = 0; n < extents.batch; ++n) {
    for (std::int64_t m = 0; m < out_channels; ++m, y += y_size) {
      std::fill_n(y, y_size, bias == nullptr ? T{} : bias[m]);
      const std::int64_t group = m / extents.group_outputs;
      for (std::int64_t c = 0; c < extents.group_inputs; ++c) {
        const std::int64_t channel = group * extents.group_inputs + c;
        const T* weights = w + (channel * extents.group_outputs + m % extents.group_outputs) * taps;
        spread_channel(extents.windows, weights,
                       x + (n * extents.groups * extents.group_inputs + channel) * x_size, y);
      }
    }
  }
}

void evaluate(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  const Tensor& w = context.input(1);
  const ConvExtents extents = conv_transpose_extents(context.node(), x.dims(), w.dims());
  Tensor& y = context.output(0, x.dtype(), extents.output);
  dispatch_float(x.dtype(), [&]<typename T>() {
    const T* bias = context.has_input(2) ? context.input(2).data<T>() : nullptr;
    spread(extents, x.data<T>(), w.data<T>(), bias, y.data<T>());
  });
}

}  // namespace

ConvExtents conv_transpose_extents(const Node& node, const Dims& x, const Dims& w) {
  ConvExtents extents;
  extents.batch = x[0];
  extents.groups = node.attr_int("group");
  extents.group_inputs = x[1] / extents.groups;
  extents.group_outputs = w[1];
  extents.output = {x[0], w[1] * extents.groups};
  const std::size_t axes = x.size() - 2;
  const WindowAttrs attrs = read_window_attrs(node, axes);
  const OutputAttrs output = read_output_attrs(node, axes);
  std::vector<AxisWindow> windows;
  for (std::size_t i = 0; i < axes; ++i) {
    windows.push_back(place_transposed(node, attrs, output, i, x[i + 2], w[i + 2]));
    extents.output.push_back(windows.back().input);
  }
  extents.windows = make_windows(windows);
  return extents;
}

std::vector<OpDef> ops::conv_transpose() {
  std::vector<AttrDef> attrs = conv_attrs();
  attrs.push_back({"output_padding", AttrDef::Kind::kInts});
  attrs.push_back({"output_shape", AttrDef::Kind::kInts});
  return {{
      .name = "ConvTranspose",
      .doc =
          "The transpose of a convolution over 1 to 3 spatial axes: each element of X is spread "
          "over a window of Y.\n"
          "Shapes: X [N,C,s..], W [C,M/group,k..], B [M] -> Y [N,M,o..] with\n"
          "  o = (s - 1) * stride + (k - 1) * dilation + 1 + output_padding - pad_begin - "
          "pad_end;\n"
          "  output_shape (or auto_pad SAME_*: s * stride) gives o and with it the pads\n"
          "Formula: Y[n,m,o] = B[m] + sum over c, i, k with i*stride + k*dilation - pad_begin = o "
          "of X[n,c,i] * W[c,m,k]\n"
          "Source: ONNX ConvTranspose-11",
      .since = 1,
      .inputs = {{"X", "T", kFloatTypes},
                 {"W", "T", kFloatTypes},
                 {"B", "T", kFloatTypes, Port::Arity::kOptional}},
      .outputs = {{"Y", "T", kFloatTypes}},
      .attrs = attrs,
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold
