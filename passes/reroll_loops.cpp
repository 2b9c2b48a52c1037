#include <algorithm>
#include <limits>
#include <numeric>

#include "ir/infer.h"
#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/passes.h"
#include "passes/recurrent_cell.h"
#include "passes/sub_graphs.h"

namespace gatefold::passes {
namespace {

using Ints = std::vector<std::int64_t>;

using namespace recurrent_input;
using namespace recurrent_output;

/// A sequence outside the loop that the step reads row by row.
struct Sequence {
  Value* value = nullptr;
  std::size_t axis = 0;  ///< Of time.
  bool backwards = false;
  const Value* row = nullptr;  ///< What the body reads of it.
};

/// A loop whose body is one step of a recurrent node.
struct RecurrentLoop {
  Node* step = nullptr;
  Sequence sequence;
  std::size_t hidden = 0;             ///< Which carried value is h.
  std::optional<std::size_t> memory;  ///< Which is c.
};

// Looks through what keeps the elements and their order.
Value* behind_reshapes(Value* value) {
  while (producer_of(value, "Squeeze") != nullptr || producer_of(value, "Unsqueeze") != nullptr ||
         producer_of(value, "Reshape") != nullptr || producer_of(value, "Identity") != nullptr) {
    value = value->producer()->input(0);
  }
  return value;
}

// The step's h, as Y or as Y_h: with one step both are the same row.
bool is_hidden_of(Value* value, const Node& step) {
  const Value* source = behind_reshapes(value);
  return source->producer() == &step && source->output_index() < kYc;
}

// Reads an index as the iteration number (1) or -1 minus it, counted from the end (-1).
int direction_of_index(const Value* index, const LoopView& loop, std::int64_t extent,
                       const PassContext& context) {
  while (index->producer() != nullptr) {
    const Node& node = *index->producer();
    const std::string_view op = node.op().name;
    if (op == "Cast" && !is_float(index->type().dtype)) {
      index = node.input(0);
      continue;
    }
    if (op != "Sub") return 0;
    const Tensor* last = context.constant(node.input(0));
    if (last == nullptr || last->size() != 1) return 0;
    const std::int64_t first_row = last->to_int64().front();
    const bool from_end = first_row == -1 || (extent > 0 && first_row == extent - 1);
    return from_end && node.input(1) == loop.body().inputs().front() ? -1 : 0;
  }
  return index == loop.body().inputs().front() ? 1 : 0;
}

// True when the loop runs exactly as often as the extent says.
bool runs_over(const LoopView& loop, const Dim& extent, const PassContext& context) {
  const Value* trips = loop.node().input(0);
  if (trips == nullptr) return false;
  if (const Tensor* number = context.constant(trips)) {
    return number->size() == 1 && extent.is(number->to_int64().front());
  }
  return extent.is_symbol() && trips->elements() && trips->elements()->size() == 1 &&
         trips->elements()->front() == Element::of(extent);
}

std::optional<Sequence> read_gathered(const LoopView& loop, const Value& row,
                                      const Rewriter& rewriter) {
  const Node* gather = producer_of(&row, "Gather");
  if (gather == nullptr || gather->input(0)->graph() == &loop.body()) return std::nullopt;
  const Type& type = gather->input(0)->type();
  const Type& index = gather->input(1)->type();
  if (!type.has_rank() || !index.has_rank() || index.rank() != 0) return std::nullopt;
  std::int64_t axis = gather->attr_int("axis");
  if (axis < 0) axis += type.rank();
  const Dim& extent = (*type.shape)[static_cast<std::size_t>(axis)];
  const int direction = direction_of_index(
      gather->input(1), loop, extent.is_known() ? extent.size() : 0, rewriter.context());
  if (direction == 0) return rewriter.no_match("the row read is not the iteration's");
  if (!runs_over(loop, extent, rewriter.context())) {
    return rewriter.no_match("it is not known to run over the whole sequence");
  }
  return Sequence{gather->input(0), static_cast<std::size_t>(axis), direction < 0, &row};
}

std::int64_t list_entry(const Node& node, std::string_view name, std::size_t index) {
  const Ints list = node.attr_ints(name);
  return index < list.size() ? list[index] : 0;
}

std::optional<Sequence> read_scanned(const LoopView& loop, const Value& row) {
  const auto& inputs = loop.body().inputs();
  const std::size_t states = loop.carried_count();
  const auto port =
      static_cast<std::size_t>(std::find(inputs.begin(), inputs.end(), &row) - inputs.begin());
  if (port < states || port >= inputs.size()) return std::nullopt;
  Value* value = loop.node().input(port);
  if (!value->type().has_rank()) return std::nullopt;
  std::int64_t axis = list_entry(loop.node(), "scan_input_axes", port - states);
  if (axis < 0) axis += value->type().rank();
  const bool backwards = list_entry(loop.node(), "scan_input_directions", port - states) == 1;
  return Sequence{value, static_cast<std::size_t>(axis), backwards, &row};
}

// True for [N, K] and [1, N, K], where `like` is [1, N, K].
bool is_row(const Type& type, const Type& like) {
  if (!type.has_rank() || !like.has_rank() || like.rank() != 3) return false;
  const bool fits = type.rank() == 2 || (type.rank() == 3 && type.shape->front().is(1));
  return fits && type.shape->back().is_known() && type.shape->back() == like.shape->back();
}

// Which carried value reaches the port and is what the step makes of it.
std::optional<std::size_t> find_carried(const LoopView& loop, const Node& step, std::size_t port,
                                        const Rewriter& rewriter) {
  const Value* state = step.input(port) == nullptr ? nullptr : behind_reshapes(step.input(port));
  for (std::size_t i = 0; i < loop.carried_count(); ++i) {
    if (loop.state(i) != state) continue;
    const Value* next = behind_reshapes(loop.next(i));
    const bool is_own = port == kInitialH
                            ? is_hidden_of(loop.next(i), step)
                            : next->producer() == &step && next->output_index() == kYc;
    if (is_own && is_row(state->type(), step.input(port)->type())) return i;
  }
  return rewriter.no_match("state '{}' of {} is not carried", step.op().inputs[port].name,
                           step.describe());
}

bool is_outside(const Value* value, const LoopView& loop) {
  return value == nullptr || value->graph() != &loop.body() ||
         value->kind() == Value::Kind::kConstant;
}

std::optional<RecurrentLoop> read_loop(const LoopView& loop, const Rewriter& rewriter) {
  const PassContext& context = rewriter.context();
  RecurrentLoop found;
  for (const auto& node : loop.body().nodes()) {
    if (!is_recurrent(*node)) continue;
    if (found.step != nullptr) return rewriter.no_match("it holds several recurrent nodes");
    found.step = node.get();
  }
  if (found.step == nullptr) return std::nullopt;
  const Node& step = *found.step;
  if (!loop.is_scan()) {
    const Tensor* again = context.constant(behind_identities(loop.body().outputs()[0].value));
    const Tensor* starts = context.constant(loop.node().input(1));
    if (again == nullptr || again->to_int64().front() == 0 ||
        (loop.node().input(1) != nullptr &&
         (starts == nullptr || starts->to_int64().front() == 0))) {
      return rewriter.no_match("its condition is not known to be true");
    }
  }
  if (!is_plain_forward(step)) {
    return rewriter.no_match("{} is no plain forward step", step.describe());
  }
  for (std::size_t port = 1; port < step.input_count(); ++port) {
    if (port != kInitialH && port != kInitialC && !is_outside(step.input(port), loop)) {
      return rewriter.no_match("input {} of {} changes between iterations",
                               step.op().inputs[port].name, step.describe());
    }
  }
  Value* row = behind_reshapes(step.input(kX));
  const auto sequence =
      loop.is_scan() ? read_scanned(loop, *row) : read_gathered(loop, *row, rewriter);
  if (!sequence)
    return rewriter.no_match("the input of {} is no row of a sequence", step.describe());
  found.sequence = *sequence;
  if (!is_row(row->type(), step.input(kX)->type())) {
    return rewriter.no_match("the rows of the sequence are {}", to_string(row->type()));
  }
  const auto hidden = find_carried(loop, step, kInitialH, rewriter);
  if (!hidden) return std::nullopt;
  found.hidden = *hidden;
  if (step.op().name == "LSTM") {
    found.memory = find_carried(loop, step, kInitialC, rewriter);
    if (!found.memory) return std::nullopt;
  }
  return found;
}

/// Where one of the loop's results comes from.
struct Stack {
  Value* start = nullptr;  ///< What the rows are appended to; nullptr for nothing.
  Type row;                ///< One appended row, without the axis of time.
  std::int64_t axis = 0;   ///< Of time.
  bool reversed = false;   ///< The first iteration's row comes last.
};

// A carried value that each iteration appends its h to: Concat (acc, h).
std::optional<Stack> read_appended(const LoopView& loop, std::size_t index, const Node& step) {
  const Node* concat = producer_of(behind_identities(loop.next(index)), "Concat");
  const Value* state = loop.state(index);
  if (concat == nullptr || concat->input_count() != 2 || concat->input(0) != state) {
    return std::nullopt;
  }
  if (state->uses().size() != 1 || state->output_uses() > 0) return std::nullopt;
  if (!is_hidden_of(concat->input(1), step)) return std::nullopt;
  Type row = concat->input(1)->type();
  if (!row.has_rank()) return std::nullopt;
  std::int64_t axis = concat->attr_int("axis");
  if (axis < 0) axis += row.rank();
  if (!(*row.shape)[static_cast<std::size_t>(axis)].is(1)) return std::nullopt;
  row.shape->erase(row.shape->begin() + axis);
  Value* start = loop.initial(index);
  const Type& type = start->type();
  const bool is_empty = type.has_rank() && (*type.shape)[static_cast<std::size_t>(axis)].is(0);
  return Stack{is_empty ? nullptr : start, std::move(row), axis, false};
}

std::optional<Stack> read_stacked(const LoopView& loop, std::size_t index, const Node& step) {
  if (!is_hidden_of(loop.slice(index), step) || !loop.slice(index)->type().has_rank()) {
    return std::nullopt;
  }
  Stack stack;
  stack.row = loop.slice(index)->type();
  if (loop.is_scan()) {
    stack.axis = list_entry(loop.node(), "scan_output_axes", index);
    if (stack.axis < 0) stack.axis += stack.row.rank() + 1;
    stack.reversed = list_entry(loop.node(), "scan_output_directions", index) == 1;
  }
  return stack;
}

/// Builds the node over time and what the loop delivered.
class Builder {
 public:
  Builder(Rewriter& rewriter, const LoopView& loop, const RecurrentLoop& found)
      : rewriter_(rewriter), loop_(loop), found_(found) {
    std::vector<Value*> ports = found.step->inputs();
    for (Value*& port : ports) {
      if (port != nullptr && port->graph() == &loop.body() && port->has_data()) {
        port = rewriter.add_constant(port->name(), *port->data());
      }
    }
    ports[kX] = build_input();
    ports[kInitialH] = build_state(loop.initial(found.hidden));
    if (found.memory) ports[kInitialC] = build_state(loop.initial(*found.memory));
    Attrs attrs = found.step->attrs();
    if (found.sequence.backwards) attrs["direction"] = std::string("reverse");
    const std::size_t outputs = found.step->op().outputs.size();
    node_ = rewriter.add_node(found.step->op().name, ports, outputs, std::move(attrs));
    node_->set_name(found.step->name());
  }

