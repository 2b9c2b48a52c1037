#include <algorithm>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/passes.h"
#include "passes/recurrence/recurrent_cell.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

bool is_activation(const Value* value, const Activation& activation) {
  const auto own = activation_of(value);
  return own && are_equal(*own, activation);
}

// True when a later step with the same recurrent weights reads `next`: the activation is found
// behind the operators that make a linear sum.
bool is_read_by_next_step(const Value& next, const Activation& activation,
                          const WeightBlock& weight, const PassContext& context) {
  std::vector<const Value*> pending{&next};
  for (int visited = 0; !pending.empty() && visited < 64; ++visited) {
    const Value* value = pending.back();
    pending.pop_back();
    for (const Use& use : value->uses()) {
      const std::string_view op = use.user->op().name;
      if (op == "Concat" || op == "Gemm" || op == "MatMul" || op == "Add") {
        pending.push_back(use.user->output());
      } else if (is_activation(use.user->output(), activation)) {
        const auto sum = find_linear_terms(*use.user->input(0), context);
        if (sum && std::any_of(sum->terms.begin(), sum->terms.end(), [&](const LinearTerm& term) {
              return term.operand == &next && term.weight == weight;
            })) {
          return true;
        }
      }
    }
  }
  return false;
}

// The result of the step before, which has become an RNN node with these recurrent weights already.
bool is_result_of_step(const Value& operand, const Activation& activation,
                       const WeightBlock& weight) {
  const Value* state = behind_rank_changes(const_cast<Value*>(&operand));
  const Node* rnn = producer_of(state, "RNN");
  return rnn != nullptr && state->output_index() == recurrent_output::kYh &&
         are_equal(read_recurrent_attrs(*rnn).directions[0].activations[0], activation) &&
         origin_of(rnn->input(recurrent_input::kR)) == origin_of(weight.value);
}

// A product, or the sum of one and something else, or of anything and a bias.
bool may_be_linear(const Node& node) {
  if (producer_of(node.output(0), "Gemm")) return true;
  if (!producer_of(node.output(0), "Add")) return false;
  const auto& inputs = node.inputs();
  return std::any_of(inputs.begin(), inputs.end(), [](const Value* input) {
    return producer_of(input, "Gemm") || producer_of(input, "MatMul") ||
           input->depends_on_weights_only();
  });
}

// activation (sum), or a sum alone.
std::optional<Gate> read_result(const Node& node, const PassContext& context) {
  Value* result = node.output(0);
  const auto activation = activation_of(result);
  if (!activation && !may_be_linear(node)) return std::nullopt;
  auto sum = find_linear_terms(activation ? *node.input(0) : *result, context);
  if (!sum || sum->terms.size() < 2) return std::nullopt;
  return Gate{activation.value_or(identity_activation()), std::move(*sum)};
}

// A dense layer with tanh is no recurrence: something must show that the result comes back.
std::optional<Operand> find_state(const Value& next, const Gate& gate, const PassContext& context) {
  const Dim& size = next.type().shape->back();
  const bool is_linear = are_equal(gate.activation, identity_activation());
  const auto operands = collect_operands({&gate.sum});
  if (!operands) return std::nullopt;
  for (const Operand& operand : *operands) {
    const Value& value = *operand.value;
    const WeightBlock& weight = term_of(gate.sum, operand)->weight;
    if (!(value.type().shape->back() == size) || weight.value == nullptr) continue;
    const bool is_exchanged = !is_linear && value.kind() == Value::Kind::kInput &&
                              next.output_uses() > 0 && !next.uses().empty();
    const bool comes_back = is_linear
                                ? is_multiplied_by(next, weight)
                                : is_read_by_next_step(next, gate.activation, weight, context);
    if (is_carried(value, next) || is_exchanged || comes_back ||
        is_result_of_step(value, gate.activation, weight)) {
      return operand;
    }
  }
  return std::nullopt;
}

std::optional<Replacement> fuse(Node& node, Rewriter& rewriter) {
  const auto gate = read_result(node, rewriter.context());
  if (!gate) return std::nullopt;
  const LinearSum& sum = gate->sum;
  const Value& next = *node.output();
  const Type& type = next.type();
  if (!is_float(type.dtype)) return rewriter.no_match("its elements are no floats");
  const auto size = state_size_of(next, rewriter);
  if (!size) return std::nullopt;
  const auto hidden = find_state(next, *gate, rewriter.context());
  if (!hidden) return rewriter.no_match("its result does not come back as an operand");
  const auto inputs = find_inputs({&sum}, *hidden);
  if (!inputs) return rewriter.no_match("it reads nothing but its own state");

  Value* zeros = rewriter.add_constant("zeros", Tensor(type.dtype, {*size}));
  Value* bias = rewriter.add("Concat", {build_gate_bias(rewriter, sum, *size), zeros},
                             {{"axis", std::int64_t{0}}});
  Attrs attrs = activation_attrs(kRnn, {&gate->activation, 1});
  attrs["hidden_size"] = *size;
  Node* rnn = rewriter.add_node(
      "RNN",
      {build_step_input(rewriter, *inputs), build_gate_weights(rewriter, {&sum}, *inputs, *size),
       build_gate_weights(rewriter, {&sum}, {*hidden}, *size),
       rewriter.add("Unsqueeze", {bias, rewriter.add_ints({0})}), nullptr,
       build_step_input(rewriter, {*hidden})},
      2, std::move(attrs));
  rnn->drop_output(0);
  return Replacement{build_step_output(rewriter, rnn->output(1), next)};
}

constexpr Rule kRules[] = {{"rnn-cell", "", fuse}};

}  // namespace

bool fuse_rnn_cell(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
