#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/spell_view.h"
#include "passes/rewriting/view_chain.h"

namespace gatefold::passes {
namespace {

using Result = std::optional<Replacement>;
using Axis = std::optional<std::size_t>;

// True when the value gets an axis just to be put side by side with others along it, which costs
// nothing.
bool is_stacked(const Value& value) {
  const auto added = known_ints(value.producer()->input(1));
  const auto rank = value.type().rank();
  return added && added->size() == 1 && value.output_uses() == 0 &&
         std::all_of(value.uses().begin(), value.uses().end(), [&](const Use& use) {
           return use.user->op().name == "Concat" &&
                  positive_axis(use.user->attr_int("axis"), rank) ==
                      positive_axis(added->front(), rank);
         });
}

// True for a Transpose that leaves all elements in their order.
bool moves_units(const Node& transpose) {
  const Shape& shape = *transpose.input(0)->type().shape;
  auto perm = permutation_of(transpose);
  std::erase_if(perm,
                [&](std::int64_t axis) { return shape[static_cast<std::size_t>(axis)].is(1); });
  return std::is_sorted(perm.begin(), perm.end());
}

// What it costs that a node makes this value.
std::int64_t cost_of(const Value& value) {
  const Node& node = *value.producer();
  const std::string_view op = node.op().name;
  if (is_recurrent(node) || (op == "Unsqueeze" && is_stacked(value))) return 0;
  std::size_t size = 1;
  if (op == "Concat") size = node.input_count();
  if (op == "Transpose") {
    if (moves_units(node)) return gatefold::cost_of("Reshape", 1);
    size = value.type().shape->size();
  }
  if (op == "Slice" && node.input(1)->type().is_static()) {
    size = static_cast<std::size_t>(element_count(node.input(1)->type().dims()));
  }
  const bool is_list = op == "Gather" && node.input(1)->type().rank() > 0;
  return gatefold::cost_of(op, size) + (is_list ? 6 : 0);
}

/// How a part of a value is made of one that stands behind it.
struct Choice {
  View view;
  Spelling spelling;
  std::int64_t cost = 0;
};

/// Looks for the cheapest way to make a value, which only moves elements, of those behind it.
class Respelling {
 public:
  Respelling(Value& value, Rewriter& rewriter) : value_(value), rewriter_(rewriter) {}

  const Value& value() const { return value_; }

  /// How much less it costs to make the value anew; nothing where that cannot be.
  std::optional<std::int64_t> find_gain() {
    find_chains();
    join_chains();
    for (const ViewChain& chain : chains_) {
      auto choice = choose(chain);
      if (!choice) return std::nullopt;
      choices_.push_back(std::move(*choice));
    }
    return choices_.empty() ? std::nullopt : std::optional(gain());
  }

  Value* build() {
    std::vector<Value*> parts;
    for (const Choice& choice : choices_) {
      parts.push_back(spell(rewriter_, choice.view.source, choice.spelling));
    }
    Value* result = parts.front();
    if (parts.size() > 1) {
      result = rewriter_.add("Concat", parts, {{"axis", static_cast<std::int64_t>(*axis_)}});
    }
    return keeps_extents(result->type()) ? result : nullptr;
  }

 private:
  // Follows what each part of the value is a view of; parts are cut where the seams of what they
  // are read of are, all along one axis.
  void find_chains() {
    std::vector<View> open;
    const Node& root = *value_.producer();
    nodes_.insert(&root);
    if (producer_of(&value_, "Concat") != nullptr) {
      axis_ = positive_axis(root.attr_int("axis"), value_.type().rank());
      for (Value* part : root.inputs()) {
        if (!(*part->type().shape)[*axis_].is(0)) open.push_back(view_of(*part));
      }
      std::reverse(open.begin(), open.end());
    } else {
      open.push_back(view_of(value_));
    }
    while (!open.empty()) {
      ViewChain chain = chain_of(open.back());
      open.pop_back();
      for (std::size_t i = 0; i + 1 < chain.size(); ++i) nodes_.insert(chain[i].source->producer());
      const auto parts = parts_of(chain.back());
      if (parts.empty()) {
        chains_.push_back(std::move(chain));
        continue;
      }
      nodes_.insert(chain.back().source->producer());
      for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        open.push_back(std::move(*behind(*part)));
      }
    }
  }

  // The parts of what is put together there; none where it is whole or put together anyway.
  std::vector<View> parts_of(const View& view) {
    const Node* node = view.source->producer();
    const bool is_join = node != nullptr && node->op().domain.empty() &&
                         (node->op().name == "Concat" || node->op().name.starts_with("Scatter"));
    for (std::size_t k = 0; is_join && k < view.rank(); ++k) {
      if (axis_ && k != *axis_) continue;
      const auto parts = split_at_seams(view, k);
      if (!parts || parts->size() < 2) continue;
      const bool is_wanted = view.source != &value_ && !is_used_once(*view.source) &&
                             parts->size() >= node->input_count();
      if (is_wanted) return {};
      axis_ = k;
      std::vector<View> views;
      for (const ViewPart& part : *parts) views.push_back(part.view);
      return views;
    }
    return {};
  }

