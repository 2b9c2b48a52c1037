#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

/// The number of spatial axes: 2 or 3, or unknown.
std::optional<std::int64_t> spatial_rank(const InferContext& context) {
  auto length = known_length(context, 1);
  if (!length && context.has_rank(0) && context.shape(0)[1].is_known()) {
    length = context.shape(0)[1].size() + 2;
  }
  if (!length) return std::nullopt;
  if (*length != 4 && *length != 5) {
    context.fail("input size has {} entries but must have 4 ([N, C, H, W]) or 5 ([N, C, D, H, W])",
                 *length);
  }
  return *length - 2;
}

void infer(InferContext& context) {
  context.expect_rank(0, 3);
  const auto spatial = spatial_rank(context);
  if (!spatial) return context.set_output(0, {context.dtype(0), std::nullopt});
  Shape result(static_cast<std::size_t>(*spatial) + 2);
  if (const auto size = known_elements(context, 1)) {
    const Shape image = checked_shape(context, *size);
    result[0] = image[0];
    std::copy(image.begin() + 2, image.end(), result.begin() + 1);
  }
  result.back() = *spatial;
  if (context.has_rank(0)) {
    const Shape& theta = context.shape(0);
    result[0] = merge(context, result[0], theta[0], "the batch extents of theta and size");
    merge(context, theta[1], *spatial, "the rows of theta and the spatial axes of size");
    merge(context, theta[2], *spatial + 1, "the columns of theta and the spatial axes of size + 1");
  }
  check_element_count(context, result);
  context.set_output(0, {context.dtype(0), result});
}

/// Coordinate of position i of an axis: from -1 to 1 over the centres of its outermost elements, or
/// over its outer edges.
double coordinate(std::int64_t i, std::int64_t extent, bool align_corners) {
  const auto position = static_cast<double>(i);
  const auto count = static_cast<double>(extent);
  if (!align_corners) return (2 * position + 1) / count - 1;
  return extent == 1 ? 0 : 2 * position / (count - 1) - 1;
}

void evaluate(EvaluateContext& context) {
  const Tensor& theta = context.input(0);
  const Dims dims = inferred_dims(context);
  const bool align_corners = context.node().attr_int("align_corners") != 0;
  const std::int64_t spatial = dims.back();
  Tensor& grid = context.output(0, theta.dtype(), dims);
  const std::int64_t points = grid.size() == 0 ? 0 : grid.size() / (dims[0] * spatial);
  dispatch_float(theta.dtype(), [&]<typename T>() {
    T* output = grid.data<T>();
    for (std::int64_t n = 0; n < dims[0]; ++n) {
      const T* matrix = theta.data<T>() + n * spatial * (spatial + 1);
      for (std::int64_t point = 0; point < points; ++point) {
        double base[3] = {};  // The point's own coordinates, last axis first.
        std::int64_t rest = point;
        for (std::int64_t k = 0; k < spatial; ++k) {
          const std::int64_t extent = dims[spatial - k];
          base[k] = coordinate(rest % extent, extent, align_corners);
          rest /= extent;
        }
        for (std::int64_t row = 0; row < spatial; ++row) {
          const T* factors = matrix + row * (spatial + 1);
          double sum = factors[spatial];
          for (std::int64_t k = 0; k < spatial; ++k) sum += factors[k] * base[k];
          *output++ = static_cast<T>(sum);
        }
      }
    }
  });
}

}  // namespace

std::vector<OpDef> affine_grid() {
  return {{
      .name = "AffineGrid",
      .doc = "A grid for GridSample: the coordinates of an image's points moved by affine maps.\n"
             "Shapes: theta [N, 2, 3], size [N, C, H, W] -> grid [N, H, W, 2]; likewise "
             "[N, 3, 4] and [N, D, H, W, 3]\n"
             "Formula: grid[n, h, w] = theta[n] (x_w, y_h, 1)\n"
             "Source: ONNX AffineGrid-20",
      .since = 20,
      .inputs = {{"theta", "T1", kFloatTypes}, {"size", {}, kInt64Type}},
      .outputs = {{"grid", "T1", kFloatTypes}},
      .attrs = {{"align_corners", AttrDef::Kind::kInt, 0}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
