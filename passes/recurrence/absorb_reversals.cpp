#include <algorithm>
#include <limits>

#include "ir/elements.h"
#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

using Result = std::optional<Replacement>;
using Ints = std::vector<std::int64_t>;

// The end of a Slice that runs down to element 0.
constexpr std::int64_t kBeforeFirst = std::numeric_limits<std::int64_t>::min() + 1;

/// `source` read backwards along axis `time`; with lengths, the first lengths[n] steps of each
/// sample n along axis `batch`.
struct Reversal {
  Value* source = nullptr;
  std::int64_t time = 0;
  Value* lengths = nullptr;
  std::int64_t batch = -1;

  bool undoes(const Reversal& other) const {
    return time == other.time && batch == other.batch && lengths == other.lengths;
  }
};

std::optional<Reversal> read_slice(const Node& slice, const Rewriter& rewriter) {
  Value* source = slice.input(0);
  const auto starts = constant_ints(rewriter, slice.input(1));
  const auto ends = constant_ints(rewriter, slice.input(2));
  const auto axes = constant_ints(rewriter, slice.input(3));
  const auto steps = constant_ints(rewriter, slice.input(4));
  if (!starts || !ends || !axes || steps != Ints{-1} || !source->type().has_rank()) {
    return std::nullopt;
  }
  const std::int64_t axis = positive_axis(axes->front(), source->type().rank());
  const Dim& extent = (*source->type().shape)[static_cast<std::size_t>(axis)];
  const std::int64_t known = extent.is_known() ? extent.size() : kBeforeFirst;
  const bool starts_last = starts->front() == -1 ||
                           starts->front() >= std::numeric_limits<std::int32_t>::max() ||
                           (extent.is_known() && starts->front() >= known - 1);
  const bool ends_first = ends->front() <= std::numeric_limits<std::int32_t>::min() ||
                          (extent.is_known() && ends->front() < -known);
  if (!starts_last || !ends_first) return std::nullopt;
  return Reversal{source, axis};
}

// The value as another one read backwards.
std::optional<Reversal> read_reversal(const Value* value, const Rewriter& rewriter) {
  if (const Node* slice = producer_of(value, "Slice")) return read_slice(*slice, rewriter);
  const Node* reverse = producer_of(value, "ReverseSequence");
  if (reverse == nullptr) return std::nullopt;
  return Reversal{reverse->input(0), reverse->attr_int("time_axis"), reverse->input(1),
                  reverse->attr_int("batch_axis")};
}

Value* build_reversal(Value* data, const Reversal& like, Rewriter& rewriter) {
  if (like.lengths != nullptr) {
    return rewriter.add("ReverseSequence", {data, like.lengths},
                        {{"time_axis", like.time}, {"batch_axis", like.batch}});
  }
  return rewriter.add("Slice", {data, rewriter.add_ints({-1}), rewriter.add_ints({kBeforeFirst}),
                                rewriter.add_ints({like.time}), rewriter.add_ints({-1})});
}

// True when every length surely is the whole extent.
bool are_whole(const Value* lengths, const Dim& extent) {
  if (const auto elements = elements_of(*lengths)) {
    return !elements->empty() &&
           std::all_of(elements->begin(), elements->end(), [&](const Element& element) {
             return element == Element::of(extent) && (element.number || !element.symbol.empty());
           });
  }
  for (const std::string_view op : {"Expand", "Tile", "Cast", "Reshape"}) {
    if (const Node* node = producer_of(lengths, op)) return are_whole(node->input(0), extent);
  }
  return false;
}

// ReverseSequence of everything -> Slice backwards
Result whole_sequences(Node& node, Rewriter& rewriter) {
  const Type& type = node.input(0)->type();
  if (!type.has_rank()) return std::nullopt;
  const std::int64_t time = node.attr_int("time_axis");
  const Dim& extent = (*type.shape)[static_cast<std::size_t>(time)];
  if (!are_whole(node.input(1), extent)) return std::nullopt;
  return Replacement{build_reversal(node.input(0), {.time = time}, rewriter)};
}

// Backwards (backwards (x)) -> x
Result twice(Node& node, Rewriter& rewriter) {
  const auto outer = read_reversal(node.output(), rewriter);
  if (!outer) return std::nullopt;
  const auto inner = read_reversal(outer->source, rewriter);
  if (!inner || !outer->undoes(*inner)) return std::nullopt;
  return Replacement{inner->source};
}

// Gather of one row of (backwards (x)) -> Gather of x from the other end
Result row(Node& node, Rewriter& rewriter) {
  const auto reversal = read_reversal(node.input(0), rewriter);
  const Tensor* index = rewriter.constant(node.input(1));
  if (!reversal || reversal->lengths != nullptr || index == nullptr || index->rank() != 0) {
    return std::nullopt;
  }
  const Type& type = node.input(0)->type();
  if (positive_axis(node.attr_int("axis"), type.rank()) != reversal->time) return std::nullopt;
  const std::int64_t opposite = -1 - index->to_int64().front();
  Value* other = rewriter.add_constant("index", Tensor::scalar(opposite));
  return Replacement{rewriter.add("Gather", {reversal->source, other}, node.attrs())};
}

