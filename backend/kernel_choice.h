#pragma once

#include <cstdint>

namespace gatefold {

/// Whose kernels compute what several can: our own loops, or oneDNN's primitives.
enum class KernelChoice : std::int8_t {
  kFastest,  ///< Whichever is the faster one for the shapes at hand.
  kOnednn,   ///< oneDNN's wherever it has one.
  kOwn,      ///< Our own wherever there is one.
};

}  // namespace gatefold
