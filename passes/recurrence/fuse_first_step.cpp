#include <algorithm>
#include <cmath>
#include <string>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/passes.h"
#include "passes/recurrence/first_step.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold::passes {
namespace {

using namespace recurrent_input;
using namespace recurrent_output;

// Sums of biases that an exporter folded may be rounded in another way.
constexpr double kTolerance = 1e-6;

bool is_close(double a, double b) { return std::abs(a - b) <= kTolerance * (1 + std::abs(b)); }

/// A view times a factor.
struct ScaledView {
  View view;
  double scale = 1;
};

// What stands behind moves and negations.
ScaledView scaled_origin_of(const View& view) {
  ScaledView result{origin_of(view)};
  while (const Node* negation = producer_of(result.view.source, "Neg")) {
    result.view.source = negation->input(0);
    result = {origin_of(result.view), -result.scale};
  }
  return result;
}

/// The weights of a recurrent node beside those of a step before it: the same numbers, or the same
/// elements of the same parameters.
class NodeWeights {
 public:
  NodeWeights(const Node& node, std::int64_t size, const PassContext& context)
      : context_(context), w_(node.input(kW)), b_(node.input(kB)), size_(size) {}

  /// True when the gate multiplies each operand as the node does.
  bool multiply(std::int64_t gate, const LinearSum& sum,
                const std::vector<LinearTerm>& operands) const {
    const std::int64_t columns = w_->type().dims()[2];
    std::int64_t column = 0;
    for (const LinearTerm& operand : operands) {
      const auto term = std::find_if(sum.terms.begin(), sum.terms.end(), [&](const auto& own) {
        return have_same_operand(own, operand);
      });
      const std::int64_t width = operand.width().size();
      if (term == sum.terms.end() || column + width > columns) return false;
      const View block{w_,
                       {width, size_},
                       {{.offset = gate * size_ * columns + column, .strides = {1, columns}}}};
      if (!is_same(*term, block)) return false;
      column += width;
    }
    return column == columns && sum.terms.size() == operands.size();
  }

  /// True when the sum adds what the node adds: the biases beside X W, those beside H R, or both.
  bool add(std::int64_t gate, const LinearSum& sum, bool of_input, bool of_state) const {
    LinearSum own;
    for (const bool is_state : {false, true}) {
      if (b_ == nullptr || !(is_state ? of_state : of_input)) continue;
      const std::int64_t half = is_state ? b_->type().dims()[1] / 2 : 0;
      collect({b_, {1, size_}, {{.offset = half + gate * size_, .strides = {0, 1}}}}, 1, own);
    }
    return is_same(own, sum);
  }

  /// True when the output gate multiplies its cell state as the node does; with a zero state,
  /// nothing is left of the peepholes of the others.
  bool multiply_cell(const std::optional<BiasTerm>& peephole, Value* p) const {
    LinearSum own;
    if (p != nullptr) collect({p, {1, size_}, {{.offset = size_, .strides = {0, 1}}}}, 1, own);
    return is_same(own, {.biases = peephole ? std::vector{*peephole} : std::vector<BiasTerm>()});
  }

 private:
  bool is_same(const LinearSum& own, const LinearSum& sum) const {
    LinearSum other{.number = sum.number};
    for (const BiasTerm& bias : sum.biases) collect(bias.vector, bias.scale, other);
    if (own.biases.size() != other.biases.size()) return add_equal_numbers(own, other);
    const bool is_same =
        std::is_permutation(own.biases.begin(), own.biases.end(), other.biases.begin());
    return (is_same && own.number == other.number) || add_equal_numbers(own, other);
  }

  // Of an element of weights, which lie in a single run.
  static std::int64_t place_in(const View& view, std::int64_t first, std::int64_t second) {
    const ViewIndex& run = view.runs.front();
    return run.offset + run.strides[0] * first + run.strides[1] * second;
  }

  bool is_same(const LinearTerm& term, const View& block) const {
    const ScaledView origin = scaled_origin_of(block);
    if (term.has_weight() && term.scale == origin.scale && term.weight == origin.view) return true;
    const Tensor* own = term.has_weight() ? context_.constant(term.weight.source) : nullptr;
    const Tensor* numbers = context_.constant(block.source);
    if (numbers == nullptr || (term.has_weight() && own == nullptr)) return false;
    for (std::int64_t k = 0; k < block.extents[0].size(); ++k) {
      for (std::int64_t h = 0; h < size_; ++h) {
        const double weight =
            own == nullptr ? (term.columns.offset + h * term.columns.strides.back() == k ? 1 : 0)
                           : own->number_at(place_in(term.weight, k, h));
        if (!is_close(term.scale * weight, numbers->number_at(place_in(block, k, h)))) return false;
      }
    }
    return true;
  }

  // The vectors that a sum of biases adds up; those that are zero are left out.
  void collect(const View& vector, double scale, LinearSum& sum) const {
    const auto [origin, sign] = scaled_origin_of(vector);
    if (is_filled_with(origin.source, 0, context_)) return;
    const Node* add = producer_of(origin.source, "Add");
    if (add == nullptr || !have_same_shape(add->input(0)->type(), add->output()->type()) ||
        !have_same_shape(add->input(1)->type(), add->output()->type())) {
      sum.biases.push_back({origin, sign * scale});
      return;
    }
    for (Value* side : add->inputs()) {
      View own = origin;
      own.source = side;
      collect(own, sign * scale, sum);
    }
  }

