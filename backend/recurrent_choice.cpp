#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "backend/kernels.h"
#include "ir/ops/recurrent.h"

namespace gatefold {
namespace {

// Measured with oneDNN 2.6.3 on AVX-512: with fewer rows plain's kernel is 1.05 to 1.7 times as
// fast as oneDNN's; with more they are within 10 % of each other on one thread.
constexpr std::int64_t kMeasuredBatch = 4;
// Multiplications of a run from which measuring is worth its time.
constexpr std::int64_t kMeasuredProducts = 8 * 1024 * 1024;
// oneDNN has to be faster by more than what measurements vary.
constexpr double kClearlyFaster = 0.9;

MakeKernel onednn_maker(const RecurrentKind& kind) {
  if (&kind == &kLstm) return onednn::make_lstm;
  return &kind == &kGru ? onednn::make_gru : onednn::make_rnn;
}

/// Seconds of one run on made-up data, the best of a few.
double seconds_of(Kernel& kernel, const KernelRequest& request, std::int64_t T) {
  std::vector<Tensor> tensors;
  std::vector<const void*> inputs(request.inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!request.has_input(i)) continue;
    Tensor& tensor = tensors.emplace_back(request.dtype(i), request.input_dims(i));
    if (i == recurrent_input::kSequenceLens) {
      std::fill_n(tensor.data<std::int32_t>(), tensor.size(), static_cast<std::int32_t>(T));
    }
    inputs[i] = tensor.raw();
  }
  std::vector<void*> outputs(request.outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!request.has_output(i)) continue;
    outputs[i] = tensors.emplace_back(request.outputs[i].dtype, request.output_dims(i)).raw();
  }
  Tensor scratch(DataType::kUint8, {static_cast<std::int64_t>(kernel.scratch_bytes())});
  const Buffers buffers{inputs.data(), outputs.data(), scratch.raw()};
  kernel.run(buffers);
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 3; ++i) {
    const auto start = std::chrono::steady_clock::now();
    kernel.run(buffers);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    best = std::min(best, time.count());
  }
  return best;
}

/// Whether oneDNN's kernel is the faster one, remembered for the process. T counts by its order of
/// magnitude, so that inputs of ever changing length are not measured again and again.
bool choose_onednn(const KernelRequest& request, const RecurrentAttrs& attrs,
                   const RecurrentExtents& extents, MakeKernel make_onednn) {
  static std::mutex mutex;
  static std::map<std::string, bool> choices;
  const auto& [T, N, I, H, D, G, x, y, state, workspace] = extents;
  const std::string key =
      fmt::format("{} {} T{} N{} I{} H{} D{} layout {} threads {}", attrs.kind->op,
                  attrs.linear_before_reset, std::bit_width(static_cast<std::uint64_t>(T)), N, I, H,
                  D, attrs.batch_first, request.threads);
  const std::lock_guard lock(mutex);
  const auto found = choices.find(key);
  if (found != choices.end()) return found->second;
  // The loser's packed weights shall not stay.
  PackedWeights packed;
  const KernelRequest trial{request.node,      request.inputs,  request.outputs,
                            request.constants, request.threads, packed};
  const auto candidate = make_onednn(trial);
  if (candidate == nullptr) return false;
  const auto own = plain::make_recurrent(trial);
  return choices[key] =
             seconds_of(*candidate, trial, T) < kClearlyFaster * seconds_of(*own, trial, T);
}

}  // namespace

std::unique_ptr<Kernel> make_fastest_recurrent(const KernelRequest& request) {
  if (request.dtype(recurrent_input::kX) != DataType::kFloat32) return nullptr;
  const RecurrentAttrs attrs = read_recurrent_attrs(request.node);
  const RecurrentExtents extents(attrs,
                                 check_recurrent_shapes(request.node, attrs, request.inputs));
  const std::int64_t products =
      extents.T * extents.N * extents.D * extents.G * extents.H * (extents.I + extents.H);
  if (extents.N >= kMeasuredBatch && products >= kMeasuredProducts) {
    const MakeKernel make_onednn = onednn_maker(*attrs.kind);
    if (choose_onednn(request, attrs, extents, make_onednn)) {
      if (auto kernel = make_onednn(request)) return kernel;
    }
  }
  return plain::make_recurrent(request);
}

}  // namespace gatefold
