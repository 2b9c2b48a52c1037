#include "passes/recurrence/step_chain.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/rewriting/lengths.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

using namespace recurrent_input;
using namespace recurrent_output;

// A step, forwards, that may be joined with others.
bool is_joinable(const Node& node) {
  const Type& type = node.input(kX)->type();
  return is_forward_over_all(node) && type.has_rank() && type.rank() == 3;
}

// True when both compute the same function of x, h and c.
bool are_same_cell(const Node& a, const Node& b) {
  if (&a.op() != &b.op() || a.graph() != b.graph()) return false;
  for (const std::size_t port : {kW, kR, kB}) {
    if (a.input(port) != b.input(port)) return false;
  }
  return a.input(kP) == b.input(kP) && have_equal_attrs(a, b);
}

// True when the Where takes the state that the step makes, or else what the step was given.
bool holds_state_of(const Node& hold, const Node& step, std::size_t port,
                    const PassContext& context) {
  Value* given = step.input(port);
  Value* kept = hold.input(2);
  return given == nullptr ? is_filled_with(kept, 0, context)
                          : behind_rank_changes(kept) == behind_rank_changes(given);
}

/// A step and what holds its states back.
struct Link {
  Node* step = nullptr;
  Hold hold = {};
};

// The step whose final states are this one's initial ones, of the same cell; none if there is none.
Link link_before(const Node& node, const PassContext& context) {
  const auto hold_at = [&](std::size_t port) {
    Node* hold = producer_of(behind_rank_changes(node.input(port)), "Where");
    return hold != nullptr && is_row_mask(hold->input(0)) ? hold : nullptr;
  };
  const Value* state = behind_hold(node.input(kInitialH));
  if (state == nullptr || state->producer() == nullptr || state->output_index() != kYh) return {};
  Link link{state->producer(), {.hidden = hold_at(kInitialH)}};
  const Node& step = *link.step;
  if (!is_recurrent(step) || !is_joinable(step) || !are_same_cell(step, node)) return {};
  if (!steps_of(step).is_known() || steps_of(step).is(0)) return {};
  if (node.op().name == "LSTM") {
    if (behind_hold(node.input(kInitialC)) != step.output(kYc)) return {};
    link.hold.cell = hold_at(kInitialC);
    if ((link.hold.cell == nullptr) != (link.hold.hidden == nullptr)) return {};
  }
  if (link.hold.hidden == nullptr) return link;
  link.hold.mask = link.hold.hidden->input(0);
  const bool fits =
      steps_of(step).is(1) && holds_state_of(*link.hold.hidden, step, kInitialH, context) &&
      (link.hold.cell == nullptr || (link.hold.cell->input(0) == link.hold.mask &&
                                     holds_state_of(*link.hold.cell, step, kInitialC, context)));
  return fits ? link : Link();
}

// The uses of a state, behind changes of rank.
std::vector<Use> uses_of(const Value* state) {
  std::vector<Use> uses;
  std::vector<const Value*> pending{state};
  while (!pending.empty()) {
    const Value* value = pending.back();
    pending.pop_back();
    if (value == nullptr) continue;
    if (value->output_uses() > 0) uses.push_back({});
    for (const Use& use : value->uses()) {
      const std::string_view op = use.user->op().name;
      const bool changes_rank = op == "Squeeze" || op == "Unsqueeze" || op == "Identity";
      if (changes_rank) {
        pending.push_back(use.user->output());
      } else {
        uses.push_back(use);
      }
    }
  }
  return uses;
}

bool is_choice(const Use& use) {
  return use.user != nullptr && use.user->op().name == "Where" && use.user->op().domain.empty() &&
         use.index == 1;
}

// What holds the final states of the last step; at least the mask by which its result is chosen.
Hold find_last_hold(const Node& step, const PassContext& context) {
  const auto find = [&](std::size_t output, std::size_t port, Value*& mask) -> Node* {
    for (const Use& use : uses_of(step.output(output))) {
      if (!is_choice(use)) continue;
      mask = use.user->input(0);
      if (holds_state_of(*use.user, step, port, context)) return use.user;
    }
    return nullptr;
  };
  Hold hold;
  hold.hidden = find(kYh, kInitialH, hold.mask);
  if (step.op().name == "LSTM") hold.cell = find(kYc, kInitialC, hold.mask);
  return hold;
}

