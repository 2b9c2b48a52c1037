#include <algorithm>
#include <cmath>
#include <span>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/passes.h"
#include "passes/recurrence/gru_step.h"
#include "passes/recurrence/lstm_step.h"
#include "passes/recurrence/recurrent_cell.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

using namespace recurrent_input;
using namespace recurrent_output;

// Sums of biases that an exporter folded may be rounded in another way.
constexpr double kTolerance = 1e-6;

/// The halves of B that a sum of a step from a zero state holds. The half of x comes with x W.
struct BiasHalves {
  bool input = true;
  bool state = true;
};

/// What the first step computes under one of its activations.
struct FirstGate {
  std::int64_t position = 0;  ///< Among the gates of W.
  const LinearSum* sum = nullptr;
  BiasHalves biases = {};
};

bool is_close(double a, double b) { return std::abs(a - b) <= kTolerance * (1 + std::abs(b)); }

/// The weights of a recurrent node as numbers.
class NodeWeights {
 public:
  NodeWeights(const Node& node, std::int64_t size, const PassContext& context)
      : context_(context),
        weights_(context.constant(node.input(kW))),
        biases_(context.constant(node.input(kB))),
        has_biases_(node.input(kB) != nullptr),
        size_(size) {}

  bool are_known() const { return weights_ != nullptr && (biases_ != nullptr || !has_biases_); }

  /// True when the gate multiplies the operands and adds biases as the node does.
  bool explain(const FirstGate& gate, const std::vector<Operand>& operands) const {
    if (gate.biases.input && !explain_weights(gate, operands)) return false;
    for (std::int64_t h = 0; h < size_; ++h) {
      const auto sum = bias_of(*gate.sum, h);
      if (!sum || !is_close(*sum, node_bias(gate, h))) return false;
    }
    return true;
  }

 private:
  std::int64_t columns() const { return weights_->dims()[2]; }

  bool explain_weights(const FirstGate& gate, const std::vector<Operand>& operands) const {
    std::int64_t column = 0;
    for (const Operand& operand : operands) {
      const std::int64_t width = operand.value->type().shape->back().size();
      if (column + width > columns() || !explain_block(gate, operand, column)) return false;
      column += width;
    }
    return column == columns();
  }

  bool explain_block(const FirstGate& gate, const Operand& operand, std::int64_t first) const {
    const LinearTerm* term = term_of(*gate.sum, operand);
    const std::int64_t width = operand.value->type().shape->back().size();
    const Tensor* numbers = term == nullptr ? nullptr : context_.constant(term->weight.value);
    if (term != nullptr && term->weight.value != nullptr && numbers == nullptr) return false;
    for (std::int64_t h = 0; h < size_; ++h) {
      const std::int64_t row = (gate.position * size_ + h) * columns() + first;
      for (std::int64_t k = 0; k < width; ++k) {
        const double own =
            term == nullptr ? 0 : term->scale * weight_at(term->weight, numbers, k, h);
        if (!is_close(own, weights_->number_at(row + k))) return false;
      }
    }
    return true;
  }

  static double weight_at(const WeightBlock& block, const Tensor* numbers, std::int64_t k,
                          std::int64_t h) {
    const std::int64_t row = block.rows.first + k;
    const std::int64_t column = block.columns.at(h);
    if (numbers == nullptr) return row == column ? 1 : 0;
    const std::int64_t stride = numbers->dims().back();
    return numbers->number_at(block.transposed ? column * stride + row : row * stride + column);
  }

  std::optional<double> bias_of(const LinearSum& sum, std::int64_t h) const {
    double total = 0;
    for (const BiasBlock& block : sum.biases) {
      const Tensor* numbers = context_.constant(block.value);
      if (numbers == nullptr) return std::nullopt;
      const std::int64_t index = numbers->size() == 1 ? 0 : block.columns.at(h);
      total += block.scale * numbers->number_at(index);
    }
    return total;
  }

  double node_bias(const FirstGate& gate, std::int64_t h) const {
    if (!has_biases_) return 0;
    const std::int64_t index = gate.position * size_ + h;
    double total = 0;
    if (gate.biases.input) total += biases_->number_at(index);
    if (gate.biases.state) total += biases_->number_at(biases_->size() / 2 + index);
    return total;
  }

  const PassContext& context_;
  const Tensor* weights_;
  const Tensor* biases_;
  bool has_biases_;
  std::int64_t size_;
};

/// A step from a zero state, as it was spelled in parts.
struct FirstStep {
  std::optional<LstmStep> lstm;
  std::optional<GruStep> gru;
  std::optional<LinearSum> rnn;
  std::vector<FirstGate> gates;
  Value* next_cell = nullptr;
};

bool is_zero(const Value* state, const PassContext& context) {
  return state == nullptr || is_filled_with(state, 0, context);
}

bool has_peepholes(const LstmStep& step) {
  return !step.input_gate.peepholes.empty() || !step.output_gate.peepholes.empty() ||
         (step.forget_gate && !step.forget_gate->peepholes.empty());
}

bool have_activations(std::span<const Activation> own, const RecurrentAttrs& attrs) {
  return std::equal(own.begin(), own.end(), attrs.directions[0].activations.begin(), are_equal);
}

