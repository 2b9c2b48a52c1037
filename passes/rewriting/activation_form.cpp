#include "passes/rewriting/activation_form.h"

#include <algorithm>
#include <cmath>

namespace gatefold {
namespace {

using Id = ElementFunction::Id;
using Operator = ElementFunction::Operator;
using Numbers = std::vector<double>;

constexpr std::string_view kActivations[] = {
    "Sigmoid", "Tanh",      "Relu",     "HardSigmoid",     "Softsign",
    "Elu",     "LeakyRelu", "Softplus", "ThresholdedRelu", "ScaledTanh"};

/// Derives the form of each expression from those of its operands.
class FormReader {
 public:
  FormReader(const ElementFunction& function, Id atom) : function_(function) {
    for (Id id = 0; id < function.size(); ++id) {
      const bool is_atom = id == atom || function.is_argument(id);
      forms.push_back(is_atom ? itself(id) : read(id));
    }
  }

  std::vector<ElementForm> forms;

 private:
  const ElementForm& form(Id id) const { return forms[static_cast<std::size_t>(id)]; }
  static ElementForm itself(Id id) { return {.terms = {{id, 1}}}; }
  ElementForm as_sum(Id id) const { return form(id).is_sum ? form(id) : itself(id); }

  ElementForm read(Id id) const {
    const auto& [op, operands, number] = function_[id];
    if (op == Operator::kNumber) return {.constant = number};
    const auto [a, b, c] = operands;
    const ElementForm other = as_function(id);
    if (op == Operator::kAdd) {
      const bool are_sums = form(a).is_sum && form(b).is_sum;
      return are_sums || other.is_sum ? added(as_sum(a), as_sum(b)) : other;
    }
    const auto factor = function_.number_of(a);
    const auto divisor = function_.number_of(b);
    if (op == Operator::kMul && factor && form(b).is_sum) return scaled(form(b), *factor);
    if (op == Operator::kMul && divisor && form(a).is_sum) return scaled(form(a), *divisor);
    return op == Operator::kDiv && divisor && form(a).is_sum ? scaled(form(a), 1 / *divisor)
                                                             : other;
  }

  static ElementForm added(ElementForm a, const ElementForm& b) {
    a.constant += b.constant;
    for (const auto& [id, coefficient] : b.terms) {
      if ((a.terms[id] += coefficient) == 0) a.terms.erase(id);
    }
    return a;
  }

  static ElementForm scaled(ElementForm sum, double factor) {
    for (auto& [id, coefficient] : sum.terms) coefficient *= factor;
    sum.constant *= factor;
    return sum;
  }

  // A function of the one sum that all operands are made of, else the expression itself.
  ElementForm as_function(Id id) const {
    ElementForm result{.is_sum = false};
    for (const Id operand : function_[id].operands) {
      if (operand < 0 || form(operand).terms.empty()) continue;
      auto terms = form(operand).terms;
      const double lead = lead_of(terms);
      for (auto& [term, coefficient] : terms) coefficient /= lead;
      if (!result.terms.empty() && result.terms != terms) return itself(id);
      result.terms = terms;
      const Numbers scales = form(operand).is_sum ? Numbers{lead} : form(operand).scales;
      for (const double scale : scales) {
        const auto known = std::find(result.scales.begin(), result.scales.end(), scale);
        if (known == result.scales.end()) result.scales.push_back(scale);
      }
    }
    return result.terms.empty() ? itself(id) : result;
  }

  // The coefficient by which sums are divided before they are compared.
  double lead_of(const std::map<Id, double>& terms) const {
    const auto lead = std::find_if(terms.begin(), terms.end(), [&](const auto& term) {
      return function_.is_argument(term.first, ElementFunction::ArgumentKind::kSum);
    });
    return lead == terms.end() ? terms.begin()->second : lead->second;
  }

