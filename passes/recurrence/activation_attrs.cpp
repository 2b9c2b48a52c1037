#include "passes/recurrence/activation_attrs.h"

#include <string>

namespace gatefold {

Attrs activation_attrs(const RecurrentKind& kind, const std::vector<Activation>& activations) {
  std::vector<std::string> names;
  std::vector<float> alphas;
  std::vector<float> betas;
  for (const Activation& activation : activations) {
    names.emplace_back(activation.def->name);
    if (activation.def->alpha) alphas.push_back(activation.alpha);
    if (activation.def->beta) betas.push_back(activation.beta);
  }
  bool are_default = true;
  for (std::size_t i = 0; i < names.size(); ++i) {
    are_default &= names[i] == kind.default_activations[i % kind.activation_count];
  }
  if (are_default) return {};
  Attrs attrs{{"activations", names}};
  if (!alphas.empty()) attrs["activation_alpha"] = alphas;
  if (!betas.empty()) attrs["activation_beta"] = betas;
  return attrs;
}

}  // namespace gatefold
