#pragma once

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

/// True for the operators that are read as such products, whatever their operands are.
bool is_contraction(const Node& node);

/// Reads elements of the producer's result as such a product, whichever operand the weights are;
/// nothing when it is another operator or sums over no axis or over several ones, when a row of
/// either operand is no row of the result, or when K is not known.
std::optional<Contraction> read_contraction(const View& view);

/// Returns what the graph's products multiply with weights, and the parts that this is put together
/// from: the states of its recurrences are among them.
std::unordered_set<const Value*> multiplied_values(const Graph& graph);

}  // namespace gatefold
