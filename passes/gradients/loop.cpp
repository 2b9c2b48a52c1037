#include <algorithm>

#include "ir/error.h"
#include "passes/gradients/gradient_table.h"
#include "passes/gradients/replay.h"
#include "passes/rewriting/sub_graphs.h"

/// Loop and Scan.
/// Forward:  (v[t+1], slices[t]) = f(v[t], t, captured), t = 0, 1, ...
/// Backward: (dv[t], dcaptured[t]) = f'(v[t], t, captured) (dv[t+1], dslices[t]), t = .., 1, 0;
///           dcaptured = sum over t of dcaptured[t]
/// The forward node delivers v[t] as well, and a Loop the numbers t of its iterations. The way back
/// is a Scan over these from the last one on; it carries dv and the sums.
namespace gatefold::gradients {
namespace {

/// A value whose slices the iterations read or make, and how a Scan's attributes say it.
struct Sequence {
  Value* whole = nullptr;
  Value* slice = nullptr;  ///< In the forward body.
  std::int64_t axis = 0;
  std::int64_t direction = 0;
};

/// What of a loop gradients flow through: values of the forward body and of the graphs around it.
struct Flow {
  std::vector<std::size_t> states;
  std::vector<std::size_t> slices;  ///< Numbers of the sequences that a Scan reads.
  std::vector<Value*> captured;
};

bool is_float_tensor(const Value& value) {
  return value.type().is_tensor() && is_float(value.type().dtype);
}

/// The sequences that a Scan reads; none for a Loop.
std::vector<Sequence> sequences_read(const LoopView& loop) {
  std::vector<Sequence> sequences;
  if (!loop.is_scan()) return sequences;
  const Node& node = loop.node();
  for (std::size_t i = loop.carried_count(); i < node.input_count(); ++i) {
    const std::size_t number = i - loop.carried_count();
    sequences.push_back({.whole = node.input(i),
                         .slice = loop.body().inputs()[i],
                         .axis = loop.list_entry("scan_input_axes", number),
                         .direction = loop.list_entry("scan_input_directions", number)});
  }
  return sequences;
}

/// The gradients of the sequences that a loop makes, where there are any.
std::vector<Sequence> gradients_of_made(const LoopView& loop, const Gradients& dY) {
  std::vector<Sequence> sequences;
  for (std::size_t i = 0; i < loop.stacked_count(); ++i) {
    const std::size_t output = loop.carried_count() + i;
    if (output >= dY.size() || dY[output] == nullptr) continue;
    sequences.push_back({.whole = dY[output],
                         .slice = loop.slice(i),
                         .axis = loop.list_entry("scan_output_axes", i),
                         .direction = loop.list_entry("scan_output_directions", i)});
  }
  return sequences;
}

// A state takes part when it starts with a wanted value or an iteration makes it of one.
Flow find_flow(const GradientBuilder& g, const LoopView& loop) {
  Flow flow;
  for (Value* value : captured_values(loop.node())) {
    if (g.wants(value)) flow.captured.push_back(value);
  }
  std::vector<Value*> sources = flow.captured;
  const std::vector<Sequence> read = sequences_read(loop);
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (!g.wants(read[i].whole)) continue;
    flow.slices.push_back(i);
    sources.push_back(read[i].slice);
  }
  std::vector<bool> takes_part(loop.carried_count());
  for (bool has_grown = true; has_grown;) {
    has_grown = false;
    const auto dependents = dependents_of(nodes_behind(loop.body()), sources);
    for (std::size_t i = 0; i < takes_part.size(); ++i) {
      if (takes_part[i] || !is_float_tensor(*loop.state(i))) continue;
      if (!g.wants(loop.initial(i)) && dependents.count(loop.next(i)) == 0) continue;
      takes_part[i] = has_grown = true;
      sources.push_back(loop.state(i));
    }
  }
  for (std::size_t i = 0; i < takes_part.size(); ++i) {
    if (takes_part[i]) flow.states.push_back(i);
  }
  return flow;
}

/// The inputs of the body that change from one iteration to the next and are no slices.
std::vector<Value*> inputs_to_save(const LoopView& loop) {
  std::vector<Value*> inputs;
  if (!loop.is_scan()) inputs.push_back(loop.body().inputs()[0]);
  for (std::size_t i = 0; i < loop.carried_count(); ++i) {
    Value* state = loop.state(i);
    if (!state->is_used()) continue;
    if (!state->type().is_tensor()) {
      fail("{} cannot be differentiated: it carries '{}', which is no tensor",
           loop.node().describe(), state->name());
    }
    inputs.push_back(state);
  }
  return inputs;
}

/// Puts a node in place of the loop that also delivers what inputs_to_save names.
std::vector<Sequence> save_inputs(GradientBuilder& g, const LoopView& loop) {
  Node& node = loop.node();
  Graph::ValueMap copies;
  SubGraph body = loop.body().clone(&g.graph(), copies);
  std::vector<Sequence> saved;
  for (Value* input : inputs_to_save(loop)) {
    body->add_output(g.graph().unique_name(input->name()), copies.at(input));
    saved.push_back({.slice = input});
  }
  const std::size_t own = loop.carried_count() + loop.stacked_count();
  Attrs attrs = node.attrs();
  for (const char* list : {"scan_output_axes", "scan_output_directions"}) {
    std::vector<std::int64_t> entries = node.attr_ints(list);
    if (entries.empty()) continue;
    entries.resize(loop.stacked_count() + saved.size());
    attrs[list] = entries;
  }
  attrs["body"] = body;
  const Node* forward =
      g.add_node_before(node, node.op().name, node.inputs(), own + saved.size(), std::move(attrs));
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) != nullptr) g.graph().replace_all_uses(node.output(i), forward->output(i));
  }
  for (std::size_t i = 0; i < saved.size(); ++i) saved[i].whole = forward->output(own + i);
  return saved;
}