  const ElementFunction& function_;
};

/// What the scale and the parameters of an activation may be.
struct Choices {
  Numbers scales{};   ///< Coefficients of the sum.
  Numbers alphas{1};  ///< Numbers of the function.
  Numbers clips{0};   ///< Bounds in the function; 0 for none.
  double slope = 0;   ///< At the origin,
  double offset = 0;  ///< and the value there: alpha and beta of a HardSigmoid.
};

Choices choices_for(const ElementFunction& function, const ElementValues& values, Id id,
                    const ElementForm& form) {
  Choices choices;
  for (const double scale : form.scales) {
    for (const double factor : {1.0, -1.0, 2.0, -2.0, 0.5, -0.5}) {
      choices.scales.push_back(factor * scale);
    }
  }
  for (Id other = 0; other < id; ++other) {
    if (const auto number = function.number_of(other)) choices.alphas.push_back(*number);
    const auto bound = function.number_of(function[other].operands[1]);
    if (function[other].op == Operator::kMax && bound && *bound != 0) {
      choices.clips.push_back(std::abs(*bound));
    }
  }
  const auto lead = std::find_if(form.terms.begin(), form.terms.end(),
                                 [](const auto& term) { return term.second == 1; });
  const ElementValues::Point& origin = values.points().front();
  choices.slope = values.gradients(id, origin)[static_cast<std::size_t>(lead->first)];
  choices.offset = origin[id].value;
  return choices;
}

bool is_exact(double x) { return static_cast<double>(static_cast<float>(x)) == x; }

// alpha is the slope at the origin, or, where files cannot hold that, a number of the function with
// a scale that makes up for the rest. Where a side begins at the origin, that has another slope.
template <typename Fits>
std::optional<ActivationForm> find_hard_sigmoid(ActivationForm form, const Choices& choices,
                                                bool is_fixed, Fits fits) {
  form.beta = choices.offset;
  const auto tried = [&](double alpha, double scale) {
    form.alpha = alpha;
    form.scale = scale;
    return alpha > 0 && (scale == 1 || !is_fixed) && fits(form);
  };
  const double slope = std::abs(choices.slope);
  const double sign = choices.slope < 0 ? -1 : 1;
  if (is_exact(slope) && tried(slope, sign)) return form;
  for (const double alpha : choices.alphas) {
    const bool is_factor = alpha != 1 && is_exact(alpha) && is_exact(slope / alpha);
    if (is_factor && tried(alpha, choices.slope / alpha)) return form;
  }
  if (tried(slope, sign)) return form;
  for (const double alpha : choices.alphas) {
    if (tried(alpha, 1) || tried(alpha, -1)) return form;
  }
  return std::nullopt;
}

template <typename Fits>
std::optional<ActivationForm> find_parameters(ActivationForm form, const Choices& choices,
                                              bool is_fixed, Fits fits) {
  if (form.def->kind == ActivationKind::kHardSigmoid) {
    return find_hard_sigmoid(form, choices, is_fixed, fits);
  }
  const Numbers none{0};
  const Numbers units = is_fixed ? Numbers{1} : Numbers{1, -1};
  for (const double scale : is_fixed || form.def->beta ? units : choices.scales) {
    for (const double alpha : form.def->alpha ? choices.alphas : none) {
      for (const double beta : form.def->beta ? choices.scales : none) {
        form.scale = scale;
        form.alpha = alpha;
        form.beta = beta;
        if (fits(form)) return form;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<ElementForm> forms_of(const ElementFunction& function, Id atom) {
  return FormReader(function, atom).forms;
}

double ActivationForm::operator()(double x) const {
  x *= scale;
  return def->in_double(clip ? std::clamp(x, -*clip, *clip) : x, alpha, beta);
}

Scalar ActivationForm::operator()(Scalar x) const {
  x = scale * x;
  if (clip) x = minimum(maximum(x, x.number(-*clip), 1), x.number(*clip), 1);
  return activated(def->kind, x, alpha, beta);
}

std::optional<ActivationForm> find_activation(const ElementFunction& function,
                                              const ElementValues& values, Id id,
                                              const ElementForm& form, bool is_fixed) {
  if (form.is_sum) {
    const bool fits = form.terms.size() == 1 && (!is_fixed || form.terms.begin()->second == 1);
    const ActivationForm affine{gatefold::find_activation("Affine"), 1, form.constant};
    return fits ? std::optional(affine) : std::nullopt;
  }
  const auto fits = [&](const ActivationForm& candidate) {
    return values.may_equal(id, [&](const ElementValues::Point& point) {
      double sum = 0;
      for (const auto& [term, coefficient] : form.terms) sum += coefficient * point[term].value;
      return candidate(sum);
    });
  };
  const Choices choices = choices_for(function, values, id, form);
  for (const double clip : choices.clips) {
    for (const std::string_view name : kActivations) {
      ActivationForm any{.def = gatefold::find_activation(name)};
      if (clip != 0) any.clip = clip;
      if (const auto found = find_parameters(any, choices, is_fixed, fits)) return found;
    }
  }
  return std::nullopt;
}

}  // namespace gatefold
