#include <unordered_set>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/passes.h"
#include "passes/recurrence/activation_attrs.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold::passes {
namespace {

using Ints = std::vector<std::int64_t>;

/// Two recurrences over the same sequence, one in each direction.
struct Pair {
  Node* forward = nullptr;
  Node* backward = nullptr;
};

bool have_same_settings(const Pair& pair) {
  const Node& a = *pair.forward;
  const Node& b = *pair.backward;
  if (&a.op() != &b.op() || a.graph() != b.graph()) return false;
  const RecurrentAttrs of_a = read_recurrent_attrs(a);
  const RecurrentAttrs of_b = read_recurrent_attrs(b);
  const bool is_same_cell = of_a.clip == of_b.clip && of_a.input_forget == of_b.input_forget &&
                            of_a.linear_before_reset == of_b.linear_before_reset;
  if (!is_same_cell || of_a.batch_first || of_b.batch_first) return false;
  if (!have_same_shape(a.input(recurrent_input::kR)->type(), b.input(recurrent_input::kR)->type()))
    return false;
  for (std::size_t port = 0; port < a.op().inputs.size(); ++port) {
    const bool is_shared = port == recurrent_input::kX || port == recurrent_input::kSequenceLens;
    if (is_shared && a.input(port) != b.input(port)) return false;
    if ((a.input(port) == nullptr) != (b.input(port) == nullptr)) return false;
  }
  return true;
}

// True when neither of the pair takes the result of the other.
bool are_independent(const Pair& pair) {
  std::unordered_set<const Node*> seen;
  std::vector<const Value*> pending;
  const auto follow = [&pending](const Node& node) {
    for (const Value* input : node.inputs()) pending.push_back(input);
    for (const Value* captured : captured_values(node)) pending.push_back(captured);
  };
  follow(*pair.forward);
  follow(*pair.backward);
  while (!pending.empty()) {
    const Node* node = pending.back() == nullptr ? nullptr : pending.back()->producer();
    pending.pop_back();
    if (node == nullptr || !seen.insert(node).second) continue;
    if (node == pair.forward || node == pair.backward) return false;
    follow(*node);
  }
  return true;
}

// The output of a recurrence behind a Squeeze of the axis of directions; nullptr for others.
const Value* behind_squeeze(const Value* value, const Rewriter& rewriter) {
  const Node* squeeze = producer_of(value, "Squeeze");
  const Value* output = squeeze == nullptr ? value : squeeze->input(0);
  if (output->producer() == nullptr || !is_recurrent(*output->producer())) return nullptr;
  const Ints axis{output->output_index() == recurrent_output::kY ? 1 : 0};
  return squeeze == nullptr || moved_axes(*squeeze, rewriter) == axis ? output : nullptr;
}

// One node in the place of both; weights and states stand forward first.
Node* build_bidirectional(const Pair& pair, Rewriter& rewriter) {
  std::vector<Value*> inputs = pair.forward->inputs();
  for (std::size_t port = 0; port < inputs.size(); ++port) {
    const bool is_shared = port == recurrent_input::kX || port == recurrent_input::kSequenceLens;
    if (is_shared || inputs[port] == nullptr) continue;
    inputs[port] = rewriter.add("Concat", {inputs[port], pair.backward->input(port)},
                                {{"axis", std::int64_t{0}}});
  }
  Attrs attrs = pair.forward->attrs();
  attrs["direction"] = std::string("bidirectional");
  std::vector<Activation> activations;
  const RecurrentKind* kind = nullptr;
  for (const Node* node : {pair.forward, pair.backward}) {
    const RecurrentAttrs own = read_recurrent_attrs(*node);
    kind = own.kind;
    const auto& of_direction = own.directions.front().activations;
    activations.insert(activations.end(), of_direction.begin(),
                       of_direction.begin() + static_cast<std::ptrdiff_t>(kind->activation_count));
  }
  for (const char* name : {"activations", "activation_alpha", "activation_beta"}) {
    attrs.erase(name);
  }
  attrs.merge(activation_attrs(*kind, activations));
  const OpDef& op = pair.forward->op();
  return rewriter.add_node(op.name, inputs, op.outputs.size(), attrs);
}

// Y_h and Y_c [2,N,H] hold those of either direction.
void replace_states(const Pair& pair, const Node& both, Rewriter& rewriter) {
  for (std::size_t port = recurrent_output::kYh; port < both.output_count(); ++port) {
    for (const std::int64_t direction : {0, 1}) {
      Value* state = (direction == 0 ? pair.forward : pair.backward)->output(port);
      if (state == nullptr || !state->is_used()) continue;
      rewriter.also_replace(
          state,
          rewriter.add("Slice", {both.output(port), rewriter.add_ints({direction}),
                                 rewriter.add_ints({direction + 1}), rewriter.add_ints({0})}));
    }
  }
}

// [T,N,2*H], or [T,1,N,2*H] where `like` has four axes, of Y [T,2,N,H].
Value* build_rows(Value* all, const Value& like, Rewriter& rewriter) {
  const std::int64_t columns = like.type().shape->back().size();
  Value* swapped = rewriter.add("Transpose", {all}, {{"perm", Ints{0, 2, 1, 3}}});
  Value* rows = rewriter.add("Reshape", {swapped, rewriter.add_ints({0, 0, columns})});
  return like.type().rank() == 3 ? rows : rewriter.add("Unsqueeze", {rows, rewriter.add_ints({1})});
}

bool is_unused(const Node& node, std::size_t port) {
  return node.output(port) == nullptr || !node.output(port)->is_used();
}

// Concat of what a forward and a backward recurrence make of one sequence -> one bidirectional node
std::optional<Replacement> merge(Node& node, Rewriter& rewriter) {
  const Type& type = node.output()->type();
  if (node.input_count() != 2 || !type.has_rank() || type.rank() < 2) return std::nullopt;
  const Value* first = behind_squeeze(node.input(0), rewriter);
  const Value* second = behind_squeeze(node.input(1), rewriter);
  if (first == nullptr || second == nullptr || first->output_index() != second->output_index()) {
    return std::nullopt;
  }
  const Pair pair{first->producer(), second->producer()};
  if (pair.forward->attr_string("direction") != "forward" ||
      pair.backward->attr_string("direction") != "reverse" || !have_same_settings(pair)) {
    return std::nullopt;
  }
  if (!are_independent(pair)) {
    return rewriter.no_match("one direction starts with a result of the other");
  }
  const bool joins_rows = first->output_index() == recurrent_output::kY;
  const std::int64_t axis = positive_axis(node.attr_int("axis"), type.rank());
  if (joins_rows) {
    const bool are_alone = is_used_once(*node.input(0)) && is_used_once(*node.input(1)) &&
                           is_used_once(*first) && is_used_once(*second);
    if (!are_alone || axis != type.rank() - 1 || !type.shape->back().is_known()) {
      return rewriter.no_match("the rows of one direction are used elsewhere, too");
    }
  } else if (!is_unused(*pair.forward, recurrent_output::kY) ||
             !is_unused(*pair.backward, recurrent_output::kY)) {
    return std::nullopt;
  }
  const Node& both = *build_bidirectional(pair, rewriter);
  replace_states(pair, both, rewriter);
  if (!joins_rows) return Replacement{};
  return Replacement{build_rows(both.output(), *node.output(), rewriter)};
}

constexpr Rule kRules[] = {{"merge", "Concat", merge}};

}  // namespace

bool merge_directions(Graph& graph, PassContext& context) {
  const bool changed = rewrite(graph, context, kRules);
  // States of the earlier node may be read before the place of the new one.
  if (changed) sort_topologically(graph);
  return changed;
}

}  // namespace gatefold::passes
