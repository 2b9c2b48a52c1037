#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "ir/ops/recurrent.h"
#include "passes/column_cut.h"
#include "passes/linear_terms.h"

namespace gatefold {

/// An activation function of a recurrent node with the parameters that it takes.
struct CellFunction {
  std::string_view name;
  std::optional<float> alpha = {};
  std::optional<float> beta = {};

  bool operator==(const CellFunction&) const = default;
};

inline constexpr CellFunction kSigmoidFunction{"Sigmoid"};
inline constexpr CellFunction kTanhFunction{"Tanh"};

/// A value as function (argument).
struct AppliedFunction {
  CellFunction function;
  ColumnCut argument;

  /// True when the argument is not a part of what the function was taken of.
  bool takes_all_columns() const;
};

/// Reads an operator that is an activation function, or x * alpha + beta clipped to [0, 1]. The
/// value may have been cut out after the function was taken of several gates at once.
std::optional<AppliedFunction> read_function(const Value& value, const PassContext& context);

/// The linear sum under an activation: value = function (sum).
std::optional<LinearSum> gate_under(const Value& value, const CellFunction& function,
                                    const PassContext& context);

/// Gives a node the functions f, g, h unless they are the default ones.
void set_functions(Attrs& attrs, const std::vector<CellFunction>& functions,
                   const RecurrentKind& kind);

/// True when the node has this function at this place.
bool is_same(const CellFunction& function, const Activation& activation);

}  // namespace gatefold
