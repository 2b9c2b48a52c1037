#include <algorithm>
#include <string>
#include <unordered_map>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/recurrence/activation_attrs.h"
#include "passes/recurrence/recurrent_step.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

using namespace recurrent_input;
using namespace recurrent_output;

Value* concat(Rewriter& rewriter, const std::vector<Value*>& parts, std::int64_t axis) {
  return parts.size() == 1 ? parts.front() : rewriter.add("Concat", parts, {{"axis", axis}});
}

bool add_the_same(const LinearSum& a, const LinearSum& b) {
  return a.biases == b.biases && a.number == b.number;
}

// True when both steps compute the same function of their inputs and states.
bool have_same_weights(const RecurrentStep& a, const RecurrentStep& b) {
  const auto multiply_the_same = [](const auto& own, const auto& other) {
    return std::equal(own.begin(), own.end(), other.begin(), other.end(),
                      [](const LinearTerm& x, const LinearTerm& y) {
                        return x.weight == y.weight && x.columns == y.columns && x.scale == y.scale;
                      });
  };
  return a.kind == b.kind && a.state == b.state &&
         std::equal(a.operands.begin(), a.operands.end(), b.operands.begin(), b.operands.end(),
                    multiply_the_same) &&
         std::equal(a.gates.begin(), a.gates.end(), b.gates.begin(), add_the_same) &&
         add_the_same(a.state_bias, b.state_bias) && a.peepholes == b.peepholes;
}

/// What the nodes of equal steps share.
struct StepWeights {
  Value* w = nullptr;
  Value* r = nullptr;
  Value* b = nullptr;
  Value* p = nullptr;  ///< nullptr where no gate has a peephole.
};

/// Builds the ports of the node for one step.
class StepBuilder {
 public:
  StepBuilder(const RecurrentStep& step, Rewriter& rewriter)
      : step_(step), rewriter_(rewriter), dtype_(step.next_hidden->type().dtype) {}

  StepWeights build_weights() {
    return {weights_of_inputs(), weights_of_state(), biases(), build_peepholes()};
  }

  Node* build(const StepWeights& weights) {
    Value* inputs = rows_of_inputs();
    const View& state = step_.operands[step_.state].front().rows;
    std::vector<Value*> ports{stacked(inputs), weights.w,
                              weights.r,       weights.b,
                              nullptr,         stacked(build_rows(rewriter_, state, inputs))};
    if (step_.cell) ports.push_back(stacked(build_rows(rewriter_, *step_.cell, inputs)));
    if (weights.p != nullptr) ports.push_back(weights.p);
    Attrs attrs = activation_attrs(*step_.kind, step_.activations);
    attrs["hidden_size"] = step_.size();
    if (step_.clip) attrs["clip"] = *step_.clip;
    if (step_.kind == &kGru) attrs["linear_before_reset"] = std::int64_t{step_.resets_after};
    Node* node =
        rewriter_.add_node(step_.kind->op, ports, step_.kind->output_count(), std::move(attrs));
    node->drop_output(kY);
    return node;
  }

 private:
  bool is_state(std::size_t operand) const { return operand == step_.state; }

  Value* stacked(Value* value) {
    return rewriter_.add("Unsqueeze", {value, rewriter_.add_ints({0})});
  }
  Value* zeros(std::int64_t size) {
    return rewriter_.add_constant("zeros", Tensor(dtype_, {size}));
  }

  Value* rows_of_inputs() {
    std::vector<Value*> parts;
    for (std::size_t i = 0; i < step_.operands.size(); ++i) {
      if (!is_state(i)) parts.push_back(build_rows(rewriter_, step_.operands[i].front().rows));
    }
    return concat(rewriter_, parts, 1);
  }

  // [1, G * H, columns of the operands]
  template <typename Takes>
  Value* stacked_weights(const Takes& takes) {
    std::vector<Value*> gates;
    for (std::size_t gate = 0; gate < step_.gates.size(); ++gate) {
      std::vector<Value*> blocks;
      for (std::size_t i = 0; i < step_.operands.size(); ++i) {
        if (takes(i)) blocks.push_back(build_weight(rewriter_, step_.operands[i][gate]));
      }
      gates.push_back(concat(rewriter_, blocks, 1));
    }
    return stacked(concat(rewriter_, gates, 0));
  }
  Value* weights_of_inputs() {
    return stacked_weights([this](std::size_t i) { return !is_state(i); });
  }
  Value* weights_of_state() {
    return stacked_weights([this](std::size_t i) { return is_state(i); });
  }

  // [1, 2 * G * H]
  Value* biases() {
    std::vector<Value*> parts;
    for (const LinearSum& gate : step_.gates) {
      parts.push_back(build_bias(rewriter_, gate, dtype_, step_.size()));
    }
    const std::int64_t gates = std::ssize(step_.gates);
    if (step_.resets_after) {
      parts.push_back(zeros((gates - 1) * step_.size()));
      parts.push_back(build_bias(rewriter_, step_.state_bias, dtype_, step_.size()));
    } else {
      parts.push_back(zeros(gates * step_.size()));
    }
    return stacked(concat(rewriter_, parts, 0));
  }

