#include "python/bindings/settings.h"

#include "ir/error.h"

namespace gatefold::python {

std::vector<CarriedState> states_from(const StatePairs& pairs) {
  std::vector<CarriedState> states;
  for (const auto& [output, input] : pairs) states.push_back({.input = input, .output = output});
  return states;
}

StatePairs pairs_from(const std::vector<CarriedState>& states) {
  StatePairs pairs;
  for (const CarriedState& state : states) pairs[state.output] = state.input;
  return pairs;
}

ProductPrecision precision_named(const std::string& name) {
  if (name == "f32") return ProductPrecision::kFloat32;
  if (name == "bf16") return ProductPrecision::kBfloat16;
  if (name == "int8") return ProductPrecision::kInt8;
  fail("precision '{}' is none of f32, bf16, int8", name);
}

KernelChoice kernels_named(const std::string& name) {
  if (name == "fastest") return KernelChoice::kFastest;
  if (name == "onednn") return KernelChoice::kOnednn;
  if (name == "own") return KernelChoice::kOwn;
  fail("kernels '{}' are none of fastest, onednn, own", name);
}

}  // namespace gatefold::python
