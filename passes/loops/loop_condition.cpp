#include "passes/loops/loop_condition.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "ir/evaluate.h"
#include "ir/op_def.h"
#include "passes/rewriting/counts.h"

namespace gatefold {
namespace {

using namespace loop_port;

// A condition that depends on the iteration number alone is tried for so many of them at most.
constexpr std::int64_t kMostTrips = 10'000;

/// Evaluates values of a body in one iteration.
class Iteration {
 public:
  Iteration(const Graph& body, std::int64_t number, const PassContext& context)
      : context_(context) {
    results_[body.inputs()[kIteration]] = Tensor::scalar<std::int64_t>(number);
  }

  // nullptr when the value depends on more than the number.
  const Datum* evaluate(const Value* value) {
    const auto known = results_.find(value);
    if (known != results_.end()) return &known->second;
    if (const Tensor* constant = context_.constant(value)) return &(results_[value] = *constant);
    const Node* node = value->producer();
    if (node == nullptr || node->op().is_random || !node->sub_graphs().empty()) return nullptr;
    std::vector<const Datum*> inputs;
    for (const Value* input : node->inputs()) {
      inputs.push_back(input == nullptr ? nullptr : evaluate(input));
      if (input != nullptr && inputs.back() == nullptr) return nullptr;
    }
    std::vector<Datum> outputs(node->output_count());
    evaluate_node(*node, inputs, outputs, Precision::kNative, {});
    for (std::size_t i = 0; i < outputs.size(); ++i) results_[node->output(i)] = outputs[i];
    return &results_.at(value);
  }

 private:
  const PassContext& context_;
  std::unordered_map<const Value*, Datum> results_;
};

// How often a Loop runs whose condition depends on the iteration number only; nothing for other
// conditions.
std::optional<std::int64_t> count_trips(const LoopView& loop, const PassContext& context) {
  const Value* next = loop.body().outputs()[kNextCondition].value;
  const auto limit = known_number(loop.node().input(kTripCount), context);
  if (loop.node().input(kTripCount) != nullptr && !limit) return std::nullopt;
  for (std::int64_t trip = 0; trip < kMostTrips; ++trip) {
    if (limit && trip + 1 >= *limit) return limit;
    Iteration iteration(loop.body(), trip, context);
    const Datum* goes_on = iteration.evaluate(next);
    if (goes_on == nullptr) return std::nullopt;
    if (!*std::get<Tensor>(*goes_on).data<bool>()) return trip + 1;
  }
  return std::nullopt;
}

// True when the count is positive as far as `premise` is not negative.
bool is_positive(const Count& count, const Count& premise) {
  return is_at_least(count, 1) || is_at_least(count - premise, 1);
}

/// How the trip count and the conditions of a Loop decide on how often it runs.
struct TripBounds {
  std::optional<Count> limit = {};  ///< The trip count, where it is any.
  std::vector<Count> starts = {};   ///< What is positive when the first iteration runs.
  std::vector<Count> goes_on = {};  ///< What is positive when another one follows.

  // True when the conditions let the loop run `trips` times, or more.
  bool let_run(const Count& trips) const {
    const Count last = trips - Count{.offset = 2};  // The iteration that the last condition sees.
    const auto is_met = [&](const Count& distance) {
      return is_positive(distance.at({}), last) && is_positive(distance.at(last), last);
    };
    return std::all_of(goes_on.begin(), goes_on.end(), is_met) &&
           std::all_of(starts.begin(), starts.end(), [&](const Count& distance) {
             return is_positive(distance, trips - Count{.offset = 1});
           });
  }

  // True when the loop runs `trips` times at most where a condition ends it after so many.
  bool are_all(const Count& trips) const {
    const bool fits = !limit || is_at_least(*limit - trips, 0);
    const bool starts_for_one =
        is_at_least(trips, 1) ||
        std::any_of(starts.begin(), starts.end(),
                    [&](const Count& distance) { return is_at_least(trips - distance, 0); });
    return fits && starts_for_one && let_run(trips);
  }

  // The trip count that these conditions come to; nothing when that cannot be told.
  std::optional<Count> trips() const {
    if (limit && let_run(*limit)) return limit;
    for (const Count& distance : goes_on) {
      if (distance.per_iteration() != -1) continue;
      const Count trips = distance.at({}) + Count{.offset = 1};
      if (are_all(trips)) return trips;
    }
    return std::nullopt;
  }
};

std::optional<TripBounds> read_bounds(const LoopView& loop, const PassContext& context) {
  TripBounds bounds;
  CountReader reader(context, &loop);
  Value* trips = loop.node().input(kTripCount);
  const bool is_unlimited = trips == nullptr || known_number(trips, context).value_or(0) >=
                                                    std::numeric_limits<std::int32_t>::max();
  if (!is_unlimited) {
    bounds.limit = reader.read(trips);
    if (!bounds.limit) return std::nullopt;
  }
  Value* starts = loop.node().input(kCondition);
  const auto first = starts == nullptr ? std::vector<Count>() : reader.read_condition(starts);
  const auto next = reader.read_condition(loop.body().outputs()[kNextCondition].value);
  if (!first || !next) return std::nullopt;
  bounds.starts = *first;
  bounds.goes_on = *next;
  return bounds;
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
  Value* next = loop.body().outputs()[kNextCondition].value;
  if (known_number(next, context) == 1) return false;
  const bool goes_on = known_number(behind_identities(next), context) == 1;
  const auto trips = goes_on ? std::nullopt : count_trips(loop, context);
  if ((!goes_on && !trips) || !context.allow_rewrite()) return false;
  if (trips && trips != known_number(loop.node().input(kTripCount), context)) {
    Graph& graph = *loop.node().graph();
    loop.node().set_input(kTripCount, graph.add_constant(graph.unique_name("trip_count"),
                                                         Tensor::scalar<std::int64_t>(*trips)));
  }
  set_always_true(loop);
  return true;
}

// while (i + 1 < bound) -> bound is the trip count
bool bound_by_counts(const LoopView& loop, PassContext& context) {
  Node& node = loop.node();
  if (known_number(loop.body().outputs()[kNextCondition].value, context) == 1 &&
      node.input(kCondition) == nullptr) {
    return false;
  }
  const auto bounds = read_bounds(loop, context);
  const auto trips = bounds ? bounds->trips() : std::nullopt;
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
  Graph& body = loop.body();
  bool changed = false;
  // The body runs only while the condition holds.
  if (body.inputs()[kCondition]->is_used() && context.allow_rewrite()) {
    body.replace_all_uses(
        body.inputs()[kCondition],
        body.add_constant(body.unique_name("condition"), Tensor::scalar<bool>(true)));
    changed = true;
  }
  if (known_number(loop.node().input(kCondition), context) == 1 && context.allow_rewrite()) {
    loop.node().set_input(kCondition, nullptr);
    changed = true;
  }
  return fix_trip_count(loop, context) || bound_by_counts(loop, context) || changed;
}

}  // namespace gatefold
