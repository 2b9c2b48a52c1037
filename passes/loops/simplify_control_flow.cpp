#include <unordered_set>

#include "ir/infer.h"
#include "ir/op_def.h"
#include "passes/loops/loop_condition.h"
#include "passes/passes.h"
#include "passes/rewriting/counts.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold::passes {
namespace {

using namespace loop_port;

// Puts values in the place of the node's outputs, then removes it.
void replace_node(Node& node, const std::vector<Value*>& results) {
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) == nullptr || !node.output(i)->is_used()) continue;
    node.graph()->replace_all_uses(node.output(i), results[i]);
  }
  erase_if_dead(&node);
}

// If (known) -> the nodes of that branch
bool inline_branch(Node& node, PassContext& context) {
  const auto condition = known_number(node.input(0), context);
  if (!condition || !context.allow_rewrite()) return false;
  const Graph& branch = node.attr_graph(*condition != 0 ? "then_branch" : "else_branch");
  replace_node(node, inline_body(branch, {}, node));
  return true;
}

// A Loop that does not run gives what it is given; it must not stack anything.
bool remove_idle_loop(const LoopView& loop, PassContext& context) {
  std::vector<Value*> results;
  for (std::size_t i = 0; i < loop.carried_count(); ++i) results.push_back(loop.initial(i));
  for (std::size_t i = 0; i < loop.stacked_count(); ++i) {
    if (loop.stacked(i) != nullptr && loop.stacked(i)->is_used()) return false;
  }
  if (!context.allow_rewrite()) return false;
  replace_node(loop.node(), results);
  return true;
}

// A Loop that runs once -> the nodes of its body
bool inline_single_trip(const LoopView& loop, PassContext& context) {
  if (!context.allow_rewrite()) return false;
  Node& node = loop.node();
  Graph& graph = *node.graph();
  std::vector<Value*> arguments{
      graph.add_constant(graph.unique_name("iteration"), Tensor::scalar<std::int64_t>(0)),
      graph.add_constant(graph.unique_name("condition"), Tensor::scalar<bool>(true))};
  for (std::size_t i = 0; i < loop.carried_count(); ++i) arguments.push_back(loop.initial(i));
  std::vector<Value*> results = inline_body(loop.body(), arguments, node);
  results.erase(results.begin());
  Rewriter rewriter(node, context);
  for (std::size_t i = loop.carried_count(); i < results.size(); ++i) {
    results[i] = rewriter.add("Unsqueeze", {results[i], rewriter.add_ints({0})});
  }
  replace_node(node, results);
  return true;
}

bool inline_loop(const LoopView& loop, PassContext& context) {
  if (loop.is_scan()) return false;
  const auto trips = known_number(loop.node().input(kTripCount), context);
  const auto condition = known_number(loop.node().input(kCondition), context);
  if ((trips && *trips <= 0) || condition == 0) return remove_idle_loop(loop, context);
  const bool starts = loop.node().input(kCondition) == nullptr || condition == 1;
  return trips == 1 && starts && inline_single_trip(loop, context);
}

// A value that the body hands on as it got it is the same in all iterations: the body may read it
// from outside.
bool capture_unchanged(LoopView& loop, PassContext& context) {
  bool changed = false;
  for (std::size_t i = loop.carried_count(); i-- > 0;) {
    const Value* next = behind_identities(loop.next(i));
    if (next != loop.state(i) && next != loop.initial(i)) continue;
    if (!context.allow_rewrite()) break;
    Value* initial = loop.initial(i);
    loop.body().replace_all_uses(loop.state(i), initial);
    Value* last = loop.final_value(i);
    if (last != nullptr && last->is_used()) {
      loop.node().graph()->replace_all_uses(last, initial);
    }
    loop.erase_carried(i);
    changed = true;
  }
  return changed;
}

/// An integer that grows by the same number in each iteration.
struct Counter {
  Value* start = nullptr;
  std::int64_t step = 0;
};

std::optional<Counter> read_counter(const LoopView& loop, std::size_t index,
                                    const PassContext& context) {
  const Value* state = loop.state(index);
  const Type& type = state->type();
  if (!state->is_used() || !type.is_tensor() || !type.is_static() || type.rank() > 1) {
    return std::nullopt;
  }
  if (type.dtype != DataType::kInt64 && type.dtype != DataType::kInt32) return std::nullopt;
  if (type.rank() == 1 && !type.shape->front().is(1)) return std::nullopt;
  const Value* next = behind_identities(loop.next(index));
  for (const std::string_view op : {"Add", "Sub"}) {
    const Node* node = producer_of(next, op);
    if (node == nullptr) continue;
    for (std::size_t side = 0; side < 2; ++side) {
      const auto step = known_number(node->input(1 - side), context);
      if (!step || behind_identities(node->input(side)) != state) continue;
      if (op == "Add") return Counter{loop.initial(index), *step};
      if (side == 0) return Counter{loop.initial(index), -*step};
    }
  }
  return std::nullopt;
}