bool read_lstm(const Node& result, const RecurrentAttrs& attrs, const Rewriter& rewriter,
               FirstStep& first) {
  first.lstm = read_lstm_step(result, rewriter);
  if (!first.lstm || !is_zero(first.lstm->cell, rewriter.context())) return false;
  const LstmStep& step = *first.lstm;
  if (!have_activations(step.activations, attrs) || has_peepholes(step)) return false;
  first.gates = {{0, &step.input_gate}, {1, &step.output_gate}, {3, &step.candidate}};
  if (step.forget_gate) first.gates.push_back({2, &*step.forget_gate});
  first.next_cell = step.next_cell;
  return true;
}

bool read_gru(const Node& result, const RecurrentAttrs& attrs, const Rewriter& rewriter,
              FirstStep& first) {
  first.gru = read_gru_step(result, rewriter);
  if (!first.gru || !is_zero(first.gru->hidden, rewriter.context())) return false;
  const GruStep& step = *first.gru;
  if (!have_activations(step.activations, attrs)) return false;
  first.gates = {{0, &step.update_gate}};
  if (step.reset_gate) first.gates.push_back({1, &*step.reset_gate});
  const bool resets_after = attrs.linear_before_reset;
  if (step.resets_after && !resets_after) return false;
  // Without r * (0 R + b') nothing is left of b'.
  first.gates.push_back({2, &step.candidate_input, {true, !resets_after}});
  static const LinearSum kNothing;
  if (resets_after) {
    first.gates.push_back(
        {2, step.resets_after ? &step.candidate_state : &kNothing, {false, true}});
  }
  return true;
}

bool read_rnn(const Node& result, const RecurrentAttrs& attrs, const Rewriter& rewriter,
              FirstStep& first) {
  auto gate = gate_under(*result.output(), rewriter.context());
  if (!gate) {
    auto sum = find_linear_terms(*result.output(), rewriter.context());
    if (sum) gate = Gate{identity_activation(), std::move(*sum)};
  }
  if (!gate || !have_activations({&gate->activation, 1}, attrs)) return false;
  first.rnn = std::move(gate->sum);
  first.gates = {{0, &*first.rnn}};
  return true;
}

bool read_first_step(const Node& result, const RecurrentAttrs& attrs, const Rewriter& rewriter,
                     FirstStep& first) {
  const std::string_view op = result.op().name;
  if (attrs.clip || attrs.input_forget) return false;
  if (attrs.kind == &kRnn) return read_rnn(result, attrs, rewriter, first);
  if (attrs.kind == &kLstm) return op == "Mul" && read_lstm(result, attrs, rewriter, first);
  return (op == "Add" || op == "Sub" || op == "Mul") && read_gru(result, attrs, rewriter, first);
}

// True when `state` of the node is what the first step hands on.
bool hands_on(const Node& node, const FirstStep& first) {
  return node.op().name != "LSTM" ||
         (node.input(kP) == nullptr &&
          behind_rank_changes(node.input(kInitialC)) == first.next_cell);
}

std::optional<std::vector<Operand>> find_operands(const FirstStep& first) {
  std::vector<const LinearSum*> sums;
  for (const FirstGate& gate : first.gates) sums.push_back(gate.sum);
  return collect_operands(sums);
}

std::optional<Replacement> fuse(Node& node, Rewriter& rewriter) {
  if (!is_forward_over_all(node)) return std::nullopt;
  Value* state = behind_rank_changes(node.input(kInitialH));
  if (state == nullptr || state->producer() == nullptr || is_recurrent(*state->producer())) {
    return std::nullopt;
  }
  const RecurrentAttrs attrs = read_recurrent_attrs(node);
  FirstStep first;
  const auto size = state_size_of(*state, rewriter);
  if (!size) return std::nullopt;
  if (!read_first_step(*state->producer(), attrs, rewriter, first)) return std::nullopt;
  if (!hands_on(node, first)) return rewriter.no_match("its cell state is not the first step's");
  const auto operands = find_operands(first);
  const NodeWeights weights(node, *size, rewriter.context());
  if (!operands || operands->empty() || !weights.are_known()) {
    return rewriter.no_match("the step before it may have other weights");
  }
  for (const FirstGate& gate : first.gates) {
    if (!weights.explain(gate, *operands)) {
      return rewriter.no_match("the step before it has other weights");
    }
  }
  rewriter.insert_before(first.next_cell == nullptr ? *state->producer()
                                                    : *first.next_cell->producer());
  std::vector<Value*> ports = node.inputs();
  ports.resize(kSequenceLens);
  ports[kX] = build_step_input(rewriter, *operands);
  Node* step = rewriter.add_node(node.op().name, ports, node.op().outputs.size(), node.attrs());
  step->drop_output(kY);
  rewriter.also_replace(state, build_step_output(rewriter, step->output(kYh), *state));
  if (first.next_cell != nullptr) {
    rewriter.also_replace(first.next_cell,
                          build_step_output(rewriter, step->output(kYc), *first.next_cell));
  }
  return Replacement{};
}

constexpr Rule kRules[] = {{"first-step", "", fuse}};

}  // namespace

bool fuse_first_step(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
