#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "backend/kernels.h"
#include "backend/kernels/recurrent/recurrent_stack.h"
#include "backend/plan/fastest.h"
#include "backend/recurrent_extents.h"
#include "ir/op_def.h"
#include "ir/ops/recurrent.h"

namespace gatefold {
namespace {

// Measured with oneDNN 2.6.3 on AVX-512: with fewer rows our own kernel is 1.05 to 1.7 times as
// fast as oneDNN's; with more they are within 10 % of each other on one thread.
constexpr std::int64_t kMeasuredBatch = 4;
// Multiplications of a run from which measuring is worth its time.
constexpr std::int64_t kMeasuredProducts = 8 * 1024 * 1024;
// Weights up to which it is worth the memory of another copy of them.
constexpr std::int64_t kMeasuredWeights = 4 * 1024 * 1024;

MakeKernel onednn_maker(const RecurrentKind& kind) {
  if (&kind == &kLstm) return onednn::make_lstm;
  return &kind == &kGru ? onednn::make_gru : onednn::make_rnn;
}

/// T counts by its order of magnitude, so that inputs of ever changing length are not measured
/// again and again.
std::string key_of(const RecurrentAttrs& attrs, const RecurrentExtents& extents, int threads) {
  const auto& [T, N, I, H, D, G, x, y, state, workspace] = extents;
  return fmt::format("{} {} T{} N{} I{} H{} D{} layout {} threads {}", attrs.kind->op,
                     attrs.linear_before_reset, std::bit_width(static_cast<std::uint64_t>(T)), N, I,
                     H, D, attrs.batch_first, threads);
}

Type with_steps(Type type, std::int64_t T, const RecurrentAttrs& attrs) {
  (*type.shape)[attrs.batch_first ? 1 : 0] = Dim(T);
  return type;
}

/// So few steps that trying kernels takes little time and memory, and so many that their products
/// are done as those of the whole sequence are.
std::int64_t few_steps(const RecurrentExtents& extents) {
  constexpr std::int64_t kLeastSteps = 16;
  constexpr std::int64_t kMeasuredRows = 512;
  return std::min(extents.T, std::max(kLeastSteps, kMeasuredRows / extents.N));
}

/// The maker of the fastest kernel for a node in float32.
MakeKernel fastest_maker(const KernelRequest& request) {
  const RecurrentAttrs attrs = read_recurrent_attrs(request.node);
  const RecurrentExtents extents = recurrent_extents(request, attrs);
  const std::int64_t weights = extents.D * extents.G * extents.H * (extents.I + extents.H);
  const std::int64_t step_products = extents.N * weights;
  if (request.kernels == KernelChoice::kOwn || extents.N < kMeasuredBatch ||
      weights > kMeasuredWeights || extents.T * step_products < kMeasuredProducts ||
      request.products != ProductPrecision::kFloat32 || request.reproducible) {
    return native::make_recurrent;
  }
  const std::array candidates{Candidate{native::make_recurrent},
                              Candidate{onednn_maker(*attrs.kind)}};
  const std::string key = key_of(attrs, extents, request.threads);
  if (request.constant(recurrent_input::kSequenceLens) != nullptr) {
    return candidates[find_fastest(candidates, {request, key, extents.T * step_products})].make;
  }
  const std::int64_t T = few_steps(extents);
  SmallerRequest sample(request);
  sample.set_input(recurrent_input::kX, with_steps(*request.inputs[recurrent_input::kX], T, attrs));
  if (request.has_output(recurrent_output::kY)) {
    sample.set_output(recurrent_output::kY,
                      with_steps(request.outputs[recurrent_output::kY], T, attrs));
  }
  const auto fill_lengths = [&](std::vector<Tensor>& inputs) {
    Tensor& lengths = inputs[recurrent_input::kSequenceLens];
    std::fill_n(lengths.data<std::int32_t>(), lengths.size(), static_cast<std::int32_t>(T));
  };
  const bool has_lengths = request.has_input(recurrent_input::kSequenceLens);
  const Comparison comparison{sample.request(), key, T * step_products,
                              has_lengths ? PrepareInputs(fill_lengths) : nullptr};
  return candidates[find_fastest(candidates, comparison)].make;
}

bool is_training(const Node& node) {
  return node.op().name == read_recurrent_attrs(node).kind->training_op;
}

}  // namespace

std::unique_ptr<Kernel> make_fastest_recurrent(const KernelRequest& request) {
  if (request.dtype(recurrent_input::kX) != DataType::kFloat32) return nullptr;
  // The key that was measured leaves out what may keep oneDNN from taking this very node.
  if (auto kernel = fastest_maker(request)(request)) return kernel;
  return native::make_recurrent(request);
}

bool is_faster_as_stack(std::span<const KernelRequest* const> layers) {
  if (layers.front()->kernels == KernelChoice::kOwn) return native::gains_from_stack(layers);
  if (layers.front()->kernels == KernelChoice::kOnednn) return false;
  return native::gains_from_stack(layers) &&
         std::all_of(layers.begin(), layers.end(), [](const KernelRequest* layer) {
           return is_training(layer->node) || fastest_maker(*layer) == native::make_recurrent;
         });
}

}  // namespace gatefold
