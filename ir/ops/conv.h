#pragma once

#include <optional>
#include <vector>

#include "ir/op_def.h"
#include "ir/ops/spatial_window.h"

namespace gatefold {

/// The extents of a convolution or of its transpose, for shapes that fit each other. A transposed
/// convolution sees its windows from behind: they lie on Y, and X has one element per window.
struct ConvExtents {
  std::int64_t batch = 1;
  std::int64_t groups = 1;
  std::int64_t group_inputs = 1;   ///< Channels of X per group.
  std::int64_t group_outputs = 1;  ///< Channels of Y per group.
  Windows windows;
  Dims output;  ///< Extents of Y.
};

/// Conv: X [N,C,s..], W [M,C/group,k..].
ConvExtents conv_extents(const Node& node, const Dims& x, const Dims& w);
/// ConvTranspose: X [N,C,s..], W [C,M/group,k..].
ConvExtents conv_transpose_extents(const Node& node, const Dims& x, const Dims& w);
/// ConvWeightGrad: X [N,C,s..], dY [N,M,o..], dW [M,C/group,k..].
ConvExtents conv_weight_grad_extents(const Node& node, const Dims& x, const Dims& dY,
                                     const Dims& dW);

/// The attributes that all convolutions have.
std::vector<AttrDef> conv_attrs();

/// Type inference of Conv and its integer forms: X is input 0, the others are named by position
/// (`bias` may be missing), and the output has element type `dtype`.
void infer_conv(InferContext& context, std::size_t w, std::size_t bias, DataType dtype);

/// Building blocks of infer_conv for its relatives:

/// What is known of the shape of X: it has as many axes as input `w`. Nothing when neither rank is
/// known; fails when both are and differ.
std::optional<Shape> convolved_shape(const InferContext& context, std::size_t w);
/// Attribute group; fails unless it divides axis 0 of input `w`.
std::int64_t checked_groups(const InferContext& context, std::size_t w);
/// The windows' extents as kernel_shape and input `w` give them; fails when the two disagree.
Shape checked_kernel(const InferContext& context, std::size_t w, const WindowAttrs& attrs);
/// Fails unless input `bias` is missing or has one element per channel.
void check_bias(const InferContext& context, std::size_t bias, const Dim& channels);

}  // namespace gatefold