// start + step * iteration, made at the head of the body.
Value* build_counter(const LoopView& loop, const Counter& counter, PassContext& context) {
  Rewriter rewriter(*loop.body().nodes().front(), context);
  const Type& type = counter.start->type();
  Value* value = loop.body().inputs().front();
  const auto constant_of = [&](std::int64_t number) {
    return type.dtype == DataType::kInt64
               ? Tensor::scalar<std::int64_t>(number)
               : Tensor::scalar<std::int32_t>(static_cast<std::int32_t>(number));
  };
  if (type.dtype != DataType::kInt64) {
    value = rewriter.add("Cast", {value}, {{"to", static_cast<std::int64_t>(type.dtype)}});
  }
  if (counter.step != 1) {
    Value* step =
        loop.body().add_constant(loop.body().unique_name("step"), constant_of(counter.step));
    value = rewriter.add("Mul", {value, step});
  }
  if (known_number(counter.start, context) != 0) {
    return rewriter.add("Add", {counter.start, value});
  }
  return type.rank() == 0 ? value : rewriter.add("Unsqueeze", {value, rewriter.add_ints({0})});
}

// A counter is a function of the iteration number; nothing need be carried for it.
bool replace_counters(const LoopView& loop, PassContext& context) {
  if (loop.is_scan()) return false;
  bool changed = false;
  for (std::size_t i = 0; i < loop.carried_count(); ++i) {
    const auto counter = read_counter(loop, i, context);
    if (!counter || !context.allow_rewrite()) continue;
    loop.body().replace_all_uses(loop.state(i), build_counter(loop, *counter, context));
    changed = true;
  }
  return changed;
}

/// What the node's delivered results need of the body.
class BodyLiveness {
 public:
  explicit BodyLiveness(const LoopView& loop) : loop_(loop) {
    if (!loop.is_scan()) need(loop.body().outputs()[kNextCondition].value);
    for (std::size_t i = 0; i < loop.carried_count(); ++i) {
      const Value* last = loop.final_value(i);
      if (last != nullptr && last->is_used()) need(loop.next(i));
    }
    for (std::size_t i = 0; i < loop.stacked_count(); ++i) need(loop.slice(i));
    run();
  }

  bool is_needed(const Value* value) const { return needed_.contains(value); }

 private:
  void need(Value* value) {
    if (value != nullptr && needed_.insert(value).second) pending_.push_back(value);
  }

  void run() {
    while (!pending_.empty()) {
      Value* value = pending_.back();
      pending_.pop_back();
      if (value->graph() != &loop_.body()) continue;
      if (const Node* node = value->producer()) {
        for (Value* input : node->inputs()) need(input);
        for (Value* input : captured_values(*node)) need(input);
      }
      for (std::size_t i = 0; i < loop_.carried_count(); ++i) {
        if (loop_.state(i) == value) need(loop_.next(i));
      }
    }
  }

  const LoopView& loop_;
  std::unordered_set<const Value*> needed_;
  std::vector<Value*> pending_;
};

// Values that are carried for themselves alone are carried no more.
bool drop_unread(LoopView& loop, PassContext& context) {
  const BodyLiveness liveness(loop);
  std::vector<std::size_t> unread;
  for (std::size_t i = loop.carried_count(); i-- > 0;) {
    const Value* last = loop.final_value(i);
    if (liveness.is_needed(loop.state(i)) || (last != nullptr && last->is_used())) continue;
    unread.push_back(i);
  }
  if (unread.empty() || !context.allow_rewrite()) return false;
  // Whatever the unread states feed gives way to their initial values, then nothing reads them.
  for (const std::size_t i : unread) {
    loop.body().replace_all_uses(loop.state(i), loop.initial(i));
    Node* producer = loop.next(i)->producer();
    loop.erase_carried(i);
    if (producer != nullptr && producer->graph() == &loop.body()) erase_if_dead(producer);
  }
  return true;
}

bool simplify_loop(Node& node, PassContext& context) {
  LoopView loop(node);
  bool changed = capture_unchanged(loop, context);
  changed = replace_counters(loop, context) || changed;
  changed = simplify_condition(loop, context) || changed;
  changed = drop_unread(loop, context) || changed;
  if (inline_loop(loop, context)) return true;
  if (node.output_count() == 0) erase_if_dead(&node);
  return changed;
}

bool simplify_node(Node& node, PassContext& context) {
  if (is_loop(node)) return simplify_loop(node, context);
  return node.op().domain.empty() && node.op().name == "If" && inline_branch(node, context);
}

bool simplify_once(Graph& graph, PassContext& context) {
  bool changed = false;
  std::vector<Node*> holders;
  for (const auto& node : graph.nodes()) {
    if (!node->sub_graphs().empty()) holders.push_back(node.get());
  }
  for (Node* node : holders) {
    for (Graph* inner : node->sub_graphs()) changed = simplify_once(*inner, context) || changed;
    changed = simplify_node(*node, context) || changed;
  }
  return changed;
}

}  // namespace

bool simplify_control_flow(Graph& graph, PassContext& context) {
  constexpr Rule kRules[] = {{"row-of-slice", "Slice", row_of_slice}};
  bool changed = false;
  while (simplify_once(graph, context) || rewrite(graph, context, kRules)) {
    infer_types(graph);
    // What has come out of a branch may decide another one.
    fold_constants(graph, context);
    changed = true;
  }
  return changed;
}

}  // namespace gatefold::passes
