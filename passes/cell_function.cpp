#include "passes/cell_function.h"

#include <algorithm>
#include <array>
#include <string>

#include "ir/op_def.h"
#include "passes/recurrent_cell.h"

namespace gatefold {
namespace {

// Operators that are the activation function of the same name.
constexpr std::array<std::string_view, 8> kOperators = {
    "Sigmoid", "Tanh", "Relu", "HardSigmoid", "LeakyRelu", "Elu", "Softsign", "Softplus"};

std::optional<float> known_scalar(const Value* value, const PassContext& context) {
  const Tensor* number = context.constant(value);
  if (number == nullptr || number->size() != 1) return std::nullopt;
  return static_cast<float>(number->number_at(0));
}

// The operand of a commutative operation with a constant number, and that number.
std::optional<std::pair<Value*, float>> read_with_number(const Value* value, std::string_view op,
                                                         const PassContext& context) {
  const Node* node = producer_of(value, op);
  for (std::size_t side = 0; node != nullptr && side < 2; ++side) {
    const auto number = known_scalar(node->input(side), context);
    if (number) return std::pair(node->input(1 - side), *number);
  }
  return std::nullopt;
}

// min (max (alpha x + beta, 0), 1)
std::optional<AppliedFunction> read_hard_sigmoid(const ColumnCut& cut, const PassContext& context) {
  const Node* clip = producer_of(cut.source, "Clip");
  if (clip == nullptr || known_scalar(clip->input(1), context) != 0.0F ||
      known_scalar(clip->input(2), context) != 1.0F) {
    return std::nullopt;
  }
  const auto sum = read_with_number(clip->input(0), "Add", context);
  const auto product = sum ? read_with_number(sum->first, "Mul", context) : std::nullopt;
  if (!product) return std::nullopt;
  return AppliedFunction{{"HardSigmoid", product->second, sum->second},
                         {product->first, cut.columns}};
}

}  // namespace

bool AppliedFunction::takes_all_columns() const {
  return argument.columns == IndexRange{0, has_known_columns(*argument.source)
                                               ? argument.source->type().shape->back().size()
                                               : -1};
}

std::optional<AppliedFunction> read_function(const Value& value, const PassContext& context) {
  if (!has_known_columns(value)) return std::nullopt;
  ColumnCut cut{const_cast<Value*>(&value), {0, value.type().shape->back().size()}};
  while (const auto behind = behind_cut(*cut.source, cut.columns, context)) cut = *behind;
  const Node* node = cut.source->producer();
  if (node == nullptr || !node->op().domain.empty()) return std::nullopt;
  const auto* name = std::find(kOperators.begin(), kOperators.end(), node->op().name);
  if (name == kOperators.end()) return read_hard_sigmoid(cut, context);
  CellFunction function{*name};
  const ActivationDef& def = *find_activation(*name);
  if (def.alpha) function.alpha = node->attr_float("alpha");
  if (def.beta) function.beta = node->attr_float("beta");
  return AppliedFunction{function, {node->input(0), cut.columns}};
}

std::optional<LinearSum> gate_under(const Value& value, const CellFunction& function,
                                    const PassContext& context) {
  const auto applied = read_function(value, context);
  if (!applied || !(applied->function == function)) return std::nullopt;
  return find_linear_terms(applied->argument, context);
}

void set_functions(Attrs& attrs, const std::vector<CellFunction>& functions,
                   const RecurrentKind& kind) {
  const bool are_default = std::equal(
      functions.begin(), functions.end(), kind.default_activations.begin(),
      [](const CellFunction& function, std::string_view name) { return function.name == name; });
  if (are_default) return;
  std::vector<std::string> names;
  std::vector<float> alphas;
  std::vector<float> betas;
  for (const CellFunction& function : functions) {
    names.emplace_back(function.name);
    if (function.alpha) alphas.push_back(*function.alpha);
    if (function.beta) betas.push_back(*function.beta);
  }
  attrs["activations"] = names;
  if (!alphas.empty()) attrs["activation_alpha"] = alphas;
  if (!betas.empty()) attrs["activation_beta"] = betas;
}

bool is_same(const CellFunction& function, const Activation& activation) {
  return function.name == activation.def->name &&
         function.alpha.value_or(activation.alpha) == activation.alpha &&
         function.beta.value_or(activation.beta) == activation.beta;
}

}  // namespace gatefold
