#include "ir/ops/spatial_window.h"

#include <algorithm>

namespace gatefold {
namespace {

// Larger numbers are mistakes; the bound keeps products of two of them inside 64 bits.
constexpr std::int64_t kMaxValue = (std::int64_t{1} << 31) - 1;

constexpr std::pair<std::string_view, WindowAttrs::AutoPad> kAutoPads[] = {
    {"NOTSET", WindowAttrs::AutoPad::kNotSet},
    {"SAME_UPPER", WindowAttrs::AutoPad::kSameUpper},
    {"SAME_LOWER", WindowAttrs::AutoPad::kSameLower},
    {"VALID", WindowAttrs::AutoPad::kValid},
};

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// A list attribute with one entry of at least `least` per place; `missing` each when not given.
Dims read_list(const Node& node, std::string_view name, std::size_t count, std::int64_t least,
               std::int64_t missing) {
  Dims values = node.attr_ints(name);
  if (values.empty()) return Dims(count, missing);
  if (values.size() != count) {
    fail("{}: attribute '{}' has {} values but must have {}", node.describe(), name, values.size(),
         count);
  }
  for (const std::int64_t value : values) {
    if (value < least || value > kMaxValue) {
      fail("{}: attribute '{}' holds {} but its values must be in [{}, {}]", node.describe(), name,
           value, least, kMaxValue);
    }
  }
  return values;
}

WindowAttrs::AutoPad read_auto_pad(const Node& node) {
  if (node.find_attr("auto_pad") == nullptr) return WindowAttrs::AutoPad::kNotSet;
  const std::string& text = node.attr_string("auto_pad");
  for (const auto& [name, value] : kAutoPads) {
    if (text == name) return value;
  }
  fail("{}: attribute 'auto_pad' is '{}' but must be NOTSET, SAME_UPPER, SAME_LOWER or VALID",
       node.describe(), text);
}

bool is_same(WindowAttrs::AutoPad auto_pad) {
  return auto_pad == WindowAttrs::AutoPad::kSameUpper ||
         auto_pad == WindowAttrs::AutoPad::kSameLower;
}

/// SAME: the output has one window per stride, the padding is what that takes.
void place_same(AxisWindow& window, bool more_at_end) {
  window.output = ceil_div(window.input, window.stride);
  const std::int64_t total =
      std::max<std::int64_t>((window.output - 1) * window.stride + window.span() - window.input, 0);
  window.pad_begin = more_at_end ? total / 2 : total - total / 2;
  window.pad_end = total - window.pad_begin;
}

}  // namespace

WindowAttrs read_window_attrs(const Node& node, std::size_t axes) {
  WindowAttrs attrs;
  if (!node.attr_ints("kernel_shape").empty()) {
    attrs.kernel = read_list(node, "kernel_shape", axes, 1, 1);
  }
  attrs.strides = read_list(node, "strides", axes, 1, 1);
  attrs.dilations = read_list(node, "dilations", axes, 1, 1);
  attrs.auto_pad = read_auto_pad(node);
  const Dims pads = read_list(node, "pads", 2 * axes, 0, 0);
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(axes);
  attrs.pads_begin.assign(pads.begin(), middle);
  attrs.pads_end.assign(middle, pads.end());
  if (attrs.auto_pad != WindowAttrs::AutoPad::kNotSet) {
    attrs.pads_begin.assign(axes, 0);
    attrs.pads_end.assign(axes, 0);
  }
  attrs.ceil_mode = node.find_attr("ceil_mode") != nullptr && node.attr_int("ceil_mode") != 0;
  return attrs;
}

Range AxisWindow::outputs_of(std::int64_t k) const {
  const std::int64_t shift = pad_begin - k * dilation;
  return {ceil_div(std::max<std::int64_t>(shift, 0), stride),
          std::min(output, ceil_div(std::max<std::int64_t>(input + shift, 0), stride))};
}

Range AxisWindow::taps_of(std::int64_t o) const {
  const std::int64_t start = o * stride - pad_begin;
  return {ceil_div(std::max<std::int64_t>(-start, 0), dilation),
          std::min(kernel, ceil_div(std::max<std::int64_t>(input - start, 0), dilation))};
}

std::int64_t AxisWindow::padded_taps_of(std::int64_t o) const {
  const std::int64_t room = input + pad_begin + pad_end - o * stride;
  return std::min(kernel, ceil_div(std::max<std::int64_t>(room, 0), dilation));
}

AxisWindow place_window(const Node& node, const WindowAttrs& attrs, std::size_t axis,
                        std::int64_t input, std::int64_t kernel) {
  AxisWindow window{.input = input,
                    .kernel = kernel,
                    .stride = attrs.strides[axis],
                    .dilation = attrs.dilations[axis],
                    .pad_begin = attrs.pads_begin[axis],
                    .pad_end = attrs.pads_end[axis]};
  if (is_same(attrs.auto_pad)) {
    place_same(window, attrs.auto_pad == WindowAttrs::AutoPad::kSameUpper);
    return window;
  }
  const std::int64_t padded = input + window.pad_begin + window.pad_end;
  if (padded < window.span()) {
    fail("{}: a window that spans {} does not fit into spatial axis {}, which has {} with padding",
         node.describe(), window.span(), axis, padded);
  }
  const std::int64_t room = padded - window.span();
  window.output = (attrs.ceil_mode ? ceil_div(room, window.stride) : room / window.stride) + 1;
  // A window that starts behind the input sees nothing but the padding at the end.
  const bool starts_behind = (window.output - 1) * window.stride >= input + window.pad_begin;
  if (attrs.ceil_mode && starts_behind) --window.output;
  return window;
}

Dim infer_window(const Node& node, const WindowAttrs& attrs, std::size_t axis, const Dim& input,
                 const Dim& kernel) {
  const bool same = is_same(attrs.auto_pad);
  if (same && attrs.strides[axis] == 1) return input;
  if (!same && !kernel.is_known()) return {};
  const std::int64_t taps = kernel.is_known() ? kernel.size() : 1;
  if (input.is_known()) return place_window(node, attrs, axis, input.size(), taps).output;
  const std::int64_t shrink = (taps - 1) * attrs.dilations[axis];
  const bool keeps =
      attrs.strides[axis] == 1 && !same && attrs.pads_begin[axis] + attrs.pads_end[axis] == shrink;
  return keeps ? input : Dim();
}

Windows make_windows(const std::vector<AxisWindow>& axes) {
  Windows windows;
  std::copy(axes.begin(), axes.end(), windows.end() - static_cast<std::ptrdiff_t>(axes.size()));
  return windows;
}

Windows place_windows(const Node& node, const Dims& x, const Dims& kernel) {
  const WindowAttrs attrs = read_window_attrs(node, kernel.size());
  std::vector<AxisWindow> axes;
  for (std::size_t axis = 0; axis < kernel.size(); ++axis) {
    axes.push_back(place_window(node, attrs, axis, x[axis + 2], kernel[axis]));
  }
  return make_windows(axes);
}

Shape spatial_shape(const InferContext& context, std::size_t input) {
  const std::int64_t axes = context.rank(input) - 2;
  if (axes < 1 || axes > static_cast<std::int64_t>(kMaxSpatialAxes)) {
    context.fail("{} is {} but must have a batch, a channel and 1 to {} spatial axes",
                 context.name_of_input(input), to_string(context.input(input)), kMaxSpatialAxes);
  }
  const Shape& shape = context.shape(input);
  return {shape.begin() + 2, shape.end()};
}

std::int64_t input_count(const Windows& windows) {
  return windows[0].input * windows[1].input * windows[2].input;
}

std::int64_t output_count(const Windows& windows) {
  return windows[0].output * windows[1].output * windows[2].output;
}

std::int64_t tap_count(const Windows& windows) {
  return windows[0].kernel * windows[1].kernel * windows[2].kernel;
}

}  // namespace gatefold
