#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "backend/kernel.h"
#include "backend/simd/binary_functions.h"
#include "backend/simd/unary_functions.h"
#include "ir/inline_vector.h"

namespace gatefold::native {

/// What an element-wise node does to a run of elements: y[i] = f(x0[i], x1[i], x2[i]).
struct ElementCode {
  static constexpr std::size_t kMostOperands = 3;

  /// One input of the node as the formula reads it.
  struct Operand {
    std::size_t input = 0;
    bool stays = false;  ///< One element that holds for the whole run.
  };

  /// Computes n elements; y may be an x of the same element type.
  using Run = void (*)(const ElementCode& code, const void* const* x, void* y, std::int64_t n);

  Run run = nullptr;
  InlineVector<Operand> operands;
  UnaryFunction unary = nullptr;
  BinaryFunction binary = nullptr;
  std::array<float, 2> attributes{};  ///< Of `unary`.
  DataType from = DataType::kUndefined;
  DataType to = DataType::kUndefined;
};

/// The first two float attributes of a node, in the order of its operator's; see UnaryFunction.
std::array<float, 2> float_attributes(const Node& node);

/// The function of a node of one float input, or nullptr.
UnaryFunction find_unary_function(const Node& node);

/// The function of a Pow of float32 by a constant exponent that has one, or nullptr.
UnaryFunction find_power_function(const KernelRequest& request);

/// The functions of a node of two inputs of one element type; nothing where there are none.
BinaryFunctions find_binary_functions(const Node& node, DataType dtype);

/// Whether the node divides integers, which fails where a divisor is zero.
bool divides_integers(const KernelRequest& request);

/// The code of a node with one output; nothing where the node is not element-wise or has no loops
/// for its types. An operand that is smaller than the output and does not stay must be repeated
/// beforehand, as broadcasting tells.
std::optional<ElementCode> find_element_code(const KernelRequest& request);

}  // namespace gatefold::native
