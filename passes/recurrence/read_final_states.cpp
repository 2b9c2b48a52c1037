#include <limits>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

using Ints = std::vector<std::int64_t>;

/// The forms in which Y, of one direction, is read.
enum class Form : std::int8_t {
  kWhole,      ///< [T,1,N,H]
  kTimeFirst,  ///< [T,N,H]
  kBatchFirst  ///< [N,T,H]
};

/// A node that reads one time step.
struct Read {
  Node* node = nullptr;
  Form form = Form::kWhole;
  bool drops_axis = false;
};

std::int64_t time_axis(Form form) { return form == Form::kBatchFirst ? 1 : 0; }

/// The time step that the recurrence computes last.
struct FinalStep {
  bool is_first = false;  ///< Of the sequence; else its last one.
  Dim extent;             ///< T

  bool is_at(std::int64_t index) const {
    if (is_first) return index == 0 || (extent.is_known() && index == -extent.size());
    return index == -1 || (extent.is_known() && index == extent.size() - 1);
  }
  // The end of a range that starts with the final step, to hold nothing else.
  bool ends_at(std::int64_t end) const {
    if (is_first) return end == 1 || (extent.is(1) && end > 0);
    return end >= std::numeric_limits<std::int32_t>::max() ||
           (extent.is_known() && end >= extent.size());
  }
};

bool reads_step(const Node& node, Form form, const FinalStep& step, const Rewriter& rewriter) {
  const std::int64_t rank = node.input(0)->type().rank();
  if (node.op().name == "Gather") {
    const Tensor* index = rewriter.constant(node.input(1));
    return index != nullptr && index->rank() == 0 && step.is_at(index->to_int64().front()) &&
           positive_axis(node.attr_int("axis"), rank) == time_axis(form);
  }
  const auto starts = constant_ints(rewriter, node.input(1));
  const auto ends = constant_ints(rewriter, node.input(2));
  const auto axes = constant_ints(rewriter, node.input(3));
  if (!starts || !ends || !axes || starts->size() != 1) return false;
  if (node.input(4) != nullptr && constant_ints(rewriter, node.input(4)) != Ints{1}) return false;
  return step.is_at(starts->front()) && step.ends_at(ends->front()) &&
         positive_axis(axes->front(), rank) == time_axis(form);
}

// Collects the readers of `value`; false when one of them wants more than the final step.
bool collect_reads(const Value& value, Form form, const FinalStep& step, const Rewriter& rewriter,
                   std::vector<Read>& reads) {
  if (value.output_uses() > 0) return false;
  for (const Use& use : value.uses()) {
    Node& user = *use.user;
    const std::string_view op = user.op().name;
    if (use.index != 0 || user.graph() != value.graph()) return false;
    if (op == "Gather" || op == "Slice") {
      if (!reads_step(user, form, step, rewriter)) return false;
      reads.push_back({&user, form, op == "Gather"});
      continue;
    }
    const bool squeezes =
        op == "Squeeze" && form == Form::kWhole && moved_axes(user, rewriter) == Ints{1};
    const bool swaps =
        op == "Transpose" && form == Form::kTimeFirst && permutation_of(user) == Ints{1, 0, 2};
    if (!squeezes && !swaps) return false;
    const Form next = squeezes ? Form::kTimeFirst : Form::kBatchFirst;
    if (!collect_reads(*user.output(), next, step, rewriter, reads)) return false;
  }
  return true;
}

// What a reader gets, made of Y_h [1,N,H].
Value* build_read(const Read& read, Value* state, Rewriter& rewriter) {
  if (read.form == Form::kWhole) {
    return read.drops_axis ? state : rewriter.add("Unsqueeze", {state, rewriter.add_ints({0})});
  }
  if (read.form == Form::kTimeFirst && !read.drops_axis) return state;
  Value* rows = rewriter.add("Squeeze", {state, rewriter.add_ints({0})});
  return read.drops_axis ? rows : rewriter.add("Unsqueeze", {rows, rewriter.add_ints({1})});
}

// Of a recurrence whose Y is read at the step that it computes last only, Y_h is read instead.
std::optional<Replacement> read_final_state(Node& node, Rewriter& rewriter) {
  const Value* all = node.output(recurrent_output::kY);
  const std::string& direction = node.attr_string("direction");
  if (all == nullptr || all->uses().empty() || !all->type().has_rank()) return std::nullopt;
  if (direction == "bidirectional" || node.attr_int("layout") != 0 ||
      node.input(recurrent_input::kSequenceLens) != nullptr) {
    return std::nullopt;
  }
  const FinalStep step{direction == "reverse", all->type().shape->front()};
  std::vector<Read> reads;
  if (!collect_reads(*all, Form::kWhole, step, rewriter, reads) || reads.empty()) {
    return std::nullopt;
  }
  Replacement replacement;
  Value* state = node.output(recurrent_output::kYh);
  if (state == nullptr) {
    Node* rebuilt =
        rewriter.add_node(node.op().name, node.inputs(), node.op().outputs.size(), node.attrs());
    rebuilt->set_name(node.name());
    state = rebuilt->output(recurrent_output::kYh);
    replacement = {nullptr, state, rebuilt->output(recurrent_output::kYc)};
  }
  for (const Read& read : reads) {
    rewriter.insert_before(*read.node);
    rewriter.also_replace(read.node->output(), build_read(read, state, rewriter));
  }
  return replacement;
}

constexpr Rule kRules[] = {
    {"of-lstm", "LSTM", read_final_state},
    {"of-gru", "GRU", read_final_state},
    {"of-rnn", "RNN", read_final_state},
};

}  // namespace

bool read_final_states(Graph& graph, PassContext& context) {
  return rewrite(graph, context, kRules);
}

}  // namespace gatefold::passes
