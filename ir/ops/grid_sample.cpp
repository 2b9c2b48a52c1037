#include <algorithm>

#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/grid_sampler.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  const Node& node = context.node();
  if (!GridSampler::has_mode(node.attr_string("mode"))) {
    context.fail("attribute mode is '{}' but must be 'linear', 'nearest' or 'cubic'",
                 node.attr_string("mode"));
  }
  if (!GridSampler::has_padding(node.attr_string("padding_mode"))) {
    context.fail("attribute padding_mode is '{}' but must be 'zeros', 'border' or 'reflection'",
                 node.attr_string("padding_mode"));
  }
  if (!context.has_rank(0)) return context.set_output(0, {context.dtype(0), std::nullopt});
  if (context.rank(0) < 3) {
    context.fail("input X is {} but must have at least 3 dimensions", to_string(context.input(0)));
  }
  context.expect_rank(1, context.rank(0));
  Shape result(context.shape(0).size());
  result[1] = context.shape(0)[1];
  if (context.has_rank(1)) {
    const Shape& grid = context.shape(1);
    result[0] = merge(context, context.shape(0)[0], grid[0], "the batch extents of X and grid");
    merge(context, grid.back(), context.rank(0) - 2, "the coordinates of grid and the axes of X");
    std::copy(grid.begin() + 1, grid.end() - 1, result.begin() + 2);
  } else {
    result[0] = context.shape(0)[0];
  }
  for (std::size_t i = 2; i < result.size(); ++i) {
    if (context.shape(0)[i].is(0)) context.fail("axis {} of X has no elements to sample", i);
  }
  context.set_output(0, {context.dtype(0), result});
}

void evaluate(EvaluateContext& context) {
  const Tensor X = context.input(0).converted(DataType::kFloat64);
  const Tensor grid = context.input(1).converted(DataType::kFloat64);
  const Dims strides = strides_of(X.dims());
  const auto spatial = static_cast<std::int64_t>(X.rank()) - 2;
  GridSampler sampler(context.node(), X.dims());
  Tensor Y(DataType::kFloat64, inferred_dims(context));
  const std::int64_t batches = X.dims()[0];
  const std::int64_t channels = X.dims()[1];
  const std::int64_t points = Y.size() == 0 ? 0 : Y.size() / (batches * channels);
  for (std::int64_t n = 0; n < batches; ++n) {
    for (std::int64_t point = 0; point < points; ++point) {
      sampler.move_to(grid.data<double>() + (n * points + point) * spatial);
      for (std::int64_t c = 0; c < channels; ++c) {
        Y.data<double>()[(n * channels + c) * points + point] =
            sampler.sample<double>(X.data<double>() + n * strides[0] + c * strides[1]);
      }
    }
  }
  context.set_output(0, Y.converted(context.input(0).dtype()));
}

}  // namespace

std::vector<OpDef> grid_sample() {
  return {{
      .name = "GridSample",
      .doc = "Reads X at the points of a grid, whose coordinates run from -1 to 1 over the image "
             "(over the centres of its outermost elements with align_corners = 1) and are stored "
             "last axis first.\n"
             "Shapes: X [N, C, D1.., Dk], grid [N, d1.., dk, k] -> Y [N, C, d1.., dk]\n"
             "Source: ONNX GridSample-20",
      .since = 20,
      .inputs = {{"X", "T1", kNumericTypes}, {"grid", "T2", kFloatTypes}},
      .outputs = {{"Y", "T1", kNumericTypes}},
      .attrs = {{"align_corners", AttrDef::Kind::kInt, 0},
                {"mode", AttrDef::Kind::kString, "linear"},
                {"padding_mode", AttrDef::Kind::kString, "zeros"}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
