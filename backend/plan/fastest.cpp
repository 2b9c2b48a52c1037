#include "backend/plan/fastest.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <mutex>

#include "backend/plan/machine_limits.h"

namespace gatefold {
namespace {

// A later candidate has to be faster by more than what measurements vary.
constexpr double kClearlyFaster = 0.9;
// What a kernel's products reach of the machine's peak at best.
constexpr double kReachable = 0.95;
constexpr int kMeasuredRuns = 3;
// What a kernel's runs may take together; one run is always made.
constexpr double kMeasuredSeconds = 2e-3;
// A first run, which memory touched for the first time slows down, that takes this many times what
// another candidate takes tells enough.
constexpr double kHopeless = 3;

/// How many elements lie between the first and the last one, both included.
std::int64_t span_of(const Dims& dims, const Dims& strides) {
  std::int64_t span = 1;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0) return 0;
    span += (dims[i] - 1) * strides[i];
  }
  return span;
}

/// Data for the runs of all candidates: the constants, and made-up inputs.
class Trial {
 public:
  Trial(const KernelRequest& request, const PrepareInputs& prepare)
      : inputs_(request.inputs.size()), outputs_(request.outputs.size()) {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (!request.has_input(i) || request.constant(i) != nullptr) continue;
      const std::int64_t span = span_of(request.input_dims(i), request.strides_of_input(i));
      inputs_[i] = Tensor(request.dtype(i), {span});
    }
    if (prepare) prepare(inputs_);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const Tensor& input = request.constant(i) != nullptr ? *request.constant(i) : inputs_[i];
      input_memory_.push_back(input.is_defined() ? input.raw() : nullptr);
    }
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (request.has_output(i)) {
        const std::int64_t span = span_of(request.output_dims(i), request.strides_of_output(i));
        outputs_[i] = Tensor(request.outputs[i].dtype, {span});
      }
      output_memory_.push_back(outputs_[i].is_defined() ? outputs_[i].raw() : nullptr);
    }
  }

  /// Seconds of one run, the best of as many as are worth their time when others take `least`.
  double seconds_of(Kernel& kernel, double least) const {
    Tensor scratch(DataType::kUint8, {static_cast<std::int64_t>(kernel.scratch_bytes())});
    const Buffers buffers{input_memory_.data(), output_memory_.data(), scratch.raw()};
    const auto run = [&] {
      const auto start = std::chrono::steady_clock::now();
      kernel.run(buffers);
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    double best = run();
    if (best > kHopeless * least) return best;
    double spent = 0;
    for (int i = 0; i < kMeasuredRuns && spent < kMeasuredSeconds; ++i) {
      const double seconds = run();
      spent += seconds;
      best = std::min(best, seconds);
    }
    return best;
  }

 private:
  std::vector<Tensor> inputs_;
  std::vector<Tensor> outputs_;
  std::vector<const void*> input_memory_;
  mutable std::vector<void*> output_memory_;
};

/// Seconds that `products` multiply-adds take at least.
double least_seconds(std::int64_t products, int threads) {
  static std::map<int, double> flops;  // Guarded by find_fastest.
  double& peak = flops[threads];
  if (peak == 0) peak = measure_flops(threads);
  return 2 * static_cast<double>(products) / peak;
}

/// The number of the fastest candidate; of the first one when none makes a kernel.
std::size_t measure(std::span<const Candidate> candidates, const Comparison& comparison) {
  const KernelRequest& sample = comparison.sample;
  const Trial trial(sample, comparison.prepare);
  const double possible = least_seconds(comparison.products, sample.threads) / kReachable;
  std::size_t fastest = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (kClearlyFaster * least <= possible && !candidates[i].saves_products) continue;
    // Packed weights shall not stay, not even until the next candidate's.
    PackedWeights packed;
    const auto kernel = candidates[i].make(
        {sample.node, sample.inputs, sample.outputs, sample.constants, sample.threads, packed,
         sample.products, sample.input_strides, sample.output_strides});
    if (kernel == nullptr) continue;
    const double seconds = trial.seconds_of(*kernel, least);
    if (seconds >= kClearlyFaster * least) continue;
    least = seconds;
    fastest = i;
  }
  return fastest;
}

}  // namespace

std::size_t find_fastest(std::span<const Candidate> candidates, const Comparison& comparison) {
  static std::mutex mutex;
  static std::map<std::string, std::size_t> choices;
  const std::lock_guard lock(mutex);
  const auto found = choices.find(comparison.key);
  if (found != choices.end()) return found->second;
  return choices[comparison.key] = measure(candidates, comparison);
}

std::unique_ptr<Kernel> make_fastest(const KernelRequest& request,
                                     std::span<const Candidate> candidates,
                                     const Comparison& comparison) {
  const std::size_t fastest = find_fastest(candidates, comparison);
  if (auto kernel = candidates[fastest].make(request)) return kernel;
  // The key leaves out what may keep a candidate from taking this very node: constants.
  for (const Candidate& candidate : candidates) {
    if (auto kernel = candidate.make(request)) return kernel;
  }
  return nullptr;
}

}  // namespace gatefold