/// The Scan that goes back. Its body is a copy of the forward one, computing it once more, whose
/// inputs and outputs are exchanged.
class WayBack {
 public:
  WayBack(GradientBuilder& g, const LoopView& loop)
      : g_(g), loop_(loop), body_(copy_to_replay(g, loop.node(), loop.body(), copies_)) {}

  /// All states must be added before the first sequence.
  void carry_gradient(std::size_t state, Value* dY) {
    if (dY == nullptr) dY = g_.zeros_like(*loop_.initial(state));
    Value* copy = copies_.at(loop_.state(state));
    Value* carried = add_state(copy->type(), dY);
    add_result(loop_.next(state), carried);
    // Nothing depends on a state that is not read: zeros, of the extents of what it becomes.
    targets_.push_back(copy->is_used() ? copy : carried);
  }
  void sum_up(Value* captured) {
    targets_.push_back(captured);
    sums_.push_back(add_state(captured->type(), g_.zeros_like(*captured)));
  }

  void read(const Sequence& sequence) {
    Value* copy = copies_.at(sequence.slice);
    Value* slice = add_slice(sequence);
    body_->replace_all_uses(copy, slice);
    copies_[sequence.slice] = slice;
    for (auto* list : {&targets_, &results_}) std::replace(list->begin(), list->end(), copy, slice);
  }
  void read_gradient(const Sequence& sequence) { add_result(sequence.slice, add_slice(sequence)); }
  void write_gradient(const Sequence& sequence) {
    targets_.push_back(copies_.at(sequence.slice));
    output_axes_.push_back(sequence.axis);
    output_directions_.push_back(1 - sequence.direction);
  }