  void join_chains() {
    std::vector<ViewChain> all;
    for (ViewChain& chain : chains_) {
      const auto both = all.empty() ? std::nullopt : joined(all.back(), chain, *axis_);
      if (both) all.pop_back();
      all.push_back(both ? chain_of(*both) : std::move(chain));
    }
    chains_ = std::move(all);
  }

  // The cheapest view of a chain, less what is not needed any more in front of it; of equally
  // cheap ones the furthest.
  std::optional<Choice> choose(const ViewChain& chain) const {
    std::optional<Choice> best;
    std::int64_t saved = 0;
    bool falls = true;
    for (const View& view : chain) {
      if (view.source == &value_) continue;
      if (auto spelling = spelling_of(view)) {
        const std::int64_t cost = cost_of(*spelling) - saved;
        if (!best || cost <= best->cost) best = {view, std::move(*spelling), cost};
      }
      falls = falls && view.source->output_uses() == 0 && is_read_by_passed(*view.source);
      if (falls && view.source->producer() != nullptr) saved += passes::cost_of(*view.source);
    }
    return best;
  }

  std::int64_t cost_of(const Spelling& spelling) const {
    const bool is_free =
        chains_.size() > 1 && !spelling.empty() && spelling.back().op == "Unsqueeze" &&
        spelling.back().lists.front() == std::vector{static_cast<std::int64_t>(*axis_)};
    return gatefold::cost_of(spelling) - (is_free ? gatefold::cost_of("Unsqueeze", 1) : 0);
  }

  bool is_read_by_passed(const Value& value) const {
    return std::all_of(value.uses().begin(), value.uses().end(),
                       [&](const Use& use) { return nodes_.count(use.user) > 0; });
  }

  // What is not needed any more less what the parts cost, and something where a part is not made
  // any more of what others need as well.
  std::int64_t gain() {
    constexpr std::int64_t kUnit = 16;
    gain_ = passes::cost_of(value_);
    for (const Choice& choice : choices_) {
      gain_ -= cost_of(choice.spelling);
      sources_.insert(choice.view.source);
    }
    if (choices_.size() > 1) gain_ -= gatefold::cost_of("Concat", choices_.size());
    release(*value_.producer());
    const ViewChain& chain = chains_.front();
    const bool leaves_others =
        choices_.size() == 1 && std::find_if(chain.begin(), chain.end(), [&](const View& view) {
                                  return !is_released(*view.source);
                                })->source != choices_.front().view.source;
    return kUnit * gain_ + (leaves_others ? 1 : 0);
  }

  // A node of which all outputs are released reads its inputs no more.
  void release(const Node& node) {
    for (std::size_t i = 0; i < node.output_count(); ++i) {
      if (node.output(i) != nullptr && !is_released(*node.output(i))) return;
    }
    for (const Value* input : node.inputs()) {
      if (input == nullptr || nodes_.count(input->producer()) == 0) continue;
      ++reads_[input];
      if (!is_released(*input)) continue;
      gain_ += passes::cost_of(*input);
      release(*input->producer());
    }
  }

  bool is_released(const Value& value) const {
    if (&value == &value_) return true;
    const auto reads = reads_.find(&value);
    return value.output_uses() == 0 && sources_.count(&value) == 0 &&
           value.uses().size() == (reads == reads_.end() ? 0 : reads->second);
  }

  // Nothing that is known of the extents may be lost.
  bool keeps_extents(const Type& type) const {
    return std::equal(value_.type().shape->begin(), value_.type().shape->end(), type.shape->begin(),
                      type.shape->end(), [](const Dim& before, const Dim& after) {
                        return before == Dim() || before.same_as(after) || after.is_known();
                      });
  }

