#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <span>

#include "backend/kernels.h"
#include "backend/plan/fastest.h"
#include "ir/ops/conv.h"

namespace gatefold {
namespace {

// Multiplications of a run from which measuring is worth its time.
constexpr std::int64_t kMeasuredProducts = 2 * 1024 * 1024;
// The smaller run that kernels are compared on: as many multiplications and elements of X for each
// thread as tell enough, and at least so many outputs along the first spatial axis.
constexpr std::int64_t kSampleProducts = 8 * 1024 * 1024;
constexpr std::int64_t kSampleElements = 512 * 1024;
constexpr std::int64_t kSampleOutputs = 32;
// Channels that fill a block of oneDNN's.
constexpr std::int64_t kBlock = 16;
// oneDNN generates code for each tap along the last axis, which takes 20 ms for 256 of them: too
// long where channels do not fill its blocks.
constexpr std::int64_t kGeneratedTaps = 32;

constexpr Candidate kConvs[] = {
    {native::make_conv}, {native::make_winograd_conv, true}, {onednn::make_conv}};
constexpr Candidate kConvWeightGrads[] = {{native::make_conv_weight_grad},
                                          {onednn::make_conv_weight_grad}};
constexpr Candidate kConvTransposes[] = {{native::make_conv_transpose},
                                         {onednn::make_conv_transpose}};

using FindExtents = ConvExtents (*)(const Node& node, const Dims& x, const Dims& w);

std::int64_t products(const ConvExtents& extents) {
  return extents.batch * extents.groups * extents.group_outputs * extents.group_inputs *
         tap_count(extents.windows) * output_count(extents.windows);
}

/// The batch and the outputs along each axis count by their order of magnitude, so that inputs of
/// ever changing extents are not measured again and again.
std::string key_of(const KernelRequest& request, const ConvExtents& extents) {
  const auto magnitude = [](std::int64_t extent) {
    return std::bit_width(static_cast<std::uint64_t>(extent));
  };
  std::string key =
      fmt::format("{} {} N{} G{} I{} O{} bias {} constant {} threads {}", request.node.op().name,
                  static_cast<int>(request.kernels), magnitude(extents.batch), extents.groups,
                  extents.group_inputs, extents.group_outputs, request.has_input(2),
                  request.constant(1) != nullptr, request.threads);
  for (const AxisWindow& window : extents.windows) {
    key += fmt::format(" {}/{}/{}/{}/{}/{}", magnitude(window.output), window.kernel, window.stride,
                       window.dilation, window.pad_begin, window.pad_end);
  }
  return key;
}

/// What is mostly the fastest: oneDNN's where channels fill its blocks, else our own.
std::unique_ptr<Kernel> make_by_rule(const KernelRequest& request, const ConvExtents& extents,
                                     std::span<const Candidate> candidates) {
  const bool fills_blocks = extents.group_inputs >= kBlock && extents.group_outputs >= kBlock;
  if (fills_blocks) {
    if (auto kernel = candidates.back().make(request)) return kernel;
  }
  return candidates.front().make(request);
}

/// Whether Winograd's method is at least a third faster than the others, as far as measured: there
/// are channels enough to make up for the transformations, and tiles enough to fill vectors.
bool favours_winograd(const ConvExtents& extents) {
  constexpr std::int64_t kLeastChannels = 16;
  constexpr std::int64_t kLeastOutputs = 240;
  return std::min(extents.group_inputs, extents.group_outputs) >= kLeastChannels &&
         output_count(extents.windows) >= kLeastOutputs;
}

/// A kernel that has been the fastest wherever it was measured; nullptr where there is none such.
std::unique_ptr<Kernel> make_surely_fastest(const KernelRequest& request,
                                            const ConvExtents& extents) {
  if (auto kernel = native::make_pointwise_conv(request)) return kernel;
  return favours_winograd(extents) ? native::make_winograd_conv(request) : nullptr;
}

/// X of fewer images, of which less is left along their first axis.
Dims smaller_x(const KernelRequest& request, const ConvExtents& extents) {
  Dims x = request.input_dims(0);
  if (!request.node.attr_ints("output_shape").empty()) return x;
  x[0] = std::min<std::int64_t>(x[0], request.threads);
  const AxisWindow& window = extents.windows[kMaxSpatialAxes + 2 - x.size()];
  const std::int64_t line_products = products(extents) / extents.batch * x[0] / window.output;
  const std::int64_t line_elements = std::max<std::int64_t>(element_count(x) / window.output, 1);
  const std::int64_t enough =
      request.threads * std::min(kSampleProducts / line_products, kSampleElements / line_elements);
  const std::int64_t wanted = std::max(kSampleOutputs, enough);
  x[2] = std::min(x[2], std::max(x[2] * wanted / window.output, window.span()));
  return x;
}

/// What `compare` finds among the candidates where that is worth its time.
template <typename Compare>
std::unique_ptr<Kernel> choose(const KernelRequest& request, const ConvExtents& extents,
                               std::span<const Candidate> candidates, const Compare& compare) {
  const bool is_slow_to_generate =
      extents.windows.back().kernel > kGeneratedTaps && extents.group_outputs < kBlock;
  const bool avoids_onednn = request.kernels == KernelChoice::kOwn || is_slow_to_generate;
  if (avoids_onednn) candidates = candidates.first(candidates.size() - 1);
  if (request.dtype() != DataType::kFloat32 || products(extents) < kMeasuredProducts) {
    return candidates.front().make(request);
  }
  if (request.reproducible) return make_by_rule(request, extents, candidates);
  return compare(candidates);
}

std::unique_ptr<Kernel> make_fastest_of(const KernelRequest& request, FindExtents find_extents,
                                        std::span<const Candidate> candidates) {
  const Dims w = request.input_dims(1);
  const ConvExtents extents = find_extents(request.node, request.input_dims(0), w);
  return choose(request, extents, candidates, [&](std::span<const Candidate> compared) {
    const Dims x = smaller_x(request, extents);
    const ConvExtents smaller = find_extents(request.node, x, w);
    SmallerRequest sample(request);
    sample.set_input(0, Type(request.dtype(), x));
    sample.set_output(0, Type(request.dtype(), smaller.output));
    return make_fastest(request, compared,
                        {sample.request(), key_of(request, extents), products(smaller)});
  });
}

}  // namespace

std::unique_ptr<Kernel> make_fastest_conv(const KernelRequest& request) {
  const ConvExtents extents =
      conv_extents(request.node, request.input_dims(0), request.input_dims(1));
  if (auto kernel = make_surely_fastest(request, extents)) return kernel;
  return make_fastest_of(request, conv_extents, kConvs);
}

std::unique_ptr<Kernel> make_fastest_conv_transpose(const KernelRequest& request) {
  return make_fastest_of(request, conv_transpose_extents, kConvTransposes);
}

std::unique_ptr<Kernel> make_fastest_conv_weight_grad(const KernelRequest& request) {
  const ConvExtents extents = conv_weight_grad_extents(
      request.node, request.input_dims(0), request.input_dims(1), request.output_dims());
  return choose(request, extents, kConvWeightGrads, [&](std::span<const Candidate> compared) {
    return make_fastest(request, compared, {request, key_of(request, extents), products(extents)});
  });
}

}  // namespace gatefold
