#include "passes/loops/loop_rows.h"

#include <algorithm>
#include <limits>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/loops/loop_condition.h"
#include "passes/loops/loop_index.h"
#include "passes/recurrence/recurrent_cell.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/counts.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

using namespace recurrent_input;
using namespace recurrent_output;
using Ints = std::vector<std::int64_t>;

// Looks through what keeps the elements and their order.
Value* behind_reshapes(Value* value) {
  while (producer_of(value, "Squeeze") != nullptr || producer_of(value, "Unsqueeze") != nullptr ||
         producer_of(value, "Reshape") != nullptr || producer_of(value, "Identity") != nullptr) {
    value = value->producer()->input(0);
  }
  return value;
}

// True for [N, K] and [1, N, K], where `like` is [1, N, K].
bool is_row(const Type& type, const Type& like) {
  if (!type.has_rank() || !like.has_rank() || like.rank() != 3) return false;
  const bool fits = type.rank() == 2 || (type.rank() == 3 && type.shape->front().is(1));
  return fits && type.shape->back().is_known() && type.shape->back() == like.shape->back();
}

}  // namespace

std::optional<Rows> LoopRows::rows_of(Value* value) {
  const auto known = known_.find(value);
  if (known != known_.end()) return known->second;
  auto rows = compute(*value);
  if (!rows)
    rewriter_.no_match("'{}' cannot be computed for all iterations at once", value->name());
  return known_[value] = rows;
}

std::optional<Value*> LoopRows::final_state(std::size_t index) {
  Node* node = behind_reshapes(loop_.next(index))->producer();
  const Step* step = node == nullptr || !is_recurrent(*node) ? nullptr : step_of(*node);
  if (step == nullptr || (index != step->hidden && index != step->memory)) return std::nullopt;
  Value* state = step->node->output(index == step->hidden ? std::size_t{kYh} : kYc);
  return build_step_output(rewriter_, state, *loop_.initial(index));
}

Value* LoopRows::in_order(const Rows& rows, bool reversed) {
  if (rows.backwards == reversed) return rows.value;
  return rewriter_.add("Slice", {rows.value, ints({-1}), ints({std::numeric_limits<int>::min()}),
                                 ints({0}), ints({-1})});
}

Value* LoopRows::with_time_at(Value* rows, std::int64_t axis) {
  if (axis == 0) return rows;
  return rewriter_.add("Transpose", {rows}, {{"perm", moving_axis(rows->type().rank(), 0, axis)}});
}

std::optional<Rows> LoopRows::compute(Value& value) {
  if (!value.type().has_rank()) return std::nullopt;
  const Node* node = value.producer();
  if (node == nullptr) return loop_.is_scan() ? read_scanned(value) : std::nullopt;
  if (is_recurrent(*node)) {
    const Step* step = step_of(*node);
    if (step == nullptr || value.output_index() == kYc) return std::nullopt;
    Value* all = step->node->output(kY);
    if (value.output_index() == kY) all = rewriter_.add("Unsqueeze", {all, ints({1})});
    return Rows{all, step->backwards};
  }
  if (producer_of(&value, "Gather") && is_outside(node->input(0))) return read_gathered(*node);
  if (producer_of(&value, "Slice") && is_outside(node->input(0))) return read_sliced(*node);
  return map_node(*node, value.output_index());
}

std::optional<Rows> LoopRows::read_scanned(const Value& row) {
  const auto& inputs = loop_.body().inputs();
  const std::size_t states = loop_.carried_count();
  const auto port =
      static_cast<std::size_t>(std::find(inputs.begin(), inputs.end(), &row) - inputs.begin());
  if (port < states || port >= inputs.size()) return std::nullopt;
  Value* value = loop_.node().input(port);
  if (!value->type().has_rank()) return std::nullopt;
  const std::int64_t axis = loop_.list_entry("scan_input_axes", port - states);
  const bool backwards = loop_.list_entry("scan_input_directions", port - states) == 1;
  return Rows{time_first(value, positive_axis(axis, value->type().rank())), backwards};
}