  Value& value_;
  Rewriter& rewriter_;
  Axis axis_;
  std::vector<ViewChain> chains_;
  std::vector<Choice> choices_;               ///< One for each.
  std::unordered_set<const Node*> nodes_;     ///< That make what the chains lead through.
  std::unordered_set<const Value*> sources_;  ///< Of the choices.
  std::unordered_map<const Value*, std::size_t> reads_;  ///< By nodes that are not needed.
  std::int64_t gain_ = 0;
};

// Nothing makes the first of some moves shorter; rows of weights stay look-ups, whose gradient is
// rows.
bool stays(const Node& node) {
  const std::string_view op = node.op().name;
  if (gatefold::cost_of(op, 1) == 0) return true;
  const bool is_list = op == "Gather" && node.input(1)->type().rank() > 0;
  if (is_list) return node.input(0)->has_data();
  const Node* source = node.input(0)->producer();
  const bool is_first =
      source == nullptr || (gatefold::cost_of(source->op().name, 1) == 0 && !is_recurrent(*source));
  if (op == "Gather") {
    const Type& type = node.input(0)->type();
    return is_first && !(*type.shape)[positive_axis(node.attr_int("axis"), type.rank())].is(1);
  }
  return is_first &&
         (op == "Squeeze" || op == "Unsqueeze" || (op == "Split" && node.output_count() > 1));
}

// True for what only one other move reads: it is looked at with that one.
bool is_inner(const Node& node) {
  const Value* output = node.output();
  if (node.output_count() != 1 || !is_used_once(*output) || output->uses().empty()) return false;
  const Use& use = output->uses().front();
  if (use.user->graph() != node.graph()) return false;
  const std::string_view op = use.user->op().name;
  if (node.op().name.starts_with("Scatter")) return use.index == 0 && op.starts_with("Scatter");
  if (node.op().name == "Concat") return false;
  if (op == "Concat") return true;
  if (op.starts_with("Scatter")) return use.index != 1;
  Value* result = use.user->output();
  return gatefold::cost_of(op, 1) != 0 && use.index == 0 && result != nullptr &&
         result->type().has_rank() && behind(view_of(*result)).has_value();
}

// A chain of moves -> the fewest operators that make what it makes
Result collapse(Node& node, Rewriter& rewriter) {
  const auto& inputs = node.inputs();
  const bool have_ranks = std::all_of(inputs.begin(), inputs.end(), [](const Value* input) {
    return input == nullptr || input->type().has_rank();
  });
  if (!have_ranks || stays(node) || is_inner(node)) return std::nullopt;
  std::vector<Respelling> respellings;
  std::int64_t gain = 0;
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    Value* output = node.output(i);
    if (output == nullptr || !output->is_used() || !output->type().has_rank()) continue;
    const auto more = respellings.emplace_back(*output, rewriter).find_gain();
    if (!more) return std::nullopt;
    gain += *more;
  }
  if (gain <= 0) return std::nullopt;
  Replacement replacement(node.output_count());
  for (Respelling& respelling : respellings) {
    Value* value = respelling.build();
    if (value == nullptr) return std::nullopt;
    replacement[respelling.value().output_index()] = value;
  }
  return replacement;
}

// Reshape (Reshape (x)) -> one Reshape of x, when no extent of the outer one is taken over
Result reshapes(Node& node, Rewriter& rewriter) {
  const Node* inner = producer_of(node.input(0), "Reshape");
  const auto target = constant_ints(rewriter, node.input(1));
  if (inner == nullptr || !target) return std::nullopt;
  if (std::find(target->begin(), target->end(), 0) != target->end()) return std::nullopt;
  return Replacement{rewriter.add("Reshape", {inner->input(0), node.input(1)}, node.attrs())};
}

// Reshape of T parts [N, H] below each other to [T, N, H] -> the parts joined on an axis of their
// own, however many N are
Result reshape_of_concat(Node& node, Rewriter& rewriter) {
  const Node* concat = producer_of(node.input(0), "Concat");
  const Type& type = node.output()->type();
  if (concat == nullptr || !type.has_rank() || type.rank() != 3) return std::nullopt;
  const bool is_stack = positive_axis(concat->attr_int("axis"), 2) == 0 &&
                        type.shape->front().is(static_cast<std::int64_t>(concat->input_count())) &&
                        type.shape->back().is_known();
  if (!is_stack) return std::nullopt;
  std::vector<Value*> rows;
  for (Value* part : concat->inputs()) {
    const bool fits = have_same_shape(part->type(), concat->input(0)->type()) &&
                      part->type().rank() == 2 &&
                      part->type().shape->back().same_as(type.shape->back());
    if (!fits) return std::nullopt;
    rows.push_back(rewriter.add("Unsqueeze", {part, rewriter.add_ints({0})}));
  }
  return Replacement{rewriter.add("Concat", rows, {{"axis", std::int64_t{0}}})};
}

// Shape (f (x)) -> Shape (x), when the shapes are the same
Result shape_of_same_shape(Node& shape, Rewriter& rewriter) {
  const Node* producer = shape.input(0)->producer();
  if (producer == nullptr || producer->input_count() == 0) return std::nullopt;
  Value* source = producer->input(0);
  const bool fits = source != nullptr && source->type().is_tensor() &&
                    have_same_shape(source->type(), shape.input(0)->type());
  return fits ? Result(Replacement{rewriter.add("Shape", {source}, shape.attrs())}) : std::nullopt;
}

constexpr Rule kRules[] = {
    {"moves", "", collapse},
    {"reshape-of-concat", "Reshape", reshape_of_concat},
    {"reshape-of-reshape", "Reshape", reshapes},
    {"shape-of-same-shape", "Shape", shape_of_same_shape},
};

}  // namespace

bool collapse_moves(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
