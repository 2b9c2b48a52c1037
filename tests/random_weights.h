#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "tests/random_inputs.h"

namespace gatefold::test {

/// The initializer "float[dims] name = {...}" of ONNX text, with random numbers in [-scale, scale).
inline std::string random_weights(const std::string& name, const Dims& dims, std::uint64_t seed,
                                  double scale = 1) {
  const Tensor numbers = random_tensor({DataType::kFloat32, dims}, seed);
  std::string extents;
  for (const std::int64_t extent : dims) {
    extents += fmt::format("{}{}", extents.empty() ? "" : ",", extent);
  }
  std::string text = fmt::format("float[{}] {} = {{", extents, name);
  for (std::int64_t i = 0; i < numbers.size(); ++i) {
    text += fmt::format("{}{:.6f}", i > 0 ? "," : "", scale * numbers.number_at(i));
  }
  return text + "}";
}

}  // namespace gatefold::test
