#include "passes/loops/loop_condition.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "ir/evaluate.h"
#include "ir/op_def.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

using namespace loop_port;

// A condition that depends on the iteration number alone is tried for so many of them at most.
constexpr std::int64_t kMostTrips = 10'000;

/// A value of a body as a function of the iteration number.
class FunctionOfIteration {
 public:
  FunctionOfIteration(const Graph& body, Value* value, const PassContext& context)
      : iteration_(body.inputs()[kIteration]), value_(value), context_(context) {
    known_ = collect(value);
  }

  /// False when the value depends on something else.
  bool is_known() const { return known_; }

  Tensor at(std::int64_t iteration) const {
    std::unordered_map<const Value*, Datum> results;
    results[iteration_] = Tensor::scalar<std::int64_t>(iteration);
    for (const Value* constant : constants_) results[constant] = *context_.constant(constant);
    for (const Node* node : nodes_) {
      std::vector<const Datum*> inputs;
      for (const Value* input : node->inputs()) {
        inputs.push_back(input == nullptr ? nullptr : &results.at(input));
      }
      std::vector<Datum> outputs(node->output_count());
      evaluate_node(*node, inputs, outputs, Precision::kNative, {});
      for (std::size_t i = 0; i < outputs.size(); ++i) results[node->output(i)] = outputs[i];
    }
    return std::get<Tensor>(results.at(value_));
  }

 private:
  bool collect(const Value* value) {
    if (value == nullptr || value == iteration_ || !seen_.insert(value).second) return true;
    if (context_.constant(value) != nullptr) {
      constants_.push_back(value);
      return true;
    }
    const Node* node = value->producer();
    if (node == nullptr || node->op().is_random || !node->sub_graphs().empty()) return false;
    const auto inputs = node->inputs();
    if (!std::all_of(inputs.begin(), inputs.end(),
                     [&](const Value* input) { return collect(input); })) {
      return false;
    }
    nodes_.push_back(node);
    return true;
  }

  const Value* iteration_;
  const Value* value_;
  const PassContext& context_;
  bool known_ = false;
  std::unordered_set<const Value*> seen_;
  std::vector<const Value*> constants_;
  std::vector<const Node*> nodes_;  // In an order in which they can be computed.
};

/// How often a Loop runs when its condition depends on the iteration number only, at most `limit`
/// times; nothing when the condition never ends it before kMostTrips.
std::optional<std::int64_t> count_trips(const FunctionOfIteration& condition,
                                        std::optional<std::int64_t> limit) {
  for (std::int64_t trip = 0; trip < kMostTrips; ++trip) {
    if (limit && trip + 1 >= *limit) return limit;
    if (!*condition.at(trip).data<bool>()) return trip + 1;
  }
  return std::nullopt;
}

// The loop ends with its trip count.
void set_always_true(const LoopView& loop) {
  Graph& body = loop.body();
  Node* producer = body.outputs()[kNextCondition].value->producer();
  body.set_output(kNextCondition,
                  body.add_constant(body.unique_name("condition"), Tensor::scalar<bool>(true)));
  if (producer != nullptr) erase_if_dead(producer);
}

// A condition whose course is known becomes a trip count.
bool fix_trip_count(const LoopView& loop, PassContext& context) {
  Graph& body = loop.body();
  Node& node = loop.node();
  Value* next = body.outputs()[kNextCondition].value;
  if (known_number(next, context) == 1) return false;
  const auto limit = known_number(node.input(kTripCount), context);
  const FunctionOfIteration condition(body, next, context);
  if (!condition.is_known()) return false;
  const bool is_always_true = known_number(behind_identities(next), context) == 1;
  std::optional<std::int64_t> trips = limit;
  if (!is_always_true) {
    if (node.input(kTripCount) != nullptr && !limit) return false;
    trips = count_trips(condition, limit);
    if (!trips) return false;
  }
  if (!context.allow_rewrite()) return false;
  if (trips != limit) {
    Graph& graph = *node.graph();
    node.set_input(kTripCount, graph.add_constant(graph.unique_name("trip_count"),
                                                  Tensor::scalar<std::int64_t>(*trips)));
  }
  set_always_true(loop);
  return true;
}

/// A whole number of the form iteration * i + bounds * bound + offset, where i is the iteration
/// number and `bound` a value from outside.
struct Count {
  std::int64_t iteration = 0;
  std::int64_t bounds = 0;
  std::int64_t offset = 0;
  Value* bound = nullptr;
};

std::optional<Count> sum_of(const Count& a, const Count& b, std::int64_t sign) {
  if (a.bound != nullptr && b.bound != nullptr && a.bound != b.bound) return std::nullopt;
  return Count{a.iteration + sign * b.iteration, a.bounds + sign * b.bounds,
               a.offset + sign * b.offset, a.bound != nullptr ? a.bound : b.bound};
}

Count multiple_of(const Count& count, std::int64_t factor) {
  return {count.iteration * factor, count.bounds * factor, count.offset * factor, count.bound};
}

// What stands behind Identity and Casts between types that hold numbers of iterations.
Value* behind_integer_casts(Value* value) {
  value = behind_identities(value);
  const Node* cast = producer_of(value, "Cast");
  if (cast == nullptr) return value;
  for (const Value* side : {cast->input(0), cast->output()}) {
    const DataType dtype = side->type().dtype;
    if (dtype != DataType::kInt64 && dtype != DataType::kInt32) return value;
  }
  return behind_integer_casts(cast->input(0));
}