  // A carried state in the end, with the rank that it has in the loop.
  Value* build_final(std::size_t index) {
    return build_step_output(rewriter_,
                             node_->output(index == found_.hidden ? std::size_t{kYh} : kYc),
                             *loop_.initial(index));
  }

  Value* build_stack(const Stack& stack) {
    Value* result = node_->output(0);  // [T, 1, N, H]
    if (stack.row.rank() == 2) result = rewriter_.add("Squeeze", {result, ints({1})});
    if (found_.sequence.backwards != stack.reversed) {
      result = rewriter_.add("Slice", {result, ints({-1}), ints({std::numeric_limits<int>::min()}),
                                       ints({0}), ints({-1})});
    }
    if (stack.axis != 0) {
      Ints perm(static_cast<std::size_t>(stack.row.rank() + 1));
      std::iota(perm.begin(), perm.end(), 0);
      std::rotate(perm.begin(), perm.begin() + 1, perm.begin() + stack.axis + 1);
      result = rewriter_.add("Transpose", {result}, {{"perm", perm}});
    }
    if (stack.start == nullptr) return result;
    return rewriter_.add("Concat", {stack.start, result}, {{"axis", stack.axis}});
  }

 private:
  Value* ints(const Ints& values) { return rewriter_.add_ints(values); }

