#include "passes/recurrence/recurrent_cell.h"

#include <algorithm>
#include <unordered_map>

#include "ir/op_def.h"
#include "passes/recurrence/blend.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

std::int64_t columns_of(const Value& operand) { return operand.type().shape->back().size(); }

// h and c of one step, or of one initial state.
bool have_same_origin(const Value& a, const Value& b) {
  const Value* first = origin_of(&a);
  const Value* second = origin_of(&b);
  return first == second ||
         (first->producer() != nullptr && first->producer() == second->producer());
}

}  // namespace

bool is_carried(const Value& state, const Value& next) {
  const Graph& graph = *state.graph();
  if (state.kind() != Value::Kind::kInput || graph.outer() == nullptr) return false;
  const auto& inputs = graph.inputs();
  const auto input = std::find(inputs.begin(), inputs.end(), &state) - inputs.begin();
  // A Loop's body has the iteration number before, and the condition before and after.
  for (const std::ptrdiff_t shift : {0, 1}) {
    const std::ptrdiff_t output = input - shift;
    if (output < 0 || output >= static_cast<std::ptrdiff_t>(graph.outputs().size())) continue;
    if (graph.outputs()[static_cast<std::size_t>(output)].value == &next) return true;
  }
  return false;
}

namespace {

// The kinds of value that a hidden state is: the result of another step, or an initial state.
int likeness_to_state(const Value& value) {
  const Value* origin = origin_of(&value);
  const Node* producer = origin->producer();
  if (producer == nullptr) return origin->kind() == Value::Kind::kInput ? 1 : 2;
  const std::string_view op = producer->op().name;
  if (op == "LSTM" || op == "GRU" || op == "RNN") return origin->output_index() > 0 ? 3 : 0;
  if (op == "Mul") {
    return producer_of(producer->input(0), "Tanh") || producer_of(producer->input(1), "Tanh") ? 3
                                                                                              : 0;
  }
  return op == "Expand" || op == "ConstantOfShape" ? 2 : 0;
}

}  // namespace

std::optional<Activation> activation_of(const Value* value) {
  constexpr std::string_view kActivations[] = {"Sigmoid", "Tanh",     "Relu",     "HardSigmoid",
                                               "Elu",     "Softsign", "Softplus", "LeakyRelu"};
  const Node* node = value == nullptr ? nullptr : value->producer();
  if (node == nullptr || !node->op().domain.empty()) return std::nullopt;
  const auto* name = std::find(std::begin(kActivations), std::end(kActivations), node->op().name);
  if (name == std::end(kActivations)) return std::nullopt;
  Activation activation{.def = find_activation(*name)};
  if (activation.def->alpha) activation.alpha = node->attr_float("alpha");
  if (activation.def->beta) activation.beta = node->attr_float("beta");
  return activation;
}

bool are_equal(const Activation& a, const Activation& b) {
  return a.def == b.def && a.alpha == b.alpha && a.beta == b.beta;
}

bool is_point_symmetric(const Activation& activation) {
  return activation.kind() == ActivationKind::kSigmoid ||
         (activation.kind() == ActivationKind::kHardSigmoid && activation.beta == 0.5F);
}

Attrs activation_attrs(const RecurrentKind& kind, std::span<const Activation> activations) {
  std::vector<std::string> names;
  std::vector<float> alphas;
  std::vector<float> betas;
  for (const Activation& activation : activations) {
    names.emplace_back(activation.def->name);
    if (activation.def->alpha) alphas.push_back(activation.alpha);
    if (activation.def->beta) betas.push_back(activation.beta);
  }
  if (std::equal(names.begin(), names.end(), kind.default_activations.begin())) return {};
  Attrs attrs{{"activations", names}};
  if (!alphas.empty()) attrs["activation_alpha"] = alphas;
  if (!betas.empty()) attrs["activation_beta"] = betas;
  return attrs;
}

Activation identity_activation() {
  const ActivationDef* affine = find_activation("Affine");
  return {.def = affine, .alpha = 1, .beta = 0};
}

