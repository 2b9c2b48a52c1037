#include <algorithm>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

using Result = std::optional<Replacement>;

// Identity (x) -> x
Result identity(Node& node, Rewriter& /*rewriter*/) { return Replacement{node.input(0)}; }

// Dropout (x) without a mask -> x, when not training
Result dropout(Node& node, Rewriter& rewriter) {
  const bool wants_mask = node.output(1) != nullptr && node.output(1)->is_used();
  const Tensor* trains = rewriter.constant(node.input(2));
  const bool is_inference =
      node.input(2) == nullptr || (trains != nullptr && trains->to_int64().front() == 0);
  if (wants_mask || !is_inference) return std::nullopt;
  return Replacement{node.input(0), nullptr};
}

// Cast <to = type of x> (x) -> x
Result cast(Node& node, Rewriter& /*rewriter*/) {
  if (node.input(0)->type().dtype != node.output(0)->type().dtype) return std::nullopt;
  return Replacement{node.input(0)};
}

// Reshape, Expand, Slice, Pad, Tile, Flatten, Squeeze, ... to the shape that x has -> x
Result same_shape(Node& node, Rewriter& /*rewriter*/) {
  if (!have_same_shape(node.input(0)->type(), node.output(0)->type())) return std::nullopt;
  return Replacement{node.input(0)};
}

// Slice of everything, forwards -> x
Result slice(Node& node, Rewriter& rewriter) {
  if (node.input(4) != nullptr) {
    const Tensor* steps = rewriter.constant(node.input(4));
    if (steps == nullptr) return std::nullopt;
    for (const std::int64_t step : steps->to_int64()) {
      if (step < 1) return std::nullopt;
    }
  }
  return same_shape(node, rewriter);
}

// Transpose <perm = 0, 1, ..> (x) -> x
Result transpose(Node& node, Rewriter& /*rewriter*/) {
  const std::vector<std::int64_t>& perm = node.attr_ints("perm");
  const bool is_identity = !perm.empty() && std::is_sorted(perm.begin(), perm.end());
  return is_identity ? Result(Replacement{node.input(0)}) : std::nullopt;
}

// Where (condition, x, x) -> x
Result same_branches(Node& node, Rewriter& /*rewriter*/) {
  Value* x = node.input(1);
  if (x != node.input(2) || !have_same_shape(x->type(), node.output()->type())) return std::nullopt;
  return Replacement{x};
}

// Concat (x), Sum (x), Max (x), .. of one input -> x
Result single_input(Node& node, Rewriter& /*rewriter*/) {
  if (node.input_count() != 1) return std::nullopt;
  return Replacement{node.input(0)};
}

// Split into one part -> x
Result split(Node& node, Rewriter& /*rewriter*/) {
  if (node.output_count() != 1) return std::nullopt;
  return Replacement{node.input(0)};
}

bool is_all(const Tensor* tensor, double number) {
  if (tensor == nullptr) return false;
  for (std::int64_t i = 0; i < tensor->size(); ++i) {
    if (tensor->number_at(i) != number) return false;
  }
  return true;
}

// x + 0, x - 0, x * 1, x / 1 -> x, where broadcasting does not widen x
template <int kNeutral, bool kEitherSide>
Result neutral(Node& node, Rewriter& rewriter) {
  for (std::size_t side = 0; side < 2; ++side) {
    Value* kept = node.input(side);
    if (side == 1 && !kEitherSide) break;
    if (!is_all(rewriter.constant(node.input(1 - side)), kNeutral)) continue;
    if (have_same_shape(kept->type(), node.output(0)->type())) return Replacement{kept};
  }
  return std::nullopt;
}

// op (Expand (x), y) -> op (x, y), where y alone has the extents of the result
Result expanded(Node& node, Rewriter& rewriter) {
  for (std::size_t side = 0; side < 2; ++side) {
    const Node* expand = producer_of(node.input(side), "Expand");
    const Type& other = node.input(1 - side)->type();
    if (expand == nullptr || !have_same_shape(other, node.output(0)->type())) continue;
    std::vector<Value*> inputs = node.inputs();
    inputs[side] = expand->input(0);
    return Replacement{rewriter.add(node.op().name, inputs, node.attrs())};
  }
  return std::nullopt;
}

