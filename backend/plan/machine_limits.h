#pragma once

#include <string_view>
#include <vector>

#include "backend/product_precision.h"

namespace gatefold {

/// The measured limits of some threads of this machine.
struct MachineLimits {
  /// Reading a working set over and over, each thread an even share of it.
  struct ReadSpeed {
    double working_set = 0;  ///< Bytes.
    double bytes_per_second = 0;
  };

  int threads = 1;
  /// Multiplications and additions of float32 a second, as fused pairs on registers.
  double flops = 0;
  /// Multiplications and additions per second in another precision, in a product of matrices that
  /// lie in the caches of their thread.
  ProductPrecision reduced = ProductPrecision::kFloat32;
  double reduced_flops = 0;
  /// By rising working set; the speeds do not rise.
  std::vector<ReadSpeed> reads;

  /// Bytes a second at which a working set of that many bytes can be read, between those measured
  /// by interpolation.
  double read_speed(double working_set) const;
  /// Operations a second of products in float32 or in the precision measured beside it.
  double flops_in(ProductPrecision products) const {
    return products == ProductPrecision::kFloat32 ? flops : reduced_flops;
  }
};

/// Measures only MachineLimits::flops; takes about a millisecond.
double measure_flops(int threads);

/// Measures all limits; takes about a second. The machine must have the precision.
MachineLimits measure_machine_limits(int threads,
                                     ProductPrecision products = ProductPrecision::kFloat32);

/// The memory that holds a working set of which each thread has an even share: "L1", "L2", "L3" or
/// "DRAM", as far as the system tells the sizes of its caches.
std::string_view memory_of(double working_set, int threads);

}  // namespace gatefold