// Which rows the iterations read one after the other: f, f + 1, .. or T - 1, .., 1, 0; nothing for
// other rows.
std::optional<LoopRows::Course> LoopRows::course_of(const Value& index, const Dim& extent) {
  const auto form = read_index(index, loop_, extent, rewriter_.context());
  const auto trips = trips_for(extent);
  if (!form || !trips) return std::nullopt;
  if (form->iteration == -1) {
    const bool is_whole =
        *trips == IndexForm{.extent = 1} || (trips->extent == 0 && extent.is(trips->offset));
    const bool from_end =
        form->extent == 1
            ? form->offset == -1
            : form->extent == 0 &&
                  (form->offset == -1 || (extent.is_known() && form->offset == extent.size() - 1));
    return is_whole && from_end ? std::optional(Course{.backwards = true}) : std::nullopt;
  }
  if (form->iteration != 1 || form->extent != 0 || form->offset < 0) return std::nullopt;
  Course course{.first = form->offset};
  if (*trips == IndexForm{.extent = 1, .offset = -course.first}) return course;
  if (trips->extent != 0 || trips->offset < 0 || !extent.is_known()) return std::nullopt;
  const std::int64_t last = course.first + trips->offset;
  if (last > extent.size()) return std::nullopt;
  if (last < extent.size()) course.last = last;
  return course;
}

std::optional<bool> LoopRows::counts_backwards(const Value& index, const Dim& extent) {
  const auto course = course_of(index, extent);
  if (!course || course->first != 0 || course->last) return std::nullopt;
  return course->backwards;
}

// The rows with time in front.
Rows LoopRows::read_course(Value* sequence, std::int64_t axis, const Course& course) {
  if (course.first != 0 || course.last) {
    const std::int64_t end = course.last.value_or(std::numeric_limits<std::int64_t>::max());
    sequence = rewriter_.add("Slice", {sequence, ints({course.first}), ints({end}), ints({axis})});
  }
  return {time_first(sequence, axis), course.backwards};
}

std::optional<Rows> LoopRows::read_gathered(const Node& gather) {
  const Type& type = gather.input(0)->type();
  const Type& index = gather.input(1)->type();
  if (!type.has_rank() || !index.has_rank() || index.rank() != 0) return std::nullopt;
  const std::int64_t axis = positive_axis(gather.attr_int("axis"), type.rank());
  const auto course = course_of(*gather.input(1), (*type.shape)[static_cast<std::size_t>(axis)]);
  if (!course) return std::nullopt;
  return read_course(gather.input(0), axis, *course);
}

// The rows that Slice cuts out keep their axis.
std::optional<Rows> LoopRows::read_sliced(const Node& slice) {
  const PassContext& context = rewriter_.context();
  Value* value = slice.input(0);
  const auto axis_number = known_number(slice.input(3), context);
  if (!axis_number || !value->type().has_rank()) return std::nullopt;
  if (slice.input(4) != nullptr && known_number(slice.input(4), context) != 1) return std::nullopt;
  const std::int64_t axis = positive_axis(*axis_number, value->type().rank());
  const Dim& extent = (*value->type().shape)[static_cast<std::size_t>(axis)];
  const auto course = course_of(*slice.input(1), extent);
  const auto first = read_index(*slice.input(1), loop_, extent, context);
  auto end = read_index(*slice.input(2), loop_, extent, context);
  if (!course || !first || !end) return std::nullopt;
  // Counted from the end, the row before the end of the sequence has no index to stop at.
  const bool counts_from_end = first->iteration < 0 && first->extent == 0 && first->offset == -1;
  end->offset -= 1;
  if (!(*end == *first) || counts_from_end) return std::nullopt;
  Rows rows = read_course(value, axis, *course);
  rows.value = rewriter_.add("Unsqueeze", {rows.value, ints({axis + 1})});
  return rows;
}

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
    if (port != kInitialH && port != kInitialC && !is_outside(node.input(port))) {
      return rewriter_.no_match("input {} of {} changes between iterations",
                                node.op().inputs[port].name, node.describe());
    }
  }
  Step step;
  const auto hidden = find_carried(node, kInitialH);
  if (!hidden) return std::nullopt;
  step.hidden = *hidden;
  if (node.op().name == "LSTM") {
    step.memory = find_carried(node, kInitialC);
    if (!step.memory) return std::nullopt;
  }
  const auto input = step_input(*node.input(kX));
  if (!input) {
    return rewriter_.no_match("the input of {} is no row of a sequence", node.describe());
  }
  step.backwards = input->backwards;
  step.node = add_step(node, step, *input);
  return step;
}