// The opposite of a truth value with fewer nodes than a Not of it, or as many; nullptr where there
// is none.
Value* opposite_of(const Value& truth, Rewriter& rewriter) {
  const Node* node = truth.producer();
  if (node == nullptr || !node->op().domain.empty()) return nullptr;
  const std::string_view op = node->op().name;
  if (op == "Not") return node->input(0);
  if (op == "Expand" || op == "Reshape" || op == "Squeeze" || op == "Unsqueeze") {
    std::vector<Value*> inputs = node->inputs();
    inputs[0] = opposite_of(*inputs[0], rewriter);
    return inputs[0] == nullptr ? nullptr : rewriter.add(op, inputs, node->attrs());
  }
  const bool is_less = op == "LessOrEqual";
  const bool compares = is_less || op == "GreaterOrEqual";
  if (!compares || is_float(node->input(0)->type().dtype)) return nullptr;
  return rewriter.add(is_less ? "Greater" : "Less", node->inputs());
}

// Not (Not (x)) -> x, also where axes are added in between; Not (a <= b) -> a > b
Result double_not(Node& node, Rewriter& rewriter) {
  Value* opposite = opposite_of(*node.input(0), rewriter);
  return opposite == nullptr ? std::nullopt : Result(Replacement{opposite});
}

// True when one value is computed of another one, not too far behind it.
bool is_made_of(const Value* value, const Value* part) {
  constexpr std::size_t kMost = 64;
  std::vector<const Value*> seen{value};
  for (std::size_t i = 0; i < std::min(seen.size(), kMost); ++i) {
    if (seen[i] == part) return true;
    const Node* node = seen[i]->producer();
    if (node == nullptr) continue;
    for (const Value* input : node->inputs()) {
      const bool is_new = std::find(seen.begin(), seen.end(), input) == seen.end();
      if (input != nullptr && is_new) seen.push_back(input);
    }
  }
  return false;
}

// Where (ended, state, next state) -> Where (goes on, next state, state), as masks are read
Result inverted_choice(Node& node, Rewriter& rewriter) {
  if (!is_made_of(node.input(2), node.input(1))) return std::nullopt;
  Value* opposite = opposite_of(*node.input(0), rewriter);
  if (opposite == nullptr) return std::nullopt;
  return Replacement{rewriter.add("Where", {opposite, node.input(2), node.input(1)})};
}

constexpr Rule kRules[] = {
    {"identity", "Identity", identity},
    {"dropout", "Dropout", dropout},
    {"cast", "Cast", cast},
    {"reshape", "Reshape", same_shape},
    {"flatten", "Flatten", same_shape},
    {"expand", "Expand", same_shape},
    {"squeeze", "Squeeze", same_shape},
    {"unsqueeze", "Unsqueeze", same_shape},
    {"tile", "Tile", same_shape},
    {"slice", "Slice", slice},
    {"transpose", "Transpose", transpose},
    {"concat", "Concat", single_input},
    {"split", "Split", split},
    {"sum", "Sum", single_input},
    {"where", "Where", same_branches},
    {"add-zero", "Add", neutral<0, true>},
    {"subtract-zero", "Sub", neutral<0, false>},
    {"multiply-by-one", "Mul", neutral<1, true>},
    {"divide-by-one", "Div", neutral<1, false>},
    {"double-not", "Not", double_not},
    {"inverted-choice", "Where", inverted_choice},
    {"add-expanded", "Add", expanded},
    {"subtract-expanded", "Sub", expanded},
    {"multiply-by-expanded", "Mul", expanded},
    {"divide-by-expanded", "Div", expanded},
};

}  // namespace

bool remove_identities(Graph& graph, PassContext& context) {
  return rewrite(graph, context, kRules);
}

}  // namespace gatefold::passes
