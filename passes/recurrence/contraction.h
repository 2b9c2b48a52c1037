#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>

#include "ir/view.h"

namespace gatefold {

/// rows * weight: what a MatMul, a Gemm or an Einsum of two operands computes of a view [N, H] of
/// its result, where one operand depends on weights only.
struct Contraction {
  View rows;    ///< [N, K]
  View weight;  ///< [K, H]
};

/// Reads elements of the producer's result as such a product, whichever operand the weights are;
/// nothing when it is another operator or sums over no axis or over several ones, when a row of
/// either operand is no row of the result, or when K is not known.
std::optional<Contraction> read_contraction(const View& view);

/// Returns the known extents of what the graph's products with weights multiply, and of the parts
/// that this is put together from: a recurrent state has as many units as one of these.
std::unordered_set<std::int64_t> multiplied_extents(const Graph& graph);

}  // namespace gatefold