std::optional<Gate> gate_with_peepholes_under(const Value& value, const PassContext& context) {
  if (!has_known_columns(value)) return std::nullopt;
  if (const Value* opposite = read_complement(&value, context)) {
    auto gate = gate_with_peepholes_under(*opposite, context);
    if (!gate || !is_point_symmetric(gate->activation)) return std::nullopt;
    return Gate{gate->activation, negated(std::move(gate->sum))};
  }
  ColumnCut cut{const_cast<Value*>(&value), {0, columns_of(value)}};
  while (const auto behind = behind_cut(cut, context)) cut = *behind;
  const auto activation = activation_of(cut.source);
  if (!activation) return std::nullopt;
  cut.source = cut.source->producer()->input(0);
  auto sum = find_linear_terms_and_peepholes(cut, context);
  return sum ? std::optional(Gate{*activation, std::move(*sum)}) : std::nullopt;
}

std::optional<Gate> gate_under(const Value& value, const PassContext& context) {
  auto gate = gate_with_peepholes_under(value, context);
  return gate && gate->sum.peepholes.empty() ? std::move(gate) : std::nullopt;
}

const LinearTerm* term_of(const LinearSum& sum, const Operand& operand) {
  std::size_t repeat = 0;
  for (const LinearTerm& term : sum.terms) {
    if (term.operand == operand.value && repeat++ == operand.repeat) return &term;
  }
  return nullptr;
}

std::optional<std::vector<Operand>> collect_operands(const std::vector<const LinearSum*>& gates) {
  std::vector<Operand> operands;
  for (const LinearSum* gate : gates) {
    std::unordered_map<const Value*, std::size_t> repeats;
    for (const LinearTerm& term : gate->terms) {
      const Type& type = term.operand->type();
      if (!type.has_rank() || !type.shape->back().is_known()) return std::nullopt;
      const Operand operand{term.operand, repeats[term.operand]++};
      const bool is_new = std::find(operands.begin(), operands.end(), operand) == operands.end();
      if (is_new) operands.push_back(operand);
    }
  }
  return operands;
}

std::optional<std::int64_t> single_axis_of(const Type& type) {
  if (!type.has_rank() || type.rank() != 3) return std::nullopt;
  for (const std::int64_t axis : {0, 1}) {
    if ((*type.shape)[static_cast<std::size_t>(axis)].is(1)) return axis;
  }
  return std::nullopt;
}

std::optional<std::int64_t> state_size_of(const Value& hidden, const Rewriter& rewriter) {
  const Type& type = hidden.type();
  const bool has_rows = type.has_rank() && type.rank() > 0;
  const bool fits = has_rows && (type.rank() <= 2 || single_axis_of(type));
  if (fits && type.shape->back().is_known()) return type.shape->back().size();
  return rewriter.no_match("the hidden state is {} but must be a matrix or a row", to_string(type));
}

bool is_multiplied_by(const Value& value, const WeightBlock& weight, std::int64_t row) {
  return std::any_of(value.uses().begin(), value.uses().end(), [&](const Use& use) {
    const std::string_view op = use.user->op().name;
    if (op == "MatMul" || op == "Gemm") {
      return use.index == 0 && row == weight.rows.first && use.user->input(1) == weight.value;
    }
    if (op != "Concat" || !has_known_columns(*use.user->output())) return false;
    std::int64_t offset = row;
    for (std::size_t i = 0; i < use.index; ++i) {
      if (!has_known_columns(*use.user->input(i))) return false;
      offset += columns_of(*use.user->input(i));
    }
    return is_multiplied_by(*use.user->output(), weight, offset);
  });
}

namespace {

// Rows that are added as they are have been multiplied already; a state never is.
bool is_added_as_it_is(const Operand& operand, const std::vector<const LinearSum*>& gates) {
  return std::any_of(gates.begin(), gates.end(), [&](const LinearSum* gate) {
    const LinearTerm* term = term_of(*gate, operand);
    return term != nullptr && term->weight.value == nullptr;
  });
}

// True when a later step multiplies `next` with the weights that this one multiplies `operand` by.
bool takes_the_place_of(const Value& next, const Operand& operand,
                        const std::vector<const LinearSum*>& gates) {
  return std::any_of(gates.begin(), gates.end(), [&](const LinearSum* gate) {
    const LinearTerm* term = term_of(*gate, operand);
    return term != nullptr && is_multiplied_by(next, term->weight);
  });
}

}  // namespace

