#include "passes/loops/loop_condition.h"

#include <algorithm>
#include <limits>

#include "passes/rewriting/counts.h"

namespace gatefold {
namespace {

using namespace loop_port;

// True when the count is positive as far as `premise` is not negative.
bool is_positive(const Count& count, const Count& premise) {
  return is_at_least(count, 1) || is_at_least(count - premise, 1) || is_at_least(premise * -1, 1);
}

// How many iterations there are until the distance is not positive, that one included.
std::optional<Count> trips_until(const Count& distance) {
  const Count left = distance.at({});
  const std::int64_t step = -distance.per_iteration();
  const bool is_number = left == Count{.offset = left.offset};
  if (is_number && left.offset <= 0) return Count{.offset = 1};
  if (step == 1) return left + Count{.offset = 1};
  if (!is_number || step < 1) return std::nullopt;
  return Count{.offset = (left.offset + step - 1) / step + 1};
}

/// How the trip count and the conditions of a Loop decide on how often it runs.
struct TripBounds {
  std::optional<Count> limit = {};  ///< The trip count, where it is any.
  /// What is positive when the first iteration runs; nothing where that is not known.
  std::optional<std::vector<Count>> starts = {};
  std::vector<Count> goes_on = {};  ///< What is positive when another one follows.

  // True when the loop, once started, runs `trips` times, or more.
  bool let_run(const Count& trips) const {
    const Count last = trips - Count{.offset = 2};  // The iteration that the last condition sees.
    return std::all_of(goes_on.begin(), goes_on.end(), [&](const Count& distance) {
      return is_positive(distance.at({}), last) && is_positive(distance.at(last), last);
    });
  }

  // True when it runs `trips` times where a condition ends it after so many.
  bool are_all(const Count& trips) const {
    const bool fits = !limit || is_at_least(*limit - trips, 0);
    const bool starts_for_one =
        is_at_least(trips, 1) ||
        (starts && std::any_of(starts->begin(), starts->end(), [&](const Count& distance) {
           return is_at_least(trips - distance, 0);
         }));
    return fits && starts_for_one && let_run(trips);
  }

  // The trip count that these conditions come to; nothing when that cannot be told.
  std::optional<Count> trips() const {
    if (limit && let_run(*limit)) return limit;
    for (const Count& distance : goes_on) {
      auto trips = trips_until(distance);
      if (trips && are_all(*trips)) return trips;
    }
    return std::nullopt;
  }

  // True when the condition before the first iteration says no more than a trip count.
  bool start_with(const Count& trips) const {
    return starts && std::all_of(starts->begin(), starts->end(), [&](const Count& distance) {
             return is_positive(distance, trips - Count{.offset = 1});
           });
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
  const auto next = reader.read_condition(loop.body().outputs()[kNextCondition].value);
  if (!next) return std::nullopt;
  bounds.goes_on = *next;
  // Some loops are limited to more iterations than any sequence has steps.
  std::erase_if(bounds.goes_on, [](const Count& distance) {
    return is_at_least(distance.at({}), std::numeric_limits<std::int32_t>::max() - 2) &&
           distance.per_iteration() >= -1;
  });
  Value* starts = loop.node().input(kCondition);
  bounds.starts = starts == nullptr ? std::vector<Count>() : reader.read_condition(starts);
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

// while (i + 1 < bound) -> bound is the trip count
bool bound_by_counts(const LoopView& loop, PassContext& context) {
  Node& node = loop.node();
  Value* starts = node.input(kCondition);
  const bool is_bound = known_number(loop.body().outputs()[kNextCondition].value, context) == 1;
  if (is_bound && starts == nullptr) return false;
  const auto bounds = read_bounds(loop, context);
  const auto trips = bounds ? bounds->trips() : std::nullopt;
  if (!trips) return false;
  const bool is_limit = bounds->limit && *trips == *bounds->limit;
  const bool starts_anyway = starts != nullptr && bounds->start_with(*trips);
  if (is_bound && is_limit && !starts_anyway) return false;
  if ((!is_limit && !is_known_outside(*trips)) || !context.allow_rewrite()) return false;
  Rewriter rewriter(node, context);
  if (!is_limit) node.set_input(kTripCount, build_count(rewriter, *trips));
  if (starts_anyway) {
    node.set_input(kCondition, nullptr);
    if (starts->producer() != nullptr) erase_if_dead(starts->producer());
  }
  if (!is_bound) set_always_true(loop);
  return true;
}

}  // namespace

bool simplify_condition(const LoopView& loop, PassContext& context) {
  if (loop.is_scan()) return false;
  Graph& body = loop.body();
  bool changed = false;
  // The body runs only while the condition holds.
  if (body.inputs()[kCondition]->is_used() && context.allow_rewrite()) {
    Value* always = body.add_constant(body.unique_name("condition"), Tensor::scalar<bool>(true));
    body.replace_all_uses(body.inputs()[kCondition], always);
    changed = true;
  }
  if (known_number(loop.node().input(kCondition), context) == 1 && context.allow_rewrite()) {
    loop.node().set_input(kCondition, nullptr);
    changed = true;
  }
  return bound_by_counts(loop, context) || changed;
}

std::optional<Replacement> row_of_slice(Node& slice, Rewriter& rewriter) {
  Node* around = loop_around(*slice.graph());
  if (around == nullptr) return std::nullopt;
  const LoopView loop(*around);
  const auto axis = CountReader(rewriter.context(), &loop).axis_of_entry(slice);
  if (!axis) return std::nullopt;
  return Replacement{rewriter.add("Gather", {slice.input(0), slice.input(1)}, {{"axis", *axis}})};
}

}  // namespace gatefold