// True when all that reads the state chooses it where the mask holds.
bool is_read_where_held(const Value* state, const Value* mask) {
  const std::vector<Use> uses = uses_of(state);
  return std::all_of(uses.begin(), uses.end(),
                     [&](const Use& use) { return is_choice(use) && use.user->input(0) == mask; });
}

// True when the held cell state goes on to the next step alone.
bool is_handed_on(const Hold& hold, const Node& next, const Hold& next_hold) {
  const std::vector<Use> uses = uses_of(hold.cell->output());
  return std::all_of(uses.begin(), uses.end(), [&](const Use& use) {
    return (use.user == &next && use.index == kInitialC) ||
           (use.user == next_hold.cell && use.index == 2);
  });
}

bool has_held_states_only(const StepChain& chain) {
  for (std::size_t i = 0; i < chain.steps.size(); ++i) {
    const Node& step = *chain.steps[i];
    const Hold& hold = chain.holds[i];
    if (hold.mask == nullptr || !is_read_where_held(step.output(kYh), hold.mask)) return false;
    if (step.output(kY) != nullptr && step.output(kY)->is_used()) return false;
    if (step.op().name != "LSTM") continue;
    if (!is_read_where_held(step.output(kYc), hold.mask)) return false;
    const bool is_last = i + 1 == chain.steps.size();
    if (!is_last && !is_handed_on(hold, *chain.steps[i + 1], chain.holds[i + 1])) return false;
  }
  return true;
}

}  // namespace

const Dim& steps_of(const Node& node) { return node.input(kX)->type().shape->front(); }

std::vector<StepChain> find_step_chains(const Graph& graph, const PassContext& context) {
  std::unordered_map<const Node*, std::pair<Node*, Hold>> next_of;
  std::unordered_set<const Node*> has_before;
  std::vector<Node*> order;
  for (const auto& node : graph.nodes()) {
    if (!is_recurrent(*node) || !is_joinable(*node)) continue;
    order.push_back(node.get());
    const Link before = link_before(*node, context);
    if (before.step == nullptr) continue;
    // Of two steps that continue the same one, only the first does.
    const std::pair<Node*, Hold> next{node.get(), before.hold};
    if (next_of.emplace(before.step, next).second) has_before.insert(node.get());
  }
  std::vector<StepChain> chains;
  for (Node* node : order) {
    if (has_before.contains(node)) continue;
    StepChain chain{{node}};
    for (auto next = next_of.find(node); next != next_of.end();
         next = next_of.find(chain.steps.back())) {
      chain.holds.push_back(next->second.second);
      chain.steps.push_back(next->second.first);
    }
    if (chain.steps.size() < 2) continue;
    chain.holds.push_back(chain.is_held() ? find_last_hold(*chain.steps.back(), context) : Hold());
    chains.push_back(std::move(chain));
  }
  return chains;
}

std::optional<ChainLengths> find_lengths(const StepChain& chain, const PassContext& context,
                                         std::string& reason) {
  if (!has_held_states_only(chain)) {
    reason = "a state is read where its mask may not hold";
    return std::nullopt;
  }
  CountReader reader(context);
  std::vector<Count> left;
  ChainLengths lengths;
  for (const Hold& hold : chain.holds) {
    Value& mask = *hold.mask;
    if (!mask.type().has_rank() || mask.type().rank() < 2) break;
    lengths.batch = static_cast<std::size_t>(mask.type().rank() - 2);
    const auto own = steps_left(view_of(mask), false, lengths.batch, reader);
    if (!own) break;
    left.push_back(*own);
  }
  if (left.size() != chain.holds.size()) {
    reason = "a mask is not known to hold for the first steps of each sequence";
    return std::nullopt;
  }
  for (const std::int64_t step : {1, -1}) {
    bool fits = true;
    for (std::size_t i = 1; i < left.size(); ++i) {
      fits = fits && left[i] + Count{.offset = step} == left[i - 1];
    }
    if (!fits) continue;
    lengths.backwards = step < 0;
    lengths.left = lengths.backwards ? left.back() : left.front();
    return lengths;
  }
  reason = "its masks do not count the steps";
  return std::nullopt;
}

}  // namespace gatefold
