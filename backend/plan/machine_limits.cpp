#include "backend/plan/machine_limits.h"

#include <omp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>

#include "backend/onednn/reduced_product.h"
#include "ir/tensor.h"

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/plan/machine_limits.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace gatefold::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Enough independent sums to hide the latency of a multiply-add, few enough for 16 registers.
constexpr int kSums = 12;

/// `steps` times kSums multiply-adds of vectors; returns the operations done. `result` keeps them
/// from being left out.
double multiply_add(std::int64_t steps, float* result) {
  const hn::ScalableTag<float> d;
  const auto factor = hn::Set(d, *result);
  hn::Vec<decltype(d)> sums[kSums];
  for (int i = 0; i < kSums; ++i) sums[i] = hn::Set(d, static_cast<float>(i));
  for (std::int64_t step = 0; step < steps; ++step) {
    for (auto& sum : sums) sum = hn::MulAdd(sum, factor, factor);
  }
  for (int i = 1; i < kSums; ++i) sums[0] = hn::Add(sums[0], sums[i]);
  *result = hn::GetLane(hn::SumOfLanes(d, sums[0]));
  return 2.0 * kSums * static_cast<double>(steps) * static_cast<double>(hn::Lanes(d));
}

/// Reads all numbers; their disjunction keeps the loads from being left out.
std::uint32_t read_all(const std::uint32_t* numbers, std::size_t count) {
  constexpr std::size_t kLoads = 8;
  const hn::ScalableTag<std::uint32_t> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> seen[kLoads];
  for (auto& bits : seen) bits = hn::Zero(d);
  for (std::size_t i = 0; i + kLoads * lanes <= count; i += kLoads * lanes) {
    for (std::size_t k = 0; k < kLoads; ++k) {
      seen[k] = hn::Or(seen[k], hn::Load(d, numbers + i + k * lanes));
    }
  }
  for (std::size_t k = 1; k < kLoads; ++k) seen[0] = hn::Or(seen[0], seen[k]);
  return hn::GetLane(seen[0]);
}

}  // namespace
}  // namespace gatefold::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold {

HWY_EXPORT(multiply_add);
HWY_EXPORT(read_all);

namespace {

constexpr int kTrials = 8;
constexpr double kKibibyte = 1024;
constexpr double kMebibyte = 1024 * kKibibyte;
/// The smallest share of a thread: it fits into every first cache, and a pass is no mere overhead.
constexpr double kSmallestShare = 8 * kKibibyte;
/// What is read in one trial at least.
constexpr double kTrialBytes = 16 * kMebibyte;
constexpr double kLargestWorkingSet = 256 * kMebibyte;

struct Cache {
  std::string_view name;
  double bytes;
  bool is_shared;  ///< By all threads.
};

std::array<Cache, 3> caches() {
  const auto size = [](int name) { return static_cast<double>(std::max(sysconf(name), 0L)); };
  return {{{"L1", size(_SC_LEVEL1_DCACHE_SIZE), false},
           {"L2", size(_SC_LEVEL2_CACHE_SIZE), false},
           {"L3", size(_SC_LEVEL3_CACHE_SIZE), true}}};
}

/// Seconds of the fastest of several trials that all threads run together.
template <typename Trial>
double least_seconds(int threads, const Trial& trial) {
  double least = std::numeric_limits<double>::infinity();
  double start = 0;
#pragma omp parallel num_threads(threads)
  for (int i = 0; i < kTrials; ++i) {
#pragma omp barrier
#pragma omp master
    start = omp_get_wtime();
#pragma omp barrier
    trial(omp_get_thread_num());
#pragma omp barrier
#pragma omp master
    least = std::min(least, omp_get_wtime() - start);
  }
  return least;
}

double measure_read(const std::uint32_t* memory, double working_set, int threads) {
  const auto share = static_cast<std::size_t>(working_set / threads / 64) * 64;
  const auto passes = static_cast<int>(std::ceil(kTrialBytes / working_set));
  const double seconds = least_seconds(threads, [&](int thread) {
    const std::size_t count = share / sizeof(std::uint32_t);
    volatile std::uint32_t seen = 0;
    for (int pass = 0; pass < passes; ++pass) {
      seen =
          HWY_DYNAMIC_DISPATCH(read_all)(memory + count * static_cast<std::size_t>(thread), count);
    }
    static_cast<void>(seen);
  });
  return static_cast<double>(share) * threads * passes / seconds;
}

std::vector<MachineLimits::ReadSpeed> measure_reads(int threads) {
  const double largest = std::clamp(4 * caches().back().bytes, 64 * kMebibyte, kLargestWorkingSet);
  constexpr std::align_val_t kPage{4096};
  const std::unique_ptr<std::uint32_t, void (*)(std::uint32_t*)> memory(
      static_cast<std::uint32_t*>(::operator new(static_cast<std::size_t>(largest), kPage)),
      [](std::uint32_t* numbers) { ::operator delete(numbers, kPage); });
  std::fill_n(memory.get(), static_cast<std::size_t>(largest) / sizeof(std::uint32_t), 1);
  std::vector<MachineLimits::ReadSpeed> reads;
  for (double bytes = kSmallestShare * threads; bytes <= largest; bytes *= 2) {
    reads.push_back({bytes, measure_read(memory.get(), bytes, threads)});
  }
  for (std::size_t i = reads.size() - 1; i-- > 0;) {
    reads[i].bytes_per_second = std::max(reads[i].bytes_per_second, reads[i + 1].bytes_per_second);
  }
  return reads;
}

}  // namespace