std::optional<Count> read_count(Value* value, const LoopView& loop, const PassContext& context) {
  value = behind_integer_casts(value);
  if (value == loop.body().inputs()[kIteration]) return Count{.iteration = 1};
  if (const auto number = known_number(value, context)) return Count{.offset = *number};
  for (const std::string_view op : {"Add", "Sub", "Mul"}) {
    const Node* node = producer_of(value, op);
    if (node == nullptr) continue;
    const auto a = read_count(node->input(0), loop, context);
    const auto b = read_count(node->input(1), loop, context);
    if (!a || !b) return std::nullopt;
    if (op != "Mul") return sum_of(*a, *b, op == "Add" ? 1 : -1);
    const bool is_multiple = a->iteration == 0 && a->bounds == 0;
    if (is_multiple) return multiple_of(*b, a->offset);
    const bool is_scaled = b->iteration == 0 && b->bounds == 0;
    return is_scaled ? std::optional(multiple_of(*a, b->offset)) : std::nullopt;
  }
  const bool is_outside = value->graph() != &loop.body();
  return is_outside ? std::optional(Count{.bounds = 1, .bound = value}) : std::nullopt;
}

// What must be positive for the condition to hold: b - a of a < b, or of b > a.
std::optional<Count> read_distance(const Value* condition, const LoopView& loop,
                                   const PassContext& context) {
  const Node* node = condition->producer();
  if (node == nullptr || !node->op().domain.empty()) return std::nullopt;
  const std::string_view op = node->op().name;
  const bool is_less = op == "Less" || op == "LessOrEqual";
  if (!is_less && op != "Greater" && op != "GreaterOrEqual") return std::nullopt;
  const auto small = read_count(node->input(is_less ? 0 : 1), loop, context);
  const auto large = read_count(node->input(is_less ? 1 : 0), loop, context);
  auto distance = small && large ? sum_of(*large, *small, -1) : std::nullopt;
  if (distance && (op == "LessOrEqual" || op == "GreaterOrEqual")) ++distance->offset;
  return distance;
}

// The value that must be larger than the number of iterations done for the condition to hold, where
// `done` says whether one more is done than the iteration number says; nullptr for other
// conditions.
Value* read_bound(Value* condition, bool done, const LoopView& loop, const PassContext& context) {
  condition = behind_identities(condition);
  if (const Node* both = producer_of(condition, "And")) {
    if (known_number(both->input(0), context) == 1) {
      return read_bound(both->input(1), done, loop, context);
    }
    Value* bound = read_bound(both->input(0), done, loop, context);
    const bool is_same = known_number(both->input(1), context) == 1 ||
                         read_bound(both->input(1), done, loop, context) == bound;
    return is_same ? bound : nullptr;
  }
  const auto distance = read_distance(condition, loop, context);
  const std::int64_t expected = done ? -1 : 0;
  const bool fits = distance && distance->iteration == expected && distance->bounds == 1 &&
                    distance->offset == expected;
  return fits ? distance->bound : nullptr;
}

// True when the loop does not begin unless `bound` lets it run, or runs `bound` times at most.
bool is_held_from_the_start(const LoopView& loop, const Value* bound, const PassContext& context) {
  const Value* trips = loop.node().input(kTripCount);
  Value* starts = loop.node().input(kCondition);
  const bool is_zero_trips_left =
      starts != nullptr && read_bound(starts, false, loop, context) == bound;
  if (trips == bound)
    return is_zero_trips_left || starts == nullptr || known_number(starts, context) == 1;
  const bool is_unlimited = trips == nullptr || known_number(trips, context).value_or(0) >=
                                                    std::numeric_limits<std::int32_t>::max();
  return is_unlimited && is_zero_trips_left;
}

// while (i + 1 < bound) -> bound is the trip count
bool bound_by_value(const LoopView& loop, PassContext& context) {
  Graph& body = loop.body();
  Node& node = loop.node();
  Value* next = body.outputs()[kNextCondition].value;
  Value* bound = read_bound(next, true, loop, context);
  if (bound == nullptr || bound->graph() == &body || bound->type().dtype != DataType::kInt64) {
    return false;
  }
  if (!bound->type().is_static() || bound->type().rank() != 0) return false;
  if (!is_held_from_the_start(loop, bound, context) || !context.allow_rewrite()) return false;
  Value* starts = node.input(kCondition);
  node.set_input(kTripCount, bound);
  node.set_input(kCondition, nullptr);
  if (starts != nullptr && starts->producer() != nullptr) erase_if_dead(starts->producer());
  set_always_true(loop);
  return true;
}

}  // namespace

bool simplify_condition(const LoopView& loop, PassContext& context) {
  if (loop.is_scan()) return false;
  bool changed = false;
  Value* condition = loop.body().inputs()[kCondition];
  // The body runs only while the condition holds.
  if (condition->is_used() && context.allow_rewrite()) {
    Value* always =
        loop.body().add_constant(loop.body().unique_name("condition"), Tensor::scalar<bool>(true));
    loop.body().replace_all_uses(condition, always);
    changed = true;
  }
  if (known_number(loop.node().input(kCondition), context) == 1 && context.allow_rewrite()) {
    loop.node().set_input(kCondition, nullptr);
    changed = true;
  }
  return fix_trip_count(loop, context) || bound_by_value(loop, context) || changed;
}

std::optional<std::int64_t> known_number(const Value* value, const PassContext& context) {
  const Tensor* tensor = context.constant(value);
  if (tensor == nullptr || tensor->size() != 1 || is_float(tensor->dtype())) return std::nullopt;
  return tensor->to_int64().front();
}

}  // namespace gatefold