std::optional<Operand> find_hidden(const std::vector<const LinearSum*>& gates, const Value* hidden,
                                   const Value& next_hidden, const Value* cell_state,
                                   std::int64_t state_size) {
  const auto operands = collect_operands(gates);
  if (!operands) return std::nullopt;
  std::optional<Operand> found;
  int best = -1;
  for (const Operand& operand : *operands) {
    const Value& value = *operand.value;
    if (columns_of(value) != state_size || (hidden != nullptr && &value != hidden)) continue;
    if (is_added_as_it_is(operand, gates)) continue;
    int score = likeness_to_state(value);
    if (is_carried(value, next_hidden)) score += 8;
    if (takes_the_place_of(next_hidden, operand, gates)) score += 8;
    if (cell_state != nullptr && have_same_origin(value, *cell_state)) score += 4;
    if (score > best) {
      best = score;
      found = operand;
    }
  }
  return found;
}

std::optional<std::vector<Operand>> find_inputs(const std::vector<const LinearSum*>& gates,
                                                const Operand& hidden) {
  auto operands = collect_operands(gates);
  if (!operands) return std::nullopt;
  std::erase(*operands, hidden);
  return operands->empty() ? std::nullopt : operands;
}

Value* build_gate_weights(Rewriter& rewriter, const std::vector<const LinearSum*>& gates,
                          const std::vector<Operand>& operands, std::int64_t state_size) {
  std::vector<Value*> rows;
  for (const LinearSum* gate : gates) {
    std::vector<Value*> blocks;
    for (const Operand& operand : operands) {
      const LinearTerm* term = term_of(*gate, operand);
      if (term != nullptr) {
        blocks.push_back(build_transposed_weight(rewriter, *term));
      } else {
        blocks.push_back(rewriter.add_constant(
            "zeros",
            Tensor(operand.value->type().dtype, {state_size, columns_of(*operand.value)})));
      }
    }
    rows.push_back(blocks.size() == 1
                       ? blocks.front()
                       : rewriter.add("Concat", blocks, {{"axis", std::int64_t{1}}}));
  }
  Value* stacked =
      rows.size() == 1 ? rows.front() : rewriter.add("Concat", rows, {{"axis", std::int64_t{0}}});
  return rewriter.add("Unsqueeze", {stacked, rewriter.add_ints({0})});
}

Value* build_gate_bias(Rewriter& rewriter, const LinearSum& gate, std::int64_t state_size) {
  Value* sum = nullptr;
  for (const BiasBlock& block : gate.biases) {
    Value* bias = build_bias(rewriter, block);
    sum = sum == nullptr ? bias : rewriter.add("Add", {sum, bias});
  }
  if (sum != nullptr) return sum;
  return rewriter.add_constant("zeros",
                               Tensor(gate.terms.front().operand->type().dtype, {state_size}));
}

Value* build_step_input(Rewriter& rewriter, const std::vector<Operand>& operands) {
  std::vector<Value*> rows;
  for (const Operand& operand : operands) {
    Value* value = operand.value;
    const auto axis = single_axis_of(value->type());
    if (value->type().rank() == 1) {
      value = rewriter.add("Unsqueeze", {value, rewriter.add_ints({0})});
    } else if (axis) {
      value = rewriter.add("Squeeze", {value, rewriter.add_ints({*axis})});
    } else if (value->type().rank() != 2) {
      value = rewriter.add("Reshape", {value, rewriter.add_ints({-1, columns_of(*value)})});
    }
    rows.push_back(value);
  }
  Value* row =
      rows.size() == 1 ? rows.front() : rewriter.add("Concat", rows, {{"axis", std::int64_t{1}}});
  return rewriter.add("Unsqueeze", {row, rewriter.add_ints({0})});
}

Value* build_step_output(Rewriter& rewriter, Value* state, const Value& like) {
  const auto axis = single_axis_of(like.type());
  if (axis == 0) return state;
  Value* matrix = rewriter.add("Squeeze", {state, rewriter.add_ints({0})});
  if (like.type().has_rank() && like.type().rank() == 1) {
    return rewriter.add("Squeeze", {matrix, rewriter.add_ints({0})});
  }
  return axis ? rewriter.add("Unsqueeze", {matrix, rewriter.add_ints({*axis})}) : matrix;
}

}  // namespace gatefold
