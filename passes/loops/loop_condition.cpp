#include "passes/loops/loop_condition.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "ir/evaluate.h"
#include "ir/op_def.h"
#include "passes/loops/loop_count.h"
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
    const auto& inputs = node->inputs();
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

/// What must be positive, each, for a condition to hold.
using Distances = std::vector<Count>;

// b - a of a < b or of b > a, b - a + 1 of a <= b or of b >= a; with `negates` of the opposite.
std::optional<Count> read_distance(const Node& node, bool negates, CountReader& reader) {
  struct Comparison {
    std::string_view op;
    bool is_less;
    bool or_equal;
  };
  constexpr Comparison kComparisons[] = {{"Less", true, false},
                                         {"LessOrEqual", true, true},
                                         {"Greater", false, false},
                                         {"GreaterOrEqual", false, true}};
  const auto* found =
      std::find_if(std::begin(kComparisons), std::end(kComparisons),
                   [&](const Comparison& comparison) { return comparison.op == node.op().name; });
  if (found == std::end(kComparisons)) return std::nullopt;
  const auto a = reader.read(node.input(0));
  const auto b = reader.read(node.input(1));
  if (!a || !b) return std::nullopt;
  Count distance = found->is_less != negates ? *b - *a : *a - *b;
  if (found->or_equal != negates) ++distance.offset;
  return distance;
}

// Adds the distances of a condition made of comparisons; false when it is made of something else.
bool collect_distances(Value* condition, bool negates, CountReader& reader,
                       const PassContext& context, Distances& distances) {
  condition = behind_identities(condition);
  if (known_number(condition, context) == (negates ? 0 : 1)) return true;
  const Node* node = condition->producer();
  if (node == nullptr || !node->op().domain.empty()) return false;
  const auto collect = [&](std::size_t port, bool negated) {
    return collect_distances(node->input(port), negated, reader, context, distances);
  };
  if (node->op().name == "Not") return collect(0, !negates);
  if (node->op().name == (negates ? "Or" : "And"))
    return collect(0, negates) && collect(1, negates);
  const auto distance = read_distance(*node, negates, reader);
  if (distance) distances.push_back(*distance);
  return distance.has_value();
}

// True when the count is positive as far as `premise` is not negative.
bool is_positive(const Count& count, const Count& premise) {
  return is_at_least(count, 1) || is_at_least(count - premise, 1);
}

/// How the trip count and the conditions of a Loop decide on how often it runs.
struct TripBounds {
  std::optional<Count> limit = {};  ///< The trip count, where it is any.
  Distances starts = {};            ///< Of the condition before the first iteration.
  Distances goes_on = {};           ///< Of the condition that an iteration leaves.
};

std::optional<TripBounds> read_bounds(const LoopView& loop, const PassContext& context) {
  TripBounds bounds;
  CountReader reader(loop, context);
  const Node& node = loop.node();
  Value* trips = node.input(kTripCount);
  const bool is_unlimited = trips == nullptr || known_number(trips, context).value_or(0) >=
                                                    std::numeric_limits<std::int32_t>::max();
  if (!is_unlimited) {
    bounds.limit = reader.read(trips);
    if (!bounds.limit) return std::nullopt;
  }
  Value* starts = node.input(kCondition);
  Value* next = loop.body().outputs()[kNextCondition].value;
  const bool are_read =
      (starts == nullptr || collect_distances(starts, false, reader, context, bounds.starts)) &&
      collect_distances(next, false, reader, context, bounds.goes_on);
  return are_read ? std::optional(bounds) : std::nullopt;
}

// True when the conditions let the loop run `trips` times, or more.
bool let_run(const TripBounds& bounds, const Count& trips) {
  const Count one{.offset = 1};
  const Count last = trips - one * 2;  // The iteration number that the last condition sees.
  const bool starts =
      std::all_of(bounds.starts.begin(), bounds.starts.end(),
                  [&](const Count& distance) { return is_positive(distance, trips - one); });
  return starts &&
         std::all_of(bounds.goes_on.begin(), bounds.goes_on.end(), [&](const Count& distance) {
           return is_positive(distance.at({}), last) && is_positive(distance.at(last), last);
         });
}

// True when the loop runs `trips` times at most where a condition ends it after so many.
bool are_all_trips(const TripBounds& bounds, const Count& trips) {
  const bool fits = !bounds.limit || is_at_least(*bounds.limit - trips, 0);
  const bool starts_for_one =
      is_at_least(trips, 1) ||
      std::any_of(bounds.starts.begin(), bounds.starts.end(),
                  [&](const Count& distance) { return is_at_least(trips - distance, 0); });
  return fits && starts_for_one && let_run(bounds, trips);
}

// The trip count that a Loop has whose conditions are those; nothing when that cannot be told.
std::optional<Count> find_trips(const TripBounds& bounds) {
  if (bounds.limit && let_run(bounds, *bounds.limit)) return bounds.limit;
  for (const Count& distance : bounds.goes_on) {
    if (distance.iteration != -1) continue;
    const Count trips = distance.at({}) + Count{.offset = 1};
    if (are_all_trips(bounds, trips)) return trips;
  }
  return std::nullopt;
}

// while (i + 1 < bound) -> bound is the trip count
bool bound_by_counts(const LoopView& loop, PassContext& context) {
  Node& node = loop.node();
  if (known_number(loop.body().outputs()[kNextCondition].value, context) == 1 &&
      node.input(kCondition) == nullptr) {
    return false;
  }
  const auto bounds = read_bounds(loop, context);
  const auto trips = bounds ? find_trips(*bounds) : std::nullopt;
  if (!trips) return false;
  const bool is_limit = bounds->limit && is_at_least(*trips - *bounds->limit, 0) &&
                        is_at_least(*bounds->limit - *trips, 0);
  if ((!is_limit && !is_known_outside(*trips)) || !context.allow_rewrite()) return false;
  Rewriter rewriter(node, context);
  if (!is_limit) node.set_input(kTripCount, build_count(rewriter, *trips));
  Value* starts = node.input(kCondition);
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
  return fix_trip_count(loop, context) || bound_by_counts(loop, context) || changed;
}

std::optional<std::int64_t> known_number(const Value* value, const PassContext& context) {
  const Tensor* tensor = context.constant(value);
  if (tensor == nullptr || tensor->size() != 1 || is_float(tensor->dtype())) return std::nullopt;
  return tensor->to_int64().front();
}

}  // namespace gatefold
