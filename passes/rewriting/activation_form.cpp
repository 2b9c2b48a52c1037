#include "passes/rewriting/activation_form.h"

#include <algorithm>
#include <cmath>

namespace gatefold {
namespace {

using Id = ElementFunction::Id;
using Operator = ElementFunction::Operator;
using Numbers = std::vector<double>;

constexpr double kScreen = 1e-9;  // For what is compared exactly afterwards.
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

template <typename Fits>
std::optional<ActivationForm> find_parameters(ActivationForm form, const Choices& choices,
                                              bool is_fixed, Fits fits) {
  const bool is_hard = form.def->kind == ActivationKind::kHardSigmoid;
  const Numbers none{0};
  // Where a side begins at the origin, the slope there is that of neither or of the wrong one.
  Numbers slopes{std::abs(choices.slope)};
  if (is_hard) slopes.insert(slopes.end(), choices.alphas.begin(), choices.alphas.end());
  const Numbers offset{choices.offset};
  const Numbers units = is_fixed ? Numbers{1} : Numbers{1, -1};
  for (const double scale : is_fixed || form.def->beta ? units : choices.scales) {
    for (const double alpha : is_hard ? slopes : form.def->alpha ? choices.alphas : none) {
      for (const double beta : is_hard ? offset : form.def->beta ? choices.scales : none) {
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
    return std::all_of(values.points().begin(), values.points().end(), [&](const auto& point) {
      double sum = 0;
      for (const auto& [term, coefficient] : form.terms) sum += coefficient * point[term].value;
      const auto [expected, error] = point[id];
      const double gap = std::abs(candidate(sum) - expected);
      return point.is_turn || gap <= kScreen * (1 + std::abs(expected)) + error;
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