  // [1, 3 * H] in the order i o f; nullptr when no gate has one.
  Value* build_peepholes() {
    const auto& peepholes = step_.peepholes;
    if (std::none_of(peepholes.begin(), peepholes.end(),
                     [](const auto& peephole) { return peephole.has_value(); })) {
      return nullptr;
    }
    std::vector<Value*> parts;
    for (const auto& peephole : peepholes) {
      parts.push_back(peephole ? build_vector(rewriter_, peephole->weights, peephole->scale)
                               : zeros(step_.size()));
    }
    return stacked(concat(rewriter_, parts, 0));
  }

  const RecurrentStep& step_;
  Rewriter& rewriter_;
  DataType dtype_;
};

/// A value of the graph and what takes its place.
struct Exchange {
  Value* before = nullptr;
  Value* after = nullptr;
};

bool can_be_built(const RecurrentStep& step) {
  // What Casts made wider is another value.
  const auto fits = [&](const View& rows) {
    return rows.source->type().dtype == step.next_hidden->type().dtype && can_build_rows(rows);
  };
  return (!step.cell || fits(*step.cell)) &&
         std::all_of(step.operands.begin(), step.operands.end(), [&](const auto& operand) {
           return fits(operand.front().rows) &&
                  std::all_of(operand.begin(), operand.end(), can_build_weight);
         });
}

/// Builds the nodes of all steps of a graph.
class StepNodes {
 public:
  explicit StepNodes(PassContext& context) : context_(context) {}

  void build(const RecurrentStep& step) {
    Node& position = *(step.next_cell == nullptr ? step.next_hidden : step.next_cell)->producer();
    Rewriter rewriter(position, context_);
    StepBuilder builder(step, rewriter);
    const Node* node = builder.build(weights_of(step, builder));
    exchange(step.next_hidden, node->output(kYh), rewriter);
    if (step.next_cell != nullptr) exchange(step.next_cell, node->output(kYc), rewriter);
  }
  const std::vector<Exchange>& exchanges() const { return exchanges_; }

 private:
  StepWeights weights_of(const RecurrentStep& step, StepBuilder& builder) {
    const Value* source = step.operands[step.state].front().weight.source;
    const auto [begin, end] = built_.equal_range(source);
    const auto known = std::find_if(
        begin, end, [&](const auto& entry) { return have_same_weights(*entry.second.step, step); });
    if (known != end) return known->second.weights;
    return built_.emplace(source, Built{&step, builder.build_weights()})->second.weights;
  }

  void exchange(Value* before, Value* state, Rewriter& rewriter) {
    exchanges_.push_back({before, build_step_output(rewriter, state, *before)});
  }

  struct Built {
    const RecurrentStep* step = nullptr;
    StepWeights weights;
  };

  PassContext& context_;
  std::unordered_multimap<const Value*, Built> built_;  // By what the state is multiplied with.
  std::vector<Exchange> exchanges_;
};

// New values go by the names of what they replace.
void replace(const std::vector<Exchange>& exchanges) {
  for (const auto& [before, after] : exchanges) {
    before->graph()->replace_all_uses(before, after);
    std::string name = before->name();
    before->set_name(after->name());
    after->set_name(std::move(name));
  }
  std::vector<Node*> producers;
  for (const Exchange& exchange : exchanges) producers.push_back(exchange.before->producer());
  while (!producers.empty()) {
    Node* producer = producers.back();
    producers.pop_back();
    erase_if_dead(producer, [&](Node& dead) { std::erase(producers, &dead); });
  }
}

// Puts a node over one time step in the place of every step of a kind, in the graph and its
// sub-graphs: X [1, N, I], initial states [1, N, H] and no Y.
bool fuse_steps(Graph& graph, PassContext& context, const RecurrentKind& kind) {
  bool changed = false;
  for (const auto& node : graph.nodes()) {
    for (Graph* inner : node->sub_graphs()) changed = fuse_steps(*inner, context, kind) || changed;
  }
  const std::vector<RecurrentStep> steps = find_recurrent_steps(graph, kind, context);
  StepNodes nodes(context);
  for (const RecurrentStep& step : steps) {
    if (can_be_built(step) && context.allow_rewrite()) nodes.build(step);
  }
  if (nodes.exchanges().empty()) return changed;
  replace(nodes.exchanges());
  graph.sort_topologically();
  return true;
}

}  // namespace

bool fuse_lstm_cell(Graph& graph, PassContext& context) {
  return fuse_steps(graph, context, kLstm);
}

bool fuse_gru_cell(Graph& graph, PassContext& context) { return fuse_steps(graph, context, kGru); }

bool fuse_rnn_cell(Graph& graph, PassContext& context) { return fuse_steps(graph, context, kRnn); }

}  // namespace gatefold::passes
