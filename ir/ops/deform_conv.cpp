#include <cmath>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/conv.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

enum Input : std::size_t { kX, kW, kOffset, kBias, kMask };

/// Input `index` must be [N, `channels`, o..]: one set of numbers per output position.
void check_per_output(const InferContext& context, std::size_t index, std::int64_t channels,
                      const Shape& output) {
  if (!context.has_input(index)) return;
  context.expect_rank(index, 4);
  if (!context.has_rank(index)) return;
  const Shape expected = {output[0], channels, output[2], output[3]};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    merge(context, context.shape(index)[i], expected[i],
          index == kOffset ? "an extent of offset" : "an extent of mask");
  }
}

void infer(InferContext& context) {
  context.expect_rank(kX, 4);
  infer_conv(context, kW, kBias, context.dtype(kX));
  const std::int64_t groups = context.node().attr_int("offset_group");
  if (groups < 1) context.fail("attribute 'offset_group' is {} but must be at least 1", groups);
  if (!context.has_rank(kX) || !context.has_rank(kW)) return;
  const Shape output = *context.outputs()[0].shape;
  const Dim& channels = context.shape(kX)[1];
  if (channels.is_known() && channels.size() % groups != 0) {
    context.fail("X has {} channels but must have a multiple of offset_group = {}", channels.size(),
                 groups);
  }
  const Shape& w = context.shape(kW);
  if (!w[2].is_known() || !w[3].is_known()) return;
  const std::int64_t taps = w[2].size() * w[3].size();
  check_per_output(context, kOffset, groups * taps * 2, output);
  check_per_output(context, kMask, groups * taps, output);
}

/// The plane's value between its elements, by bilinear interpolation; 0 outside.
template <typename T>
double sample(const T* plane, std::int64_t height, std::int64_t width, double h, double w) {
  const double top = std::floor(h);
  const double left = std::floor(w);
  double value = 0;
  for (const double row : {top, top + 1}) {
    for (const double column : {left, left + 1}) {
      const bool inside = row >= 0 && row < static_cast<double>(height) && column >= 0 &&
                          column < static_cast<double>(width);
      if (!inside) continue;
      const double weight = (1 - std::abs(h - row)) * (1 - std::abs(w - column));
      value += weight *
               plane[static_cast<std::int64_t>(row) * width + static_cast<std::int64_t>(column)];
    }
  }
  return value;
}

/// One output of one group: the sum over its input channels and taps.
template <typename T>
class DeformedWindow {
 public:
  DeformedWindow(const EvaluateContext& context, const ConvExtents& extents)
      : context_(context),
        extents_(extents),
        rows_(extents.windows[1]),
        columns_(extents.windows[2]),
        channels_(extents.groups * extents.group_inputs),
        offset_groups_(context.node().attr_int("offset_group")) {}

  double sum(std::int64_t n, std::int64_t m, std::int64_t oh, std::int64_t ow) const {
    const std::int64_t taps = rows_.kernel * columns_.kernel;
    const std::int64_t first = m / extents_.group_outputs * extents_.group_inputs;
    const T* w = context_.input(kW).data<T>() + m * extents_.group_inputs * taps;
    double total = 0;
    for (std::int64_t c = 0; c < extents_.group_inputs; ++c) {
      const std::int64_t channel = first + c;
      const std::int64_t group = n * offset_groups_ + channel / (channels_ / offset_groups_);
      const T* plane =
          context_.input(kX).data<T>() + (n * channels_ + channel) * rows_.input * columns_.input;
      for (std::int64_t tap = 0; tap < taps; ++tap, ++w) {
        const std::int64_t place = group * taps + tap;
        const double h = static_cast<double>(rows_.position(oh, tap / columns_.kernel)) +
                         number(kOffset, 2 * place, oh, ow);
        const double v = static_cast<double>(columns_.position(ow, tap % columns_.kernel)) +
                         number(kOffset, 2 * place + 1, oh, ow);
        const double factor = context_.has_input(kMask) ? number(kMask, place, oh, ow) : 1;
        total += factor * *w * sample(plane, rows_.input, columns_.input, h, v);
      }
    }
    return total;
  }

 private:
  double number(std::size_t input, std::int64_t plane, std::int64_t oh, std::int64_t ow) const {
    return context_.input(input).data<T>()[(plane * rows_.output + oh) * columns_.output + ow];
  }

  const EvaluateContext& context_;
  const ConvExtents& extents_;
  const AxisWindow& rows_;
  const AxisWindow& columns_;
  std::int64_t channels_;
  std::int64_t offset_groups_;
};

void evaluate(EvaluateContext& context) {
  const Tensor& x = context.input(kX);
  const ConvExtents extents = conv_extents(context.node(), x.dims(), context.input(kW).dims());
  Tensor& output = context.output(0, x.dtype(), extents.output);
  dispatch_float(x.dtype(), [&]<typename T>() {
    const DeformedWindow<T> window(context, extents);
    T* y = output.data<T>();
    for (std::int64_t n = 0; n < extents.output[0]; ++n) {
      for (std::int64_t m = 0; m < extents.output[1]; ++m) {
        const double bias = context.has_input(kBias) ? context.input(kBias).number_at(m) : 0;
        for (std::int64_t oh = 0; oh < extents.output[2]; ++oh) {
          for (std::int64_t ow = 0; ow < extents.output[3]; ++ow) {
            *y++ = static_cast<T>(bias + window.sum(n, m, oh, ow));
          }
        }
      }
    }
  });
}

}  // namespace

std::vector<OpDef> deform_conv() {
  return {{
      .name = "DeformConv",
      .doc = "2-D convolution whose taps are moved by given offsets and weighted by a mask; X is "
             "interpolated bilinearly and 0 outside.\n"
             "Shapes: X [N,C,h,w], W [M,C/group,kh,kw], offset [N,offset_group*kh*kw*2,oh,ow], "
             "B [M], mask [N,offset_group*kh*kw,oh,ow] -> Y [N,M,oh,ow]\n"
             "Formula: Y[n,m,o] = B[m] + sum_{c,k} W[m,c,k] * mask[k,o] * "
             "X[n,c,o*stride + k*dilation - pad_begin + offset[k,o]]\n"
             "Source: ONNX DeformConv-22",
      .since = 19,
      .inputs = {{"X", "T", kFloatTypes},
                 {"W", "T", kFloatTypes},
                 {"offset", "T", kFloatTypes},
                 {"B", "T", kFloatTypes, Port::Arity::kOptional},
                 {"mask", "T", kFloatTypes, Port::Arity::kOptional}},
      .outputs = {{"Y", "T", kFloatTypes}},
      .attrs = {{"dilations", AttrDef::Kind::kInts},
                {"group", AttrDef::Kind::kInt, 1},
                {"kernel_shape", AttrDef::Kind::kInts},
                {"offset_group", AttrDef::Kind::kInt, 1},
                {"pads", AttrDef::Kind::kInts},
                {"strides", AttrDef::Kind::kInts}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
