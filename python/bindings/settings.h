#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <string>
#include <vector>

#include "backend/kernel_choice.h"
#include "backend/product_precision.h"
#include "passes/training/carried_state.h"

/// Settings in the form in which Python gives them.
namespace gatefold::python {

/// Output names and the inputs that they are carried into.
using StatePairs = std::map<std::string, std::string>;

std::vector<CarriedState> states_from(const StatePairs& pairs);
StatePairs pairs_from(const std::vector<CarriedState>& states);

/// Sets what a dictionary has an entry for.
template <typename T>
void read(const pybind11::dict& settings, const char* name, T& target) {
  if (settings.contains(name)) target = settings[name].cast<T>();
}

/// Returns the precision named f32, bf16 or int8. Throws Error for another name.
ProductPrecision precision_named(const std::string& name);
/// The choice of that name: fastest, onednn, own. Throws Error for others.
KernelChoice kernels_named(const std::string& name);

}  // namespace gatefold::python
