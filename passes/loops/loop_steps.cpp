#include <algorithm>
#include <cstdlib>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/loops/loop_rows.h"
#include "passes/rewriting/lengths.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/spell_view.h"

namespace gatefold {
namespace {

using namespace recurrent_input;
using namespace recurrent_output;

// The axes of a view of a state: [T, 1, N, H].
enum StateAxis : std::size_t { kTime, kDirection, kBatch, kHidden };

// True for a view [T, 1, N, H] of all that a step delivers.
bool is_all(const View& view) {
  std::vector<ViewIndex> places(view.source->type().shape->size() - 3, ViewIndex::constant(0, 4));
  for (const std::size_t axis : {kDirection, kBatch, kHidden}) {
    places.push_back(ViewIndex::along(axis, 4));
  }
  return view.runs == view_at(*view.source, view.extents, places).runs;
}

// True for constant zeros.
bool is_zero(const View& view, const PassContext& context) {
  const Value* value = origin_of(view).source;
  const Node* filled = producer_of(value, "ConstantOfShape");
  if (filled == nullptr) return is_filled_with(value, 0, context);
  return !filled->has_attr("value") || filled->attr_tensor("value").number_at(0) == 0;
}

// True for the same elements.
bool is_same(const View& a, const View& b) { return a.source == b.source && a.runs == b.runs; }

// Follows a view to a step of a recurrent node; nullptr for something else.
Node* step_behind(View& view) {
  view = origin_of(view);
  Node* node = view.source->producer();
  return node != nullptr && is_recurrent(*node) ? node : nullptr;
}

}  // namespace

const LoopRows::Step* LoopRows::step_of(const Node& node) {
  auto found = steps_.find(&node);
  if (found == steps_.end()) found = steps_.emplace(&node, build_step(node)).first;
  return found->second ? &*found->second : nullptr;
}

std::optional<LoopRows::Step> LoopRows::build_step(const Node& node) {
  if (!is_forward_over_all(node)) {
    return rewriter_.no_match("{} is no plain forward step", node.describe());
  }
  for (std::size_t port = 1; port < node.input_count(); ++port) {
    const bool is_state = port == kInitialH || port == kInitialC;
    if (!is_state && node.input(port) != nullptr && !is_outside(*node.input(port))) {
      return rewriter_.no_match("input {} of {} changes between iterations",
                                node.op().inputs[port].name, node.describe());
    }
  }
  Step step;
  for (const std::size_t port : {kInitialH, kInitialC}) {
    if (port == kInitialC && node.op().name != "LSTM") continue;
    const auto state = find_state(node, port);
    if (!state || !goes_on(*state, node, port, step)) {
      return rewriter_.no_match("state '{}' of {} is not carried", node.op().inputs[port].name,
                                node.describe());
    }
    step.states.push_back(*state);
  }
  // Where its own sequences have ended the step reads nothing.
  const View input = in_time(*node.input(kX));
  const auto masked = step.left ? read_masked(origin_of(input)) : std::nullopt;
  const bool is_open = masked && masked->step->left == step.left;
  const auto row = is_open ? std::optional(masked->rows) : outside(input);
  const bool is_single = row && row->extents[kDirection].is(1);
  // The steps that a sequence has not are its last ones for the node over all iterations.
  const auto backwards = step.left ? std::optional(step.left->per_iteration() > 0) : std::nullopt;
  const auto rows =
      is_single ? rows_of(with_axes(*row, {kTime, kBatch, kHidden}), backwards) : std::nullopt;
  if (!rows) {
    return rewriter_.no_match("the input of {} is no row of a sequence", node.describe());
  }
  step.backwards = rows->backwards;
  step.node = add_step(node, step, rows->value);
  return step.node == nullptr ? std::nullopt : std::optional(step);
}

Node* LoopRows::add_step(const Node& node, const Step& step, Value* rows) {
  std::vector<Value*> ports = node.inputs();
  for (Value*& port : ports) {
    if (port != nullptr && is_outside(*port)) port = outside(in_time(*port))->source;
  }
  ports[kX] = rows;
  for (std::size_t i = 0; i < step.states.size(); ++i) {
    const auto& [number, view] = step.states[i];
    const View first = view_at(*loop_.initial(number), view.extents, *coordinates_of(view));
    ports[kInitialH + i] = spell(rewriter_, with_axes(first, {kDirection, kBatch, kHidden}));
    if (ports[kInitialH + i] == nullptr) return nullptr;
  }
  Attrs attrs = node.attrs();
  if (step.backwards) attrs["direction"] = std::string("reverse");
  if (step.left) {
    const Count last = counts_.trips().value_or(Count()) - Count{.offset = 1};
    const Count left = step.left->at(step.backwards ? last : Count());
    const bool is_by_ones = std::abs(step.left->per_iteration()) == 1;
    ports[kSequenceLens] = is_by_ones ? build_lengths(rewriter_, left, kBatch, rows) : nullptr;
    if (ports[kSequenceLens] == nullptr) return nullptr;
  }
  Node* all = rewriter_.add_node(node.op().name, ports, node.op().outputs.size(), std::move(attrs));
  all->set_name(node.name());
  return all;
}

std::optional<LoopRows::State> LoopRows::find_state(const Node& node, std::size_t port) const {
  if (node.input(port) == nullptr) return std::nullopt;
  const View view = origin_of(in_time(*node.input(port)));
  for (std::size_t i = 0; i < loop_.carried_count(); ++i) {
    const auto has_rank = [&](const Value* value) {
      return value->type().has_rank() && value->type().rank() == view.source->type().rank();
    };
    if (loop_.state(i) != view.source || !has_rank(loop_.next(i)) || !has_rank(loop_.initial(i))) {
      continue;
    }
    if (coordinates_of(view)) return State{i, view};
  }
  return std::nullopt;
}

// What an iteration leaves in the place of the state.
View LoopRows::made_of(const State& state) const {
  return origin_of(
      view_at(*loop_.next(state.number), state.view.extents, *coordinates_of(state.view)));
}

// True when an iteration leaves what the step made of the state in its place; in sequences that
// have ended, the state itself.
bool LoopRows::goes_on(const State& state, const Node& node, std::size_t port, Step& step) {
  View next = made_of(state);
  std::optional<Count> left;
  if (step_behind(next) == nullptr) {
    const auto made = choose_made(next, state, left);
    if (!made) return false;
    next = *made;
  }
  const bool is_first = port == kInitialH;
  if (is_first) step.left = left;
  return step_behind(next) == &node && is_all(next) && left == step.left &&
         is_first == (next.source->output_index() < kYc);
}

// Where (a step goes on, what it makes, the state) -> what it makes, and how many steps are left
std::optional<View> LoopRows::choose_made(const View& next, const State& state,
                                          std::optional<Count>& left) {
  const Node* where = producer_of(next.source, "Where");
  const auto mask = where != nullptr ? operand_of(next, where->input(0)) : std::nullopt;
  for (const std::size_t port : {1, 2}) {
    const auto kept = mask ? operand_of(next, where->input(3 - port)) : std::nullopt;
    if (!kept || !is_same(origin_of(*kept), state.view)) continue;
    left = steps_left(*mask, port == 2, kBatch, counts_);
    return left ? operand_of(next, where->input(port)) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<View> LoopRows::make_rows(Value& value) {
  const Node* node = value.producer();
  if (node == nullptr || !value.type().has_rank()) return std::nullopt;
  if (!is_recurrent(*node)) {
    if (auto rows = make_masked_rows(value)) return rows;
    const auto rows = value.output_index() == 0 ? map_node(*node) : std::nullopt;
    return rows ? std::optional(rows->in_order()) : std::nullopt;
  }
  // Behind the end of a sequence the step makes something else than the node delivers.
  const Step* step = step_of(*node);
  if (step == nullptr || step->left || value.output_index() == kYc) return std::nullopt;
  return Rows{step->node->output(kY), step->backwards}.in_order();
}

// Where (a step goes on, what it makes, something else), of a view [T, 1, N, ..]
std::optional<LoopRows::Masked> LoopRows::read_masked(const View& view) {
  const Node* where = producer_of(view.source, "Where");
  const auto mask = where != nullptr ? operand_of(view, where->input(0)) : std::nullopt;
  for (const std::size_t port : {1, 2}) {
    auto made = mask ? operand_of(view, where->input(port)) : std::nullopt;
    const auto other = mask ? operand_of(view, where->input(3 - port)) : std::nullopt;
    const Node* node = made && other ? step_behind(*made) : nullptr;
    const Step* step = node == nullptr ? nullptr : step_of(*node);
    if (step == nullptr || !step->left || made->source->output_index() == kYc) continue;
    if (steps_left(*mask, port == 2, kBatch, counts_) != step->left) continue;
    const auto rows = put_in(Rows{step->node->output(kY), step->backwards}.in_order(), *made);
    if (rows && is_all(*made)) return Masked{step, *rows, origin_of(*other), port};
  }
  return std::nullopt;
}

// Behind the end of a sequence the node over all iterations delivers 0.
std::optional<View> LoopRows::make_masked_rows(Value& value) {
  if (producer_of(&value, "Where") == nullptr || value.type().rank() > 3) return std::nullopt;
  const View whole = in_time(value, 3);
  const auto masked = read_masked(whole);
  if (!masked) return std::nullopt;
  const auto& [step, rows, other, port] = *masked;
  const State& state = step->states.front();
  const bool holds = is_same(other, state.view);
  // Going backwards, what is held is what the sequence starts with.
  const View held = holds && step->backwards ? view_of(*loop_.initial(state.number)) : other;
  View all = rows;
  if (holds && !is_zero(held, rewriter_.context())) {
    const auto masks = rows_of(in_time(*value.producer()->input(0), 3), step->backwards);
    const auto made = masks ? rows_of(rows, step->backwards) : std::nullopt;
    if (!made) return std::nullopt;
    Value* last = step->backwards ? step->node->input(kInitialH) : step->node->output(kYh);
    std::vector<Value*> inputs{masks->value, made->value, last};
    if (port == 2) std::swap(inputs[1], inputs[2]);
    all = Rows{rewriter_.add("Where", inputs), step->backwards}.in_order();
  } else if (!is_zero(held, rewriter_.context())) {
    return std::nullopt;
  }
  return value.type().rank() == 3 ? all : with_axes(all, {kTime, kBatch, kHidden});
}

Value* LoopRows::final_value(std::size_t index) {
  Value* next = loop_.next(index);
  std::vector<const Value*> seen;
  return next->type().has_rank() ? final_of(view_of(*next), index, seen) : nullptr;
}

// Of a view of what an iteration makes of the carried value: of a state of a step, or of several
// ones that are joined. None is `seen` twice, of which one would start with something else.
Value* LoopRows::final_of(View view, std::size_t index, std::vector<const Value*>& seen) {
  view = origin_of(view);
  if (const Node* concat = producer_of(view.source, "Concat")) {
    if (!is_same(view, view_of(*view.source))) return nullptr;
    std::vector<Value*> parts;
    for (Value* part : concat->inputs()) {
      parts.push_back(part->type().has_rank() ? final_of(view_of(*part), index, seen) : nullptr);
      if (parts.back() == nullptr) return nullptr;
    }
    return rewriter_.add("Concat", parts, concat->attrs());
  }
  if (std::find(seen.begin(), seen.end(), view.source) != seen.end()) return nullptr;
  seen.push_back(view.source);
  const Value* next = view.source;
  const Node* where = producer_of(next, "Where");
  for (std::size_t port = 1; port < 3 && where != nullptr; ++port) {
    auto made = operand_of(view, where->input(port));
    if (!made || step_behind(*made) == nullptr) continue;
    view = *made;
    break;
  }
  const Node* node = step_behind(view);
  const Step* step = node == nullptr ? nullptr : step_of(*node);
  const std::size_t output = view.source->output_index() == kYc ? kYc : kYh;
  const auto places = coordinates_of(view);
  if (step == nullptr || !places) return nullptr;
  const State& state = step->states[output - kYh];
  if (state.number != index || made_of(state).source != next) return nullptr;
  return spell(rewriter_, view_at(*step->node->output(output), view.extents,
                                  {places->end() - 3, places->end()}));
}

}  // namespace gatefold
