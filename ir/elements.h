#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "ir/tensor.h"

namespace gatefold {

/// What is known, before running, of the elements of a small integer or boolean tensor of rank 0 or
/// 1: shape arithmetic. See infer_elements.
using Elements = std::vector<Element>;

/// Infers what is known of a node's outputs from what is known of its inputs: Shape gives the
/// extents of its input, and Gather, Slice, Concat, arithmetic, ... pass them on. One entry per
/// output.
std::vector<std::optional<Elements>> infer_elements(const Node& node);

/// Returns the elements of a value: the numbers of a constant, or what infer_elements found for a
/// result; nothing if the value is not a small integer tensor of rank 0 or 1, or nothing is known.
std::optional<Elements> elements_of(const Value& value);

/// Returns the elements as a tensor of the given type, if all of them are numbers.
std::optional<Tensor> to_tensor(const Elements& elements, const Type& type);

}  // namespace gatefold
