#pragma once

#include "ir/ops/spatial_window.h"
#include "passes/gradients/gradients.h"

/// Windows over spatial axes whose extents are known at run time only.
namespace gatefold::gradients {

/// Padding in front of the spatial axes and behind them: lists of int64, an entry per axis.
struct OpenPadding {
  Value* begin;
  Value* end;
};

/// True when the extents of X decide on where the windows of a Conv or a pool lie.
bool are_placed_by_extents(const WindowAttrs& attrs);

/// The extents of a value's spatial axes, those behind the second one, as a list of int64.
Value* spatial_of(GradientBuilder& g, Value& value);

/// How far the windows of a Conv or a pool over X [N,C,s..], input 0, reach beyond it; `kernel` is
/// the list of their extents:
///   needed = (extent of Y - 1) stride + (kernel - 1) dilation + 1 - extent of X
///   begin = the stated pads; with auto_pad SAME half of max(needed, 0), rounded down (UPPER) or up
///   end = max(needed - begin, 0)
OpenPadding open_padding(GradientBuilder& g, const Node& node, const WindowAttrs& attrs,
                         Value* kernel);

/// X with `number` (zeros where it is nullptr) around its spatial axes, of which there are `axes`;
/// negative padding cuts off.
Value* pad_spatially(GradientBuilder& g, Value* x, std::size_t axes, const OpenPadding& padding,
                     Value* number = nullptr);

}  // namespace gatefold::gradients
