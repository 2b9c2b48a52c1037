#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

/// One spatial axis: blocks of `block` elements, `dilation` apart, start every `stride` elements.
struct Axis {
  std::int64_t image = 0;
  std::int64_t block = 0;
  std::int64_t dilation = 1;
  std::int64_t stride = 1;
  std::int64_t pad_begin = 0;
  std::int64_t pad_end = 0;

  /// How many blocks fit; not positive when none does.
  std::int64_t positions() const {
    const std::int64_t room = image + pad_begin + pad_end - dilation * (block - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
  }
};

std::vector<Axis> axes_of(const Node& node, const Dims& image, const Dims& block) {
  const auto at = [&](std::string_view name, std::size_t i, std::int64_t fallback) {
    const auto& list = node.attr_ints(name);
    return list.empty() ? fallback : list[i];
  };
  std::vector<Axis> axes;
  for (std::size_t i = 0; i < image.size(); ++i) {
    axes.push_back({image[i], block[i], at("dilations", i, 1), at("strides", i, 1),
                    at("pads", i, 0), at("pads", image.size() + i, 0)});
  }
  return axes;
}

void check_list(const InferContext& context, std::string_view name, std::size_t count,
                std::int64_t least) {
  const auto& list = context.node().attr_ints(name);
  if (!list.empty() && list.size() != count) {
    context.fail("attribute {} has {} entries but must have {}", name, list.size(), count);
  }
  for (const std::int64_t number : list) {
    if (number < least || number > kMaxElements) {
      context.fail("attribute {} holds {}, which is outside [{}, {}]", name, number, least,
                   kMaxElements);
    }
  }
}

/// Checks that the input's extents belong to the blocks; returns the number of channels.
Dim check_blocks(const InferContext& context, const std::vector<std::int64_t>& image,
                 const std::vector<std::int64_t>& block) {
  if (image.size() != block.size()) {
    context.fail(
        "image_shape has {} entries but block_shape has {}; both need one per spatial axis",
        image.size(), block.size());
  }
  check_list(context, "dilations", image.size(), 1);
  check_list(context, "strides", image.size(), 1);
  check_list(context, "pads", 2 * image.size(), 0);
  std::int64_t count = 1;
  std::int64_t size = 1;
  for (const Axis& axis : axes_of(context.node(), image, block)) {
    if (axis.block < 1 || axis.block > kMaxElements || axis.image < 0 ||
        axis.image > kMaxElements) {
      context.fail("image_shape {} or block_shape {} holds a number out of range", to_string(image),
                   to_string(block));
    }
    const Dim both[] = {size, axis.block};
    size = known_count(both);
    const Dim counts[] = {count, axis.positions()};
    count = known_count(counts);
  }
  if (!context.has_rank(0)) return {};
  merge(context, context.shape(0)[2], count, "the last extent of input and the number of blocks");
  const Dim& rows = context.shape(0)[1];
  if (!rows.is_known()) return {};
  if (rows.size() % size != 0) {
    context.fail("input is {}; its second extent must be a multiple of {}, the size of a block",
                 to_string(context.input(0)), size);
  }
  return rows.size() / size;
}

void infer(InferContext& context) {
  context.expect_rank(0, 3);
  const auto length = known_length(context, 1);
  known_length(context, 2);
  const auto image = known_integers(context, 1);
  const auto block = known_integers(context, 2);
  std::optional<Shape> result;
  if (length) {
    result = shape_of_rank(context, *length + 2);
    if (image && block) {
      (*result)[1] = check_blocks(context, *image, *block);
      std::copy(image->begin(), image->end(), result->begin() + 2);
    }
    if (context.has_rank(0)) (*result)[0] = context.shape(0)[0];
    check_element_count(context, *result);
  }
  context.set_output(0, {context.dtype(0), result});
}

/// Every block element of every block as (offset in the input, offset in the image), for one
/// channel.
std::vector<std::pair<std::int64_t, std::int64_t>> pairs_of(const std::vector<Axis>& axes,
                                                            const Dims& image) {
  const Dims strides = strides_of(image);
  Dims box;
  for (const Axis& axis : axes) box.push_back(axis.block);
  for (const Axis& axis : axes) box.push_back(axis.positions());
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
  const std::int64_t count = element_count(box);
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t rest = i;
    Dims index(box.size());
    for (std::size_t k = box.size(); k-- > 0; rest /= box[k]) index[k] = rest % box[k];
    std::int64_t offset = 0;
    bool is_inside = true;
    for (std::size_t k = 0; k < axes.size(); ++k) {
      const std::int64_t at =
          index[axes.size() + k] * axes[k].stride + index[k] * axes[k].dilation - axes[k].pad_begin;
      is_inside = is_inside && at >= 0 && at < axes[k].image;
      offset += at * strides[k];
    }
    if (is_inside) pairs.emplace_back(i, offset);
  }
  return pairs;
}

void evaluate(EvaluateContext& context) {
  const Tensor& input = context.input(0);
  const Dims dims = inferred_dims(context);
  const Dims image(dims.begin() + 2, dims.end());
  const auto axes = axes_of(context.node(), image, context.input(2).to_int64());
  const auto pairs = pairs_of(axes, image);
  Tensor& output = context.output(0, input.dtype(), dims);
  const std::int64_t channels = dims[0] * dims[1];
  dispatch_numeric(input.dtype(), [&]<typename T>() {
    std::fill_n(output.data<T>(), output.size(), T{});
    for (std::int64_t channel = 0; channel < channels; ++channel) {
      const T* blocks = input.data<T>() + channel * (input.size() / channels);
      T* pixels = output.data<T>() + channel * (output.size() / channels);
      for (const auto& [from, to] : pairs) pixels[to] = static_cast<T>(pixels[to] + blocks[from]);
    }
  });
}

}  // namespace

std::vector<OpDef> col2im() {
  return {{
      .name = "Col2Im",
      .doc = "Adds up blocks, stored as columns, where they lie in an image.\n"
             "Shapes: input [N, C prod(block_shape), L], image_shape [k], block_shape [k] -> "
             "output [N, C, image_shape..]; L is the number of blocks\n"
             "Source: ONNX Col2Im-18",
      .since = 18,
      .inputs = {{"input", "T", kNumericTypes},
                 {"image_shape", {}, kInt64Type},
                 {"block_shape", {}, kInt64Type}},
      .outputs = {{"output", "T", kNumericTypes}},
      .attrs = {{"dilations", AttrDef::Kind::kInts},
                {"pads", AttrDef::Kind::kInts},
                {"strides", AttrDef::Kind::kInts}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