  Value* build_state(Value* initial) {
    return initial->type().rank() == 3 ? initial : rewriter_.add("Unsqueeze", {initial, ints({0})});
  }

  // The sequence as [T, N, I].
  Value* build_input() {
    Value* value = found_.sequence.value;
    const auto axis = static_cast<std::ptrdiff_t>(found_.sequence.axis);
    if (axis != 0) {
      Ints perm(static_cast<std::size_t>(value->type().rank()));
      std::iota(perm.begin(), perm.end(), 0);
      std::rotate(perm.begin(), perm.begin() + axis, perm.begin() + axis + 1);
      value = rewriter_.add("Transpose", {value}, {{"perm", perm}});
    }
    if (found_.sequence.row->type().rank() == 2) return value;
    return rewriter_.add("Squeeze", {value, ints({1})});
  }

  Rewriter& rewriter_;
  const LoopView& loop_;
  const RecurrentLoop& found_;
  Node* node_ = nullptr;
};

// What replaces the loop's output, nullptr when nobody reads it.
std::optional<Value*> build_result(Builder& builder, const LoopView& loop,
                                   const RecurrentLoop& found, std::size_t output,
                                   const Rewriter& rewriter) {
  const Value* value = loop.node().output(output);
  if (value == nullptr || !value->is_used()) return nullptr;
  const std::size_t carried = loop.carried_count();
  if (output < carried && (output == found.hidden || output == found.memory)) {
    return builder.build_final(output);
  }
  const auto stack = output < carried ? read_appended(loop, output, *found.step)
                                      : read_stacked(loop, output - carried, *found.step);
  if (!stack || !is_row(stack->row, found.step->input(kInitialH)->type())) {
    return rewriter.no_match("output '{}' is neither a state nor the states in order",
                             value->name());
  }
  return builder.build_stack(*stack);
}

std::optional<Replacement> reroll(Node& node, Rewriter& rewriter) {
  if (!is_loop(node)) return std::nullopt;
  const LoopView loop(node);
  const auto found = read_loop(loop, rewriter);
  if (!found) return std::nullopt;
  Builder builder(rewriter, loop, *found);
  Replacement replacement;
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    const auto result = build_result(builder, loop, *found, i, rewriter);
    if (!result) return std::nullopt;
    replacement.push_back(*result);
  }
  return replacement;
}

constexpr Rule kRules[] = {{"loop-of-steps", "", reroll}};

}  // namespace

bool reroll_loops(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
