#pragma once

#include <map>
#include <optional>
#include <vector>

#include "passes/rewriting/element_values.h"

namespace gatefold {

/// An expression as a sum: sum of coefficient * term, + constant; or as any other function of one
/// such sum, whose first sum argument (else its first term) has coefficient 1.
struct ElementForm {
  std::map<ElementFunction::Id, double> terms = {};  ///< Coefficients.
  double constant = 0;
  bool is_sum = true;
  /// Of another function: the multiples of the sum that operators take it of.
  std::vector<double> scales = {};
};

/// Returns the forms of all expressions; `atom` counts as an argument.
std::vector<ElementForm> forms_of(const ElementFunction& function, ElementFunction::Id atom);

/// activation (clip (scale * x))
struct ActivationForm {
  const ActivationDef* def = nullptr;
  double alpha = 0;
  double beta = 0;
  double scale = 1;
  std::optional<double> clip = {};

  Activation activation() const {
    return {def, static_cast<float>(alpha), static_cast<float>(beta)};
  }
  double operator()(double x) const;
  Scalar operator()(Scalar x) const;
};

/// Finds the activation of the form's terms that has the values of expression `id`. Scales are the
/// form's, or half or twice those, or negated, or 1 alone if `is_fixed`; parameters are numbers of
/// the function.
std::optional<ActivationForm> find_activation(const ElementFunction& function,
                                              const ElementValues& values, ElementFunction::Id id,
                                              const ElementForm& form, bool is_fixed);

}  // namespace gatefold