double MachineLimits::read_speed(double working_set) const {
  const auto above = std::find_if(reads.begin(), reads.end(), [&](const ReadSpeed& speed) {
    return speed.working_set >= working_set;
  });
  if (above == reads.end()) return reads.back().bytes_per_second;
  if (above == reads.begin()) return above->bytes_per_second;
  const auto below = above - 1;
  const double share = std::log(working_set / below->working_set) /
                       std::log(above->working_set / below->working_set);
  return std::exp(
      std::lerp(std::log(below->bytes_per_second), std::log(above->bytes_per_second), share));
}

double measure_flops(int threads) {
  constexpr std::int64_t kSteps = 40'000;
  std::vector<double> operations(static_cast<std::size_t>(threads));
  const double seconds = least_seconds(threads, [&](int thread) {
    volatile float result = 0.5F;
    float factor = result;
    operations[static_cast<std::size_t>(thread)] =
        HWY_DYNAMIC_DISPATCH(multiply_add)(kSteps, &factor);
    result = factor;
  });
  double sum = 0;
  for (const double count : operations) sum += count;
  return sum / seconds;
}

/// The product and operands of one thread.
struct ReducedTrial {
  static constexpr onednn::ReducedProduct::Extents kExtents{
      .rows = 128, .depth = 512, .columns = 256};

  explicit ReducedTrial(ProductPrecision precision) : product(extents_in(precision)) {
    scratch = Tensor(DataType::kUint8, {static_cast<std::int64_t>(product.scratch_bytes())});
  }

  static onednn::ReducedProduct::Extents extents_in(ProductPrecision precision) {
    onednn::ReducedProduct::Extents extents = kExtents;
    extents.precision = precision;
    return extents;
  }
  void run() { product.run(a.raw(), b.raw(), nullptr, c.data<float>(), scratch.raw()); }

  onednn::ReducedProduct product;
  // Of the wider of the precisions.
  Tensor a{DataType::kBfloat16, {kExtents.rows, kExtents.depth}};
  Tensor b{DataType::kBfloat16, {kExtents.depth, kExtents.columns}};
  Tensor c{DataType::kFloat32, {kExtents.rows, kExtents.columns}};
  Tensor scratch;
};

double measure_reduced_flops(int threads, ProductPrecision precision) {
  constexpr int kRuns = 10;
  std::vector<ReducedTrial> trials;
  for (int thread = 0; thread < threads; ++thread) trials.emplace_back(precision);
  const double seconds = least_seconds(threads, [&](int thread) {
    for (int run = 0; run < kRuns; ++run) trials[static_cast<std::size_t>(thread)].run();
  });
  constexpr auto kExtents = ReducedTrial::kExtents;
  return 2.0 * kExtents.rows * kExtents.depth * kExtents.columns * kRuns * threads / seconds;
}

MachineLimits measure_machine_limits(int threads, ProductPrecision products) {
  // Other programs may take away part of the machine for a while.
  constexpr int kMeasurements = 50;
  MachineLimits limits{.threads = threads, .reduced = products, .reads = measure_reads(threads)};
  for (int i = 0; i < kMeasurements; ++i) {
    limits.flops = std::max(limits.flops, measure_flops(threads));
    if (products == ProductPrecision::kFloat32) continue;
    limits.reduced_flops = std::max(limits.reduced_flops, measure_reduced_flops(threads, products));
  }
  return limits;
}

std::string_view memory_of(double working_set, int threads) {
  for (const Cache& cache : caches()) {
    if ((cache.is_shared ? working_set : working_set / threads) <= cache.bytes) return cache.name;
  }
  return "DRAM";
}

}  // namespace gatefold
#endif  // HWY_ONCE
