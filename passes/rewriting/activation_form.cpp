#include "passes/rewriting/activation_form.h"

#include <algorithm>
#include <cmath>

namespace gatefold {
namespace {

using Id = ElementFunction::Id;
using Operator = ElementFunction::Operator;
using Term = ElementForm::Term;
using Numbers = std::vector<double>;

constexpr double kScreen = 1e-9;
constexpr std::string_view kActivations[] = {
    "Sigmoid", "Tanh",      "Relu",     "HardSigmoid",     "Softsign",
    "Elu",     "LeakyRelu", "Softplus", "ThresholdedRelu", "ScaledTanh"};

ElementForm added(ElementForm a, const ElementForm& b) {
  a.constant += b.constant;
  for (const Term& term : b.terms) {
    auto place = a.terms.begin();
    while (place != a.terms.end() && place->id < term.id) ++place;
    if (place == a.terms.end() || place->id != term.id) {
      a.terms.insert(place, term);
    } else if ((place->coefficient += term.coefficient) == 0) {
      a.terms.erase(place);
    }
  }
  return a;
}

/// Derives the form of each expression from those of its operands.
class FormReader {
 public:
  FormReader(const ElementFunction& function, Id atom) : function_(function) {
    for (Id id = 0; id < function.size(); ++id) {
      const bool is_atom = id == atom || function.is_argument(id);
      forms.push_back(is_atom ? ElementForm{.terms = {{id}}} : read(id));
    }
  }

  std::vector<ElementForm> forms;

 private:
  const ElementForm& form(Id id) const { return forms[static_cast<std::size_t>(id)]; }

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
    if (op == Operator::kMul && factor && form(b).is_sum) return scaled(b, *factor);
    if (op == Operator::kMul && divisor && form(a).is_sum) return scaled(a, *divisor);
    return op == Operator::kDiv && divisor && form(a).is_sum ? scaled(a, 1 / *divisor) : other;
  }

  ElementForm as_sum(Id id) const {
    return form(id).is_sum ? form(id) : ElementForm{.terms = {{id}}};
  }

  ElementForm scaled(Id id, double factor) const {
    ElementForm sum = form(id);
    for (Term& term : sum.terms) term.coefficient *= factor;
    sum.constant *= factor;
    return sum;
  }

  // A function of the one sum that all operands are made of, else the expression itself.
  ElementForm as_function(Id id) const {
    ElementForm result{.is_sum = false};
    for (const Id operand : function_[id].operands) {
      if (operand < 0 || form(operand).terms.empty()) continue;
      std::vector<Term> terms = form(operand).terms;
      const double lead = lead_of(terms);
      for (Term& term : terms) term.coefficient /= lead;
      if (!result.terms.empty() && result.terms != terms) return {.terms = {{id}}};
      result.terms = terms;
      const Numbers scales = form(operand).is_sum ? Numbers{lead} : form(operand).scales;
      result.scales.insert(result.scales.end(), scales.begin(), scales.end());
    }
    std::sort(result.scales.begin(), result.scales.end());
    result.scales.erase(std::unique(result.scales.begin(), result.scales.end()),
                        result.scales.end());
    return result.terms.empty() ? ElementForm{.terms = {{id}}} : result;
  }

  // The coefficient by which sums are divided before they are compared.
  double lead_of(const std::vector<Term>& terms) const {
    const auto lead = std::find_if(terms.begin(), terms.end(), [&](const Term& term) {
      return function_.is_argument(term.id, ElementFunction::ArgumentKind::kSum);
    });
    return lead == terms.end() ? terms.front().coefficient : lead->coefficient;
  }

  const ElementFunction& function_;
};

/// What parameters may be.
struct Choices {
  Numbers alphas{1};  ///< Numbers of the function.
  Numbers scales{};   ///< Coefficients of the sum.
  double slope = 0;   ///< At the origin,
  double offset = 0;  ///< and the value there: alpha and beta of a HardSigmoid.
};

template <typename Fits>
std::optional<ActivationForm> find_parameters(ActivationForm form, const Choices& choices,
                                              bool is_fixed, Fits fits) {
  const ActivationDef& def = *form.def;
  const bool is_hard = def.kind == ActivationKind::kHardSigmoid;
  const Numbers kZero{0};
  const Numbers slope{std::abs(choices.slope)};
  const Numbers offset{choices.offset};
  const Numbers units = is_fixed ? Numbers{1} : Numbers{1, -1};
  for (const double scale : is_fixed || def.beta ? units : choices.scales) {
    for (const double alpha : is_hard ? slope : def.alpha ? choices.alphas : kZero) {
      for (const double beta : is_hard ? offset : def.beta ? choices.scales : kZero) {
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
  const Term lead = *std::find_if(form.terms.begin(), form.terms.end(), [&](const Term& term) {
    return form.is_sum || term.coefficient == 1;
  });
  if (form.is_sum) {
    if (form.terms.size() > 1 || (is_fixed && lead.coefficient != 1)) return std::nullopt;
    return ActivationForm{gatefold::find_activation("Affine"), 1, form.constant};
  }
  const ElementValues::Point& origin = values.points().front();
  Choices choices{.slope = values.gradients(id, origin)[static_cast<std::size_t>(lead.id)],
                  .offset = origin[id].value};
  for (const double scale : form.scales) {
    for (const double factor : {1.0, -1.0, 2.0, -2.0, 0.5, -0.5}) {
      choices.scales.push_back(factor * scale);
    }
  }
  std::vector<std::optional<double>> clips{std::nullopt};
  for (Id number = 0; number < id; ++number) {
    const auto known = function.number_of(number);
    if (known) choices.alphas.push_back(*known);
    if (known && *known != 0) clips.push_back(std::abs(*known));
  }
  const auto fits = [&](const ActivationForm& candidate) {
    return std::all_of(values.points().begin(), values.points().end(), [&](const auto& point) {
      double sum = 0;
      for (const Term& term : form.terms) sum += term.coefficient * point[term.id].value;
      const auto [expected, error] = point[id];
      const double gap = std::abs(candidate(sum) - expected);
      return point.is_turn || gap <= kScreen * (1 + std::abs(expected)) + error;
    });
  };
  for (const auto& clip : clips) {
    for (const std::string_view name : kActivations) {
      const ActivationForm any{.def = gatefold::find_activation(name), .clip = clip};
      if (const auto found = find_parameters(any, choices, is_fixed, fits)) return found;
    }
  }
  return std::nullopt;
}

}  // namespace gatefold
