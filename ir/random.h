#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace gatefold {

class Node;

/// Random numbers by counting: number i of a seed is a hash of seed and i, so any of them can be
/// had alone and in any order. The hash is the output function of SplitMix64 (Steele, Lea, Flood:
/// "Fast splittable pseudorandom number generators", 2014).
class RandomNumbers {
 public:
  explicit RandomNumbers(std::uint64_t seed) : key_(hash(seed + kStep)) {}

  std::uint64_t bits(std::uint64_t index) const { return hash(key_ + index * kStep); }
  /// Uniform in [0, 1).
  double uniform(std::uint64_t index) const {
    return static_cast<double>(bits(index) >> 11) * 0x1p-53;
  }
  /// Normal with mean 0 and variance 1 (Box and Muller).
  double normal(std::uint64_t index) const {
    const double radius = std::sqrt(-2 * std::log(1 - uniform(2 * index)));
    return radius * std::cos(2 * std::numbers::pi * uniform(2 * index + 1));
  }

 private:
  static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15;

  static std::uint64_t hash(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  std::uint64_t key_;
};

/// The numbers a node draws in one run: the same in every run when its attribute `seed` is given,
/// else others each time.
RandomNumbers random_numbers(const Node& node);

}  // namespace gatefold