// Where axis `axis` of the input of a Transpose, Squeeze or Unsqueeze is in its result; -1 when it
// is gone.
std::int64_t moved_axis(const Node& node, std::int64_t axis, const Ints& axes) {
  if (node.op().name == "Transpose") {
    return std::find(axes.begin(), axes.end(), axis) - axes.begin();
  }
  if (node.op().name == "Squeeze") {
    if (std::binary_search(axes.begin(), axes.end(), axis)) return -1;
    return axis - (std::lower_bound(axes.begin(), axes.end(), axis) - axes.begin());
  }
  for (const std::int64_t added : axes) axis += added <= axis ? 1 : 0;
  return axis;
}

// Transpose, Squeeze or Unsqueeze of (backwards (x)) -> backwards (Transpose, .. of x)
Result moves(Node& node, Rewriter& rewriter) {
  const auto reversal = read_reversal(node.input(0), rewriter);
  if (!reversal || !is_used_once(*node.input(0))) return std::nullopt;
  const bool permutes = node.op().name == "Transpose";
  const auto axes = permutes ? permutation_of(node) : moved_axes(node, rewriter);
  if (!axes) return std::nullopt;
  Reversal moved = *reversal;
  moved.time = moved_axis(node, reversal->time, *axes);
  if (reversal->lengths != nullptr) {
    moved.batch = moved_axis(node, reversal->batch, *axes);
    if (moved.time > 1 || moved.batch > 1 || moved.batch < 0) return std::nullopt;
  }
  if (moved.time < 0) return std::nullopt;
  std::vector<Value*> inputs = node.inputs();
  inputs[0] = reversal->source;
  Value* result = rewriter.add(node.op().name, inputs, node.attrs());
  return Replacement{build_reversal(result, moved, rewriter)};
}

// Squeeze (Unsqueeze (x)) -> x, which a reversal by lengths cannot pass
Result added_axis(Node& node, Rewriter& rewriter) {
  const Node* unsqueeze = producer_of(node.input(0), "Unsqueeze");
  if (unsqueeze == nullptr || !read_reversal(unsqueeze->input(0), rewriter)) return std::nullopt;
  if (moved_axes(node, rewriter) != moved_axes(*unsqueeze, rewriter)) return std::nullopt;
  return Replacement{unsqueeze->input(0)};
}

// A recurrence over (backwards (x)) -> backwards (the recurrence in the other direction over x)
Result recurrence(Node& node, Rewriter& rewriter) {
  const auto reversal = read_reversal(node.input(recurrent_input::kX), rewriter);
  const std::string& direction = node.attr_string("direction");
  if (!reversal || reversal->time != 0 || node.attr_int("layout") != 0) return std::nullopt;
  if (direction == "bidirectional") return rewriter.no_match("it runs in both directions");
  const Value* lengths = behind_casts(node.input(recurrent_input::kSequenceLens));
  if (lengths != behind_casts(reversal->lengths)) {
    return rewriter.no_match("other lengths are reversed than it computes");
  }
  std::vector<Value*> inputs = node.inputs();
  inputs[recurrent_input::kX] = reversal->source;
  Attrs attrs = node.attrs();
  attrs["direction"] = std::string(direction == "forward" ? "reverse" : "forward");
  Node* opposite = rewriter.add_node(node.op().name, inputs, node.op().outputs.size(), attrs);
  opposite->set_name(node.name());
  Value* rows = rewriter.add("Squeeze", {opposite->output(), rewriter.add_ints({1})});
  Value* reversed = build_reversal(rows, *reversal, rewriter);
  return Replacement{rewriter.add("Unsqueeze", {reversed, rewriter.add_ints({1})}),
                     opposite->output(recurrent_output::kYh),
                     opposite->output(recurrent_output::kYc)};
}

constexpr Rule kRules[] = {
    {"whole-sequences", "ReverseSequence", whole_sequences},
    {"twice-by-length", "ReverseSequence", twice},
    {"twice", "Slice", twice},
    {"row", "Gather", row},
    {"transpose", "Transpose", moves},
    {"added-axis", "Squeeze", added_axis},
    {"squeeze", "Squeeze", moves},
    {"unsqueeze", "Unsqueeze", moves},
    {"of-lstm", "LSTM", recurrence},
    {"of-gru", "GRU", recurrence},
    {"of-rnn", "RNN", recurrence},
};

}  // namespace

bool absorb_reversals(Graph& graph, PassContext& context) {
  return rewrite(graph, context, kRules);
}

}  // namespace gatefold::passes
