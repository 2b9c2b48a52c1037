#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "ir/view.h"
#include "passes/passes.h"
#include "passes/recurrence/step_chain.h"
#include "passes/rewriting/lengths.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

using namespace recurrent_input;
using namespace recurrent_output;

using Steps = std::vector<Node*>;

// True when the input of some step needs the result of an earlier one.
bool feeds_back(const Steps& steps) {
  const std::unordered_set<const Node*> members(steps.begin(), steps.end());
  std::unordered_set<const Node*> dependent = members;
  std::vector<const Node*> pending(steps.begin(), steps.end());
  while (!pending.empty()) {
    const Node* node = pending.back();
    pending.pop_back();
    for (std::size_t i = 0; i < node->output_count(); ++i) {
      if (node->output(i) == nullptr) continue;
      for (const Use& use : node->output(i)->uses()) {
        if (dependent.insert(use.user).second) pending.push_back(use.user);
      }
    }
  }
  return std::any_of(steps.begin(), steps.end(), [&](const Node* step) {
    return dependent.count(step->input(kX)->producer()) > 0;
  });
}

// States between the steps exist for h only, as part of Y.
bool has_inner_cell_use(const Steps& steps) {
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    std::vector<const Value*> pending{steps[i]->output(kYc)};
    while (!pending.empty()) {
      const Value* value = pending.back();
      pending.pop_back();
      if (value == nullptr) continue;
      if (value->output_uses() > 0) return true;
      for (const Use& use : value->uses()) {
        const std::string_view op = use.user->op().name;
        if (op == "Squeeze" || op == "Unsqueeze" || op == "Identity") {
          pending.push_back(use.user->output());
        } else if (use.user != steps[i + 1] || use.index != kInitialC) {
          return true;
        }
      }
    }
  }
  return false;
}

// Where the elements of a step's input lie, one view for each value that they are put together of.
void collect_origins(const View& view, std::vector<View>& origins) {
  const View origin = origin_of(view);
  const auto parts = split_at_seams(origin, origin.rank() - 1);
  if (!parts || parts->size() < 2) {
    origins.push_back(origin);
    return;
  }
  for (const ViewPart& part : *parts) collect_origins(part.view, origins);
}

// How far the elements lie from each other in one sequence; 0 where that is not known.
std::int64_t distance_between(const View& first, const View& second) {
  if (first.source != second.source) return 0;
  for (std::size_t run = 0; run < first.runs.size(); ++run) {
    const std::int64_t distance = second.runs[run].offset - first.runs[run].offset;
    if (distance != 0) return distance;
  }
  return 0;
}

// True when some steps surely read sequences from their ends to their beginnings, and none
// forwards.
bool reads_backwards(const Steps& steps) {
  std::vector<View> before;
  bool result = false;
  for (const Node* step : steps) {
    std::vector<View> origins;
    collect_origins(view_of(*step->input(kX)), origins);
    for (std::size_t i = 0; i < std::min(origins.size(), before.size()); ++i) {
      const std::int64_t distance = distance_between(before[i], origins[i]);
      if (distance > 0) return false;
      result = result || distance < 0;
    }
    before = std::move(origins);
  }
  return result;
}

bool is_wanted(const Node& step, std::size_t port) {
  return step.output(port) != nullptr && step.output(port)->is_used();
}

// Rows [first, end) of [T, N, H].
Value* build_rows(Rewriter& rewriter, Value* rows, std::int64_t first, std::int64_t end) {
  if (end == first + 1 && !rows->type().shape->front().is_known()) {
    // Of a Slice, it would not be known that it has a single row.
    Value* index = rewriter.add_constant("index", Tensor::scalar(first));
    Value* row = rewriter.add("Gather", {rows, index}, {{"axis", std::int64_t{0}}});
    return rewriter.add("Unsqueeze", {row, rewriter.add_ints({0})});
  }
  return rewriter.add("Slice", {rows, rewriter.add_ints({first}), rewriter.add_ints({end}),
                                rewriter.add_ints({0})});
}

// One node over all steps; backwards, its rows are in the opposite order. nullptr when the lengths
// cannot be told.
Node* build_joined(const Steps& steps, bool backwards, const std::optional<ChainLengths>& lengths,
                   Rewriter& rewriter) {
  const Node& last = *steps.back();
  std::vector<Value*> inputs;
  for (const Node* step : steps) inputs.push_back(step->input(kX));
  if (backwards) std::reverse(inputs.begin(), inputs.end());
  std::vector<Value*> ports = last.inputs();
  ports[kX] = rewriter.add("Concat", inputs, {{"axis", std::int64_t{0}}});
  for (const std::size_t port : {kInitialH, kInitialC}) {
    if (port < ports.size()) ports[port] = steps.front()->input(port);
  }
  if (lengths) {
    ports.resize(std::max<std::size_t>(ports.size(), kSequenceLens + 1));
    ports[kSequenceLens] = build_lengths(rewriter, lengths->left, lengths->batch, ports[kX]);
    if (ports[kSequenceLens] == nullptr) return nullptr;
  }
  while (ports.back() == nullptr) ports.pop_back();
  Node* joined = rewriter.add_node(last.op().name, ports, last.op().outputs.size(), last.attrs());
  if (backwards) joined->set_attr("direction", std::string("reverse"));
  joined->set_name(steps.front()->name());
  return joined;
}