Node* LoopRows::add_step(const Node& node, const Step& step, const Rows& input) {
  std::vector<Value*> ports = node.inputs();
  for (Value*& port : ports) {
    if (port != nullptr && is_outside(port)) port = outside(port);
  }
  ports[kX] = input.value;
  ports[kInitialH] = build_state(loop_.initial(step.hidden));
  if (step.memory) ports[kInitialC] = build_state(loop_.initial(*step.memory));
  Attrs attrs = node.attrs();
  if (step.backwards) attrs["direction"] = std::string("reverse");
  Node* all = rewriter_.add_node(node.op().name, ports, node.op().outputs.size(), std::move(attrs));
  all->set_name(node.name());
  return all;
}

// Rows [N, I] as [T, N, I], where the step reads them as [1, N, I].
std::optional<Rows> LoopRows::step_input(Value& x) {
  Value* row = behind_reshapes(&x);
  if (row->type().has_rank() && row->type().rank() == 2 && is_row(row->type(), x.type())) {
    return rows_of(row);
  }
  auto rows = rows_of(&x);
  if (!rows || rows->value->type().rank() != 4) return std::nullopt;
  rows->value = rewriter_.add("Squeeze", {rows->value, ints({1})});
  return rows;
}

// Which carried value reaches the port and is what the step makes of it.
std::optional<std::size_t> LoopRows::find_carried(const Node& step, std::size_t port) {
  const Value* state = step.input(port) == nullptr ? nullptr : behind_reshapes(step.input(port));
  for (std::size_t i = 0; i < loop_.carried_count(); ++i) {
    if (loop_.state(i) != state) continue;
    const Value* next = behind_reshapes(loop_.next(i));
    const bool is_own =
        next->producer() == &step && (port == kInitialH) == (next->output_index() < kYc);
    if (is_own && is_row(state->type(), step.input(port)->type())) return i;
  }
  return rewriter_.no_match("state '{}' of {} is not carried", step.op().inputs[port].name,
                            step.describe());
}

Value* LoopRows::build_state(Value* initial) {
  return initial->type().rank() == 3 ? initial : rewriter_.add("Unsqueeze", {initial, ints({0})});
}

bool LoopRows::is_outside(const Value* value) const {
  return value == nullptr || value->graph() != &loop_.body() || value->has_data();
}

Value* LoopRows::outside(Value* value) {
  if (value->graph() != &loop_.body()) return value;
  return rewriter_.add_constant(value->name(), *value->data());
}

// How often the loop runs; nothing when that is no function of the extent.
std::optional<IndexForm> LoopRows::trips_for(const Dim& extent) const {
  const Value* trips = loop_.node().input(loop_port::kTripCount);
  if (trips == nullptr) return std::nullopt;
  return read_index(*trips, loop_, extent, rewriter_.context());
}

Value* LoopRows::time_first(Value* value, std::int64_t axis) {
  if (axis == 0) return value;
  return rewriter_.add("Transpose", {value},
                       {{"perm", moving_axis(value->type().rank(), axis, 0)}});
}

}  // namespace gatefold
