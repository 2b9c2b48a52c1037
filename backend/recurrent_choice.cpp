#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "backend/fastest.h"
#include "backend/kernels.h"
#include "backend/recurrent_extents.h"
#include "ir/ops/recurrent.h"

namespace gatefold {
namespace {

// Measured with oneDNN 2.6.3 on AVX-512: with fewer rows plain's kernel is 1.05 to 1.7 times as
// fast as oneDNN's; with more they are within 10 % of each other on one thread.
constexpr std::int64_t kMeasuredBatch = 4;
// Multiplications of a run from which measuring is worth its time.
constexpr std::int64_t kMeasuredProducts = 8 * 1024 * 1024;

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

}  // namespace

std::unique_ptr<Kernel> make_fastest_recurrent(const KernelRequest& request) {
  if (request.dtype(recurrent_input::kX) != DataType::kFloat32) return nullptr;
  const RecurrentAttrs attrs = read_recurrent_attrs(request.node);
  const RecurrentExtents extents = recurrent_extents(request, attrs);
  const std::int64_t products =
      extents.T * extents.N * extents.D * extents.G * extents.H * (extents.I + extents.H);
  if (extents.N < kMeasuredBatch || products < kMeasuredProducts ||
      request.products != ProductPrecision::kFloat32) {
    return plain::make_recurrent(request);
  }
  const std::array candidates{Candidate{plain::make_recurrent},
                              Candidate{onednn_maker(*attrs.kind)}};
  const auto fill_lengths = [&](std::vector<Tensor>& inputs) {
    constexpr std::size_t kLengths = recurrent_input::kSequenceLens;
    if (!request.has_input(kLengths) || request.constant(kLengths) != nullptr) return;
    std::fill_n(inputs[kLengths].data<std::int32_t>(), inputs[kLengths].size(),
                static_cast<std::int32_t>(extents.T));
  };
  return make_fastest(request, key_of(attrs, extents, request.threads), products, candidates,
                      fill_lengths);
}

}  // namespace gatefold