  /// The gradients, in the order in which they were asked for.
  Node* add() {
    Gradients gradients = differentiate_body(loop_.node(), *body_, results_, dY_, targets_);
    const std::size_t first_sum = initial_.size() - sums_.size();
    GraphBuilder in_body(*body_);
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      gradients[first_sum + i] = in_body.add("Add", {sums_[i], gradients[first_sum + i]});
    }
    erase_outputs(*body_);
    for (Value* gradient : gradients) {
      body_->add_output(g_.graph().unique_name(gradient->name()), gradient);
    }
    const std::size_t own_inputs = loop_.body().inputs().size();
    for (std::size_t i = 0; i < own_inputs; ++i) erase_first_input();
    std::vector<Value*> inputs = initial_;
    inputs.insert(inputs.end(), wholes_.begin(), wholes_.end());
    return g_.add_node("Scan", inputs, gradients.size(),
                       {{"body", body_},
                        {"num_scan_inputs", static_cast<std::int64_t>(wholes_.size())},
                        {"scan_input_axes", input_axes_},
                        {"scan_input_directions", input_directions_},
                        {"scan_output_axes", output_axes_},
                        {"scan_output_directions", output_directions_}});
  }

 private:
  void add_result(Value* forward, Value* dY) {
    const auto copy = copies_.find(forward);
    results_.push_back(copy == copies_.end() ? forward : copy->second);
    dY_.push_back(dY);
  }

  Value* add_state(const Type& type, Value* initial) {
    initial_.push_back(initial);
    return body_->add_input(g_.graph().unique_name("carried"), type);
  }

  Value* add_slice(const Sequence& sequence) {
    wholes_.push_back(sequence.whole);
    input_axes_.push_back(sequence.axis);
    input_directions_.push_back(1 - sequence.direction);
    return body_->add_input(g_.graph().unique_name("slice"), sequence.slice->type());
  }

  // A copy of an input of the forward body that is not read.
  void erase_first_input() {
    Value* input = body_->inputs().front();
    if (!input->uses().empty()) {
      // A Loop's condition, true in every iteration that was run.
      body_->replace_all_uses(
          input, body_->add_constant(g_.graph().unique_name("true"), Tensor::scalar(true)));
    }
    body_->erase_value(input);
  }

  GradientBuilder& g_;
  const LoopView& loop_;
  Graph::ValueMap copies_;
  SubGraph body_;
  std::vector<Value*> targets_;
  std::vector<Value*> results_;
  Gradients dY_;
  std::vector<Value*> sums_;
  std::vector<Value*> initial_;
  std::vector<Value*> wholes_;
  std::vector<std::int64_t> input_axes_;
  std::vector<std::int64_t> input_directions_;
  std::vector<std::int64_t> output_axes_;
  std::vector<std::int64_t> output_directions_;
};

Gradients loop_rule(GradientBuilder& g, Node& node, const Gradients& dY) {
  const LoopView loop(node);
  const Flow flow = find_flow(g, loop);
  const std::vector<Sequence> read = sequences_read(loop);
  const std::vector<Value*> captured = captured_values(node);

  WayBack way_back(g, loop);
  for (const std::size_t i : flow.states) {
    way_back.carry_gradient(i, i < dY.size() ? dY[i] : nullptr);
  }
  for (Value* value : flow.captured) way_back.sum_up(value);
  for (const Sequence& sequence : save_inputs(g, loop)) way_back.read(sequence);
  for (const Sequence& sequence : read) way_back.read(sequence);
  for (const Sequence& sequence : gradients_of_made(loop, dY)) way_back.read_gradient(sequence);
  for (const std::size_t i : flow.slices) way_back.write_gradient(read[i]);

  const Node* backward = way_back.add();
  Gradients dX(node.input_count() + captured.size());
  std::size_t output = 0;
  for (const std::size_t i : flow.states) dX[loop.first_carried() + i] = backward->output(output++);
  for (Value* value : flow.captured) {
    const auto position = std::find(captured.begin(), captured.end(), value) - captured.begin();
    dX[node.input_count() + position] = backward->output(output++);
  }
  for (const std::size_t i : flow.slices) {
    dX[loop.carried_count() + i] = backward->output(output++);
  }
  return dX;
}

}  // namespace

std::vector<GradientEntry> loop() {
  return {{.op = "Loop", .rule = loop_rule}, {.op = "Scan", .rule = loop_rule}};
}

}  // namespace gatefold::gradients