void replace(Value* before, Value* after) {
  if (before != nullptr) before->graph()->replace_all_uses(before, after);
}

/// The rows of one node over all steps.
class JoinedRows {
 public:
  JoinedRows(Node& joined, Rewriter& rewriter) : joined_(joined), rewriter_(rewriter) {}

  /// Rows [first, end), as [.., N, H].
  Value* between(std::int64_t first, std::int64_t end) {
    if (rows_ == nullptr) {
      rows_ = rewriter_.add("Squeeze", {joined_.output(kY), rewriter_.add_ints({1})});
    }
    return build_rows(rewriter_, rows_, first, end);
  }

 private:
  Node& joined_;
  Rewriter& rewriter_;
  Value* rows_ = nullptr;
};

// What a step makes is the row of the joined node where the mask holds. Elsewhere it is the state
// that the sequence ended with; backwards, the one that it will begin with.
void replace_held(const StepChain& chain, const ChainLengths& lengths, Node& joined,
                  Rewriter& rewriter) {
  JoinedRows rows(joined, rewriter);
  const auto with_rank_of = [&](Value* state, const Value* like) {
    return like->type().rank() == 3 ? state
                                    : rewriter.add("Squeeze", {state, rewriter.add_ints({0})});
  };
  const std::int64_t count = std::ssize(chain.steps);
  Value* kept = chain.holds.front().hidden->input(2);
  Value* rest = lengths.backwards ? kept : with_rank_of(joined.output(kYh), kept);
  for (std::int64_t i = 0; i < count; ++i) {
    const Node& step = *chain.steps[static_cast<std::size_t>(i)];
    const std::int64_t row = lengths.backwards ? count - 1 - i : i;
    Node* hold = chain.holds[static_cast<std::size_t>(i)].hidden;
    if (hold != nullptr) hold->set_input(2, rest);
    replace(step.output(kYh), rows.between(row, row + 1));
  }
  if (const Node* hidden = chain.holds.back().hidden) {
    replace(hidden->output(), with_rank_of(joined.output(kYh), hidden->output()));
  }
  if (const Node* cell = chain.holds.back().cell) {
    replace(cell->output(), with_rank_of(joined.output(kYc), cell->output()));
  }
}

void replace_rows(const Steps& steps, bool backwards, Node& joined, Rewriter& rewriter) {
  const Node& last = *steps.back();
  JoinedRows rows(joined, rewriter);
  std::int64_t first = backwards ? std::ssize(steps) - 1 : 0;
  for (const Node* step : steps) {
    const Dim& count = steps_of(*step);
    const std::int64_t end =
        count.is_known() ? first + count.size() : std::numeric_limits<std::int64_t>::max();
    if (is_wanted(*step, kY)) {
      Value* part = rows.between(first, end);
      replace(step->output(kY), rewriter.add("Unsqueeze", {part, rewriter.add_ints({1})}));
    }
    if (step != &last && is_wanted(*step, kYh)) {
      replace(step->output(kYh), rows.between(end - 1, end));
    }
    first = backwards ? first - 1 : end;
  }
  replace(last.output(kYh), joined.output(kYh));
  replace(last.output(kYc), joined.output(kYc));
}

// Puts one node over all steps in the place of the chain; false when that cannot be built.
bool join(const StepChain& chain, const std::optional<ChainLengths>& lengths,
          PassContext& context) {
  Rewriter rewriter(*chain.steps.back(), context);
  const bool backwards = lengths ? lengths->backwards : reads_backwards(chain.steps);
  Node* joined = build_joined(chain.steps, backwards, lengths, rewriter);
  if (joined == nullptr) return false;
  if (lengths) {
    replace_held(chain, *lengths, *joined, rewriter);
  } else {
    replace_rows(chain.steps, backwards, *joined, rewriter);
  }
  return true;
}

// Later steps first, as they read the earlier ones.
void erase(const Steps& steps) {
  std::unordered_set<const Node*> erased;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if (erased.count(*step) > 0) continue;
    erase_if_dead(*step, [&](const Node& dead) { erased.insert(&dead); });
  }
}

}  // namespace

bool reroll_recurrence(Graph& graph, PassContext& context) {
  bool changed = false;
  for (const auto& node : graph.nodes()) {
    for (Graph* body : node->sub_graphs()) changed = reroll_recurrence(*body, context) || changed;
  }
  for (const StepChain& chain : find_step_chains(graph, context)) {
    const Steps& steps = chain.steps;
    const auto give_up = [&](std::string_view reason) {
      if (context.explain) {
        context.explain(fmt::format("{} and the {} steps after it: {}", steps.front()->describe(),
                                    steps.size() - 1, reason));
      }
    };
    std::string reason;
    const auto lengths = chain.is_held() ? find_lengths(chain, context, reason) : std::nullopt;
    if (feeds_back(steps)) {
      give_up("a step's input needs an earlier step's result");
    } else if (chain.is_held() && !lengths) {
      give_up(reason);
    } else if (!chain.is_held() && has_inner_cell_use(steps)) {
      give_up("a cell state between steps is used");
    } else if (context.allow_rewrite() && join(chain, lengths, context)) {
      erase(steps);
      changed = true;
    }
  }
  if (changed) graph.sort_topologically();
  return changed;
}

}  // namespace gatefold::passes
