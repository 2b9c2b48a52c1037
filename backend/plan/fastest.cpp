#include "backend/plan/fastest.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <limits>
#include <map>
#include <mutex>
#include <optional>

#include "backend/plan/machine_limits.h"
#include "backend/products/scratch_layout.h"

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

/// What comparisons of this process share.
struct Comparisons {
  std::mutex mutex;
  std::map<std::string, std::size_t> choices;
  int scopes = 0;
  Tensor memory;

  std::byte* memory_of(std::size_t least) {
    if (!memory.is_defined() || memory.bytes() < least) {
      memory = {};
      memory = Tensor(DataType::kUint8, {static_cast<std::int64_t>(std::bit_ceil(least))});
    }
    return memory.data<std::byte>();
  }
  void free_unless_kept() {
    if (scopes == 0) memory = {};
  }
};

Comparisons& comparisons() {
  static Comparisons comparisons;
  return comparisons;
}

/// Runs of all candidates on the constants and on made-up inputs.
class Trial {
 public:
  Trial(const KernelRequest& request, const PrepareInputs& prepare)
      : request_(request),
        prepare_(prepare),
        inputs_(request.inputs.size()),
        outputs_(request.outputs.size()) {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (!request.has_input(i) || request.constant(i) != nullptr) continue;
      const std::int64_t span = span_of(request.input_dims(i), request.strides_of_input(i));
      inputs_[i] = {add(request.dtype(i), span), span};
    }
    input_bytes_ = layout_.bytes();
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (!request.has_output(i)) continue;
      const std::int64_t span = span_of(request.output_dims(i), request.strides_of_output(i));
      outputs_[i] = {add(request.outputs[i].dtype, span), span};
    }
  }

  /// Seconds of one run, the best of as many as are worth their time when others take `least`.
  double seconds_of(Kernel& kernel, double least) const {
    std::byte* memory = comparisons().memory_of(layout_.bytes() + kernel.scratch_bytes() + 1);
    const auto inputs = make_inputs(memory);
    std::vector<void*> outputs;
    for (const Part& part : outputs_) {
      outputs.push_back(part.offset ? memory + *part.offset : nullptr);
    }
    const Buffers buffers{inputs.data(), outputs.data(), memory + layout_.bytes()};
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
  /// Where an input or output lies in the memory, and how many elements it spans; no place where it
  /// is missing or a constant.
  struct Part {
    std::optional<std::size_t> offset;
    std::int64_t span = 0;
  };

  std::size_t add(DataType dtype, std::int64_t span) {
    return layout_.add<std::byte>(span * static_cast<std::int64_t>(size_of(dtype)));
  }

  std::vector<const void*> make_inputs(std::byte* memory) const {
    std::memset(memory, 0, input_bytes_);
    std::vector<Tensor> made(inputs_.size());
    std::vector<const void*> inputs;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const auto& [offset, span] = inputs_[i];
      if (offset) made[i] = Tensor::view(request_.dtype(i), {span}, memory + *offset);
      const Tensor* constant = request_.constant(i);
      const void* numbers = constant == nullptr ? nullptr : constant->raw();
      inputs.push_back(offset ? memory + *offset : numbers);
    }
    if (prepare_) prepare_(made);
    return inputs;
  }

  const KernelRequest& request_;
  const PrepareInputs& prepare_;
  std::vector<Part> inputs_;
  std::vector<Part> outputs_;
  native::ScratchLayout layout_;
  std::size_t input_bytes_ = 0;
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

SmallerRequest::SmallerRequest(const KernelRequest& request)
    : types_(request.inputs.size()),
      inputs_(request.inputs.begin(), request.inputs.end()),
      outputs_(request.outputs.begin(), request.outputs.end()),
      request_(request) {
  request_.inputs = inputs_;
  request_.outputs = outputs_;
}

void SmallerRequest::set_input(std::size_t index, Type type) {
  types_[index] = std::move(type);
  inputs_[index] = &types_[index];
}

TrialScope::TrialScope() {
  const std::lock_guard lock(comparisons().mutex);
  ++comparisons().scopes;
}

TrialScope::~TrialScope() {
  const std::lock_guard lock(comparisons().mutex);
  --comparisons().scopes;
  comparisons().free_unless_kept();
}

std::size_t find_fastest(std::span<const Candidate> candidates, const Comparison& comparison) {
  const std::lock_guard lock(comparisons().mutex);
  auto& choices = comparisons().choices;
  const auto found = choices.find(comparison.key);
  if (found != choices.end()) return found->second;
  const std::size_t fastest = measure(candidates, comparison);
  comparisons().free_unless_kept();
  return choices[comparison.key] = fastest;
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