  bool add_equal_numbers(const LinearSum& a, const LinearSum& b) const {
    for (std::int64_t h = 0; h < size_; ++h) {
      const auto own = total(a, h);
      const auto other = total(b, h);
      if (!own || !other || !is_close(*own, *other)) return false;
    }
    return true;
  }
  std::optional<double> total(const LinearSum& sum, std::int64_t h) const {
    double result = sum.number;
    for (const BiasTerm& bias : sum.biases) {
      const Tensor* numbers = context_.constant(bias.vector.source);
      if (numbers == nullptr) return std::nullopt;
      result += bias.scale * numbers->number_at(place_in(bias.vector, 0, h));
    }
    return result;
  }

  const PassContext& context_;
  Value* w_;
  Value* b_;
  std::int64_t size_;
};

// Which gate has other weights, and where; nothing when none has.
std::optional<std::string> find_difference(const FirstStep& first, const RecurrentAttrs& attrs,
                                           const NodeWeights& weights, Value* p) {
  const std::vector<LinearTerm>& operands = first.gates.front()->terms;
  const std::int64_t candidate = attrs.kind->gate_count() - 1;
  const bool has_state = std::ssize(first.gates) > candidate + 1;
  const bool resets_after = attrs.linear_before_reset;
  if (has_state && !resets_after) return "its reset gate scales a product";
  for (std::int64_t gate = 0; gate <= candidate; ++gate) {
    const auto& sum = first.gates[static_cast<std::size_t>(gate)];
    const bool of_state = !resets_after || gate < candidate;
    if (!sum) continue;
    const char letter = attrs.kind->gates[static_cast<std::size_t>(gate)];
    if (!weights.multiply(gate, *sum, operands)) return fmt::format("W of gate {} differs", letter);
    if (!weights.add(gate, *sum, true, of_state))
      return fmt::format("B of gate {} differs", letter);
  }
  // Without r * (0 R + b') nothing is left of b'.
  if (!weights.multiply_cell(first.peephole, p)) return "P of gate o differs";
  const LinearSum rest = has_state ? *first.gates.back() : LinearSum();
  const bool is_same = !resets_after || weights.add(candidate, rest, false, true);
  return is_same ? std::nullopt : std::optional<std::string>("what its reset gate scales differs");
}

bool has_activations(const FirstStep& first, const RecurrentAttrs& attrs) {
  const auto& own = attrs.directions[0].activations;
  return attrs.clip == first.clip && !attrs.input_forget &&
         std::equal(first.activations.begin(), first.activations.end(), own.begin());
}

// A step before the node, from a zero state, that is spelled in parts -> a node like it
std::optional<Replacement> fuse(Node& node, Rewriter& rewriter) {
  if (!is_forward_over_all(node)) return std::nullopt;
  Value* state = behind_hold(node.input(kInitialH));
  if (state == nullptr || state->producer() == nullptr || is_recurrent(*state->producer())) {
    return std::nullopt;
  }
  const RecurrentAttrs attrs = read_recurrent_attrs(node);
  Value* cell = attrs.kind->has_cell_state ? behind_hold(node.input(kInitialC)) : nullptr;
  if (attrs.kind->has_cell_state && (cell == nullptr || cell->producer() == nullptr)) {
    return rewriter.no_match("its cell state is not the first step's");
  }
  const auto first = find_first_step(*state, cell, *attrs.kind, rewriter.context());
  if (!first) return rewriter.no_match("its states are no results of a step from zero");
  if (!has_activations(*first, attrs) || !attrs.hidden_size) return std::nullopt;
  if (!node.input(kW)->type().is_static()) return std::nullopt;
  const auto difference =
      find_difference(*first, attrs, {node, *attrs.hidden_size, rewriter.context()},
                      attrs.kind == &kLstm ? node.input(kP) : nullptr);
  if (difference) return rewriter.no_match("it does not go on from a zero state: {}", *difference);
  rewriter.insert_before(*(cell == nullptr ? state : cell)->producer());
  std::vector<Value*> parts;
  for (const LinearTerm& term : first->gates.front()->terms) {
    parts.push_back(build_rows(rewriter, term.rows));
  }
  Value* row = parts.size() == 1 ? parts.front()
                                 : rewriter.add("Concat", parts, {{"axis", std::int64_t{1}}});
  std::vector<Value*> ports = node.inputs();
  for (const std::size_t state : {kInitialH, kInitialC}) {
    if (state < ports.size()) ports[state] = nullptr;
  }
  while (ports.back() == nullptr) ports.pop_back();
  ports[kX] = rewriter.add("Unsqueeze", {row, rewriter.add_ints({0})});
  Node* step = rewriter.add_node(node.op().name, ports, node.op().outputs.size(), node.attrs());
  step->drop_output(kY);
  rewriter.also_replace(state, build_step_output(rewriter, step->output(kYh), *state));
  if (cell != nullptr) {
    rewriter.also_replace(cell, build_step_output(rewriter, step->output(kYc), *cell));
  }
  return Replacement{};
}

constexpr Rule kRules[] = {{"first-step", "", fuse}};

}  // namespace

bool fuse_first_step(Graph& graph, PassContext& context) {
  const bool changed = rewrite(graph, context, kRules);
  // The weights of the node may stand behind the step before it.
  if (changed) sort_topologically(graph);
  return changed;
}

}  // namespace gatefold::passes
