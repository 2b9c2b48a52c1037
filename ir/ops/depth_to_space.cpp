#include "ir/ops/depth_to_space.h"

#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/copy.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {

BlockMove block_move(const Node& node, const Dims& input) {
  const std::int64_t b = node.attr_int("blocksize");
  if (node.op().name == "SpaceToDepth") {
    return {{input[0], input[1], input[2] / b, b, input[3] / b, b}, {0, 3, 5, 1, 2, 4}};
  }
  const std::int64_t channels = input[1] / (b * b);
  if (node.attr_string("mode") == "CRD") {
    return {{input[0], channels, b, b, input[2], input[3]}, {0, 1, 4, 2, 5, 3}};
  }
  return {{input[0], b, b, channels, input[2], input[3]}, {0, 3, 4, 1, 5, 2}};
}

namespace {

std::int64_t block_size(const InferContext& context) {
  constexpr std::int64_t kMaxBlock = 1 << 15;
  const std::int64_t size = context.node().attr_int("blocksize");
  if (size < 1 || size > kMaxBlock) {
    context.fail("attribute blocksize is {} but must be in [1, {}]", size, kMaxBlock);
  }
  return size;
}

Dim divided(const InferContext& context, const Dim& dim, std::int64_t divisor,
            std::string_view what) {
  if (!dim.is_known()) return divisor == 1 ? dim : Dim();
  if (dim.size() % divisor != 0) {
    context.fail("input is {}; the {} must be a multiple of {}", to_string(context.input(0)), what,
                 divisor);
  }
  return dim.size() / divisor;
}

Dim times(const Dim& dim, std::int64_t factor) {
  const Dim both[] = {dim, factor};
  return product(both);
}

void infer_depth_to_space(InferContext& context) {
  const std::int64_t b = block_size(context);
  const std::string& mode = context.node().attr_string("mode");
  if (mode != "DCR" && mode != "CRD") {
    context.fail("attribute mode is '{}' but must be 'DCR' or 'CRD'", mode);
  }
  context.expect_rank(0, 4);
  Shape result(4);
  if (context.has_rank(0)) {
    const Shape& input = context.shape(0);
    result = {input[0], divided(context, input[1], b * b, "channels"), times(input[2], b),
              times(input[3], b)};
  }
  context.set_output(0, {context.dtype(0), result});
}

void infer_space_to_depth(InferContext& context) {
  const std::int64_t b = block_size(context);
  context.expect_rank(0, 4);
  Shape result(4);
  if (context.has_rank(0)) {
    const Shape& input = context.shape(0);
    result = {input[0], times(input[1], b * b), divided(context, input[2], b, "height"),
              divided(context, input[3], b, "width")};
  }
  context.set_output(0, {context.dtype(0), result});
}

void evaluate(EvaluateContext& context) {
  const Tensor& input = context.input(0);
  const BlockMove move = block_move(context.node(), input.dims());
  const Dims strides = strides_of(move.dims);
  Dims box;
  Walk walk;
  for (const std::int64_t axis : move.axes) {
    box.push_back(move.dims[axis]);
    walk.strides.push_back(strides[axis]);
  }
  copy_box(box, input, walk, context.output(0, input.dtype(), inferred_dims(context)));
}

}  // namespace

std::vector<OpDef> depth_to_space() {
  return {
      {
          .name = "DepthToSpace",
          .doc = "Moves channels into b x b blocks of pixels, b = blocksize.\n"
                 "Shapes: input [N, C, H, W] -> output [N, C / b^2, H b, W b]\n"
                 "Formula: the channel of pixel (y, x) of a block is (y b + x) C / b^2 + c in mode "
                 "DCR, and c b^2 + y b + x in mode CRD\n"
                 "Source: ONNX DepthToSpace-13",
          .since = 11,
          .inputs = {{"input", "T", kAllTypes}},
          .outputs = {{"output", "T", kAllTypes}},
          .attrs = {{"blocksize", AttrDef::Kind::kInt, std::nullopt, true},
                    {"mode", AttrDef::Kind::kString, "DCR"}},
          .infer = infer_depth_to_space,
          .evaluate = evaluate,
          .widen_half = false,
      },
      {
          .name = "SpaceToDepth",
          .doc = "Moves b x b blocks of pixels into channels, b = blocksize.\n"
                 "Shapes: input [N, C, H, W] -> output [N, C b^2, H / b, W / b]\n"
                 "Formula: pixel (y, x) of a block in channel c becomes channel (y b + x) C + c\n"
                 "Source: ONNX SpaceToDepth-13",
          .since = 1,
          .inputs = {{"input", "T", kAllTypes}},
          .outputs = {{"output", "T", kAllTypes}},
          .attrs = {{"blocksize", AttrDef::Kind::kInt, std::nullopt, true}},
          .infer = infer_space_to_depth,
          .evaluate = evaluate,
          .widen_half = false,
      },
  };
}

}  // namespace gatefold::ops
