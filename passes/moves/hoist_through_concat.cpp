#include <algorithm>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/row_functions.h"
#include "passes/rewriting/spell_view.h"
#include "passes/rewriting/view_chain.h"

namespace gatefold::passes {
namespace {

using Ints = std::vector<std::int64_t>;

/// The same operator applied to several values, the results put together by a Concat.
struct Parts {
  Rewriter* rewriter = nullptr;
  std::vector<Node*> nodes = {};  ///< In the order of the Concat.
  std::size_t port = 0;           ///< The only input in which they differ.
  std::int64_t axis = 0;          ///< Of the Concat.
  bool stacks = false;            ///< Each result gets the axis from an Unsqueeze of its own.
  bool is_shared = false;         ///< A result is read elsewhere as well.

  const Node& first() const { return *nodes.front(); }
  const Type& type() const { return first().output()->type(); }  ///< Of one result.
};

std::vector<Value*> inputs_of(const std::vector<Node*>& nodes, std::size_t port) {
  std::vector<Value*> values;
  for (const Node* node : nodes) values.push_back(node->input(port));
  return values;
}

// The inputs of a port, put together as the results are, along `axis`.
Value* join(const Parts& parts, std::size_t port, std::int64_t axis) {
  Rewriter& rewriter = *parts.rewriter;
  std::vector<Value*> values = inputs_of(parts.nodes, port);
  for (Value*& value : values) {
    if (parts.stacks) value = rewriter.add("Unsqueeze", {value, rewriter.add_ints({axis})});
  }
  return rewriter.add("Concat", values, {{"axis", axis}});
}

// Where inputs of functions are put together; nothing where the function of all makes something
// else.
std::optional<std::int64_t> axis_of_inputs(const Parts& parts) {
  const Node& first = parts.first();
  if (first.op().name == "Gather") {
    const Type& table = first.input(0)->type();
    const Type& indices = first.input(1)->type();
    if (parts.port != 1 || !table.has_rank() || !indices.has_rank()) return std::nullopt;
    const auto axis = parts.axis - positive_axis(first.attr_int("axis"), table.rank());
    const bool is_of_indices = axis >= 0 && axis < indices.rank() + (parts.stacks ? 1 : 0);
    return is_of_indices ? std::optional(axis) : std::nullopt;
  }
  const std::int64_t behind = parts.type().rank() - parts.axis - (parts.stacks ? 0 : 1);
  const bool works = std::all_of(parts.nodes.begin(), parts.nodes.end(), [&](const Node* node) {
    return works_along(*node, parts.port, behind, parts.stacks);
  });
  return works ? std::optional(parts.axis) : std::nullopt;
}

// Stacked matrices are no operand of a Gemm.
Value* multiply_stacked(const Parts& parts, Value* matrices) {
  const Node& gemm = parts.first();
  if (gemm.attr_float("alpha") != 1.0F || gemm.attr_float("beta") != 1.0F) return nullptr;
  Rewriter& rewriter = *parts.rewriter;
  Value* weight = gemm.input(1);
  if (gemm.attr_int("transB") != 0) {
    weight = rewriter.add("Transpose", {weight}, {{"perm", Ints{1, 0}}});
  }
  Value* product = rewriter.add("MatMul", {matrices, weight});
  return gemm.input(2) == nullptr ? product : rewriter.add("Add", {product, gemm.input(2)});
}

Value* hoist_function(const Parts& parts) {
  const auto axis = axis_of_inputs(parts);
  if (!axis) return nullptr;
  const Node& first = parts.first();
  Value* joined = join(parts, parts.port, *axis);
  if (first.op().name == "Gemm" && parts.stacks) return multiply_stacked(parts, joined);
  std::vector<Value*> inputs = first.inputs();
  inputs[parts.port] = joined;
  Attrs attrs = first.attrs();
  if (first.op().name != "Gather" && first.has_attr("axis")) attrs["axis"] = std::int64_t{-1};
  return parts.rewriter->add(first.op().name, inputs, std::move(attrs));
}

// A view of a move's input: of a part that has more than one entry along the axis, if there is one,
// or with that axis in addition.
std::optional<View> view_of_part(const Parts& parts) {
  const auto axis = static_cast<std::size_t>(parts.axis);
  const auto wide = std::find_if(parts.nodes.begin(), parts.nodes.end(), [&](const Node* node) {
    return !parts.stacks && !(*node->output()->type().shape)[axis].is(1);
  });
  const Node& node = wide == parts.nodes.end() ? parts.first() : **wide;
  auto view = parts.port == 0 ? behind(view_of(*node.output())) : std::nullopt;
  if (!view || view->source != node.input(0)) return std::nullopt;
  return parts.stacks ? with_new_axis(*view, axis) : view;
}

// The axis of a move's inputs along which they are put together, if it moves it to `axis`; a new
// one or one of extent 1 is best near the one that is moved behind it.
std::optional<std::size_t> axis_before_move(const std::vector<ViewIndex>& places, const View& view,
                                            std::size_t axis, bool is_new) {
  const std::size_t rank = places.size();
  std::size_t next = rank;
  for (std::size_t k = view.rank(); k-- > axis;) {
    const auto moved = std::find_if(places.begin(), places.end(),
                                    [&](const ViewIndex& index) { return index.strides[k] != 0; });
    if (moved == places.end()) continue;
    next = static_cast<std::size_t>(moved - places.begin());
    if (k == axis)
      return *moved == ViewIndex::along(axis, view.rank()) ? std::optional(next) : std::nullopt;
  }
  if (is_new) return next;
  for (std::size_t i = 1; i <= rank; ++i) {
    const std::size_t place = (next + rank - i) % rank;
    if ((*view.source->type().shape)[place].is(1)) return place;
  }
  return std::nullopt;
}

// One move of all parts. Of those that are stacked only vectors are worth it where it adds or takes
// axes away.
Value* hoist_move(const Parts& parts, const Shape& extents) {
  const auto view = view_of_part(parts);
  auto places = view ? coordinates_of(*view) : std::nullopt;
  if (!places) return nullptr;
  const auto rank = static_cast<std::int64_t>(places->size());
  const bool is_short = rank == 1 || parts.type().rank() == 1;
  if (parts.stacks && !is_short && rank != parts.type().rank()) return nullptr;
  const auto axis = static_cast<std::size_t>(parts.axis);
  const auto place = axis_before_move(*places, *view, axis, parts.stacks);
  if (!place) return nullptr;
  if (parts.stacks)
    places->insert(places->begin() + static_cast<std::ptrdiff_t>(*place), ViewIndex());
  (*places)[*place] = ViewIndex::along(axis, view->rank());
  Value* joined = join(parts, 0, static_cast<std::int64_t>(*place));
  return spell(*parts.rewriter, view_at(*joined, extents, *places));
}

// True when every input of the Concat is made by an Unsqueeze that adds just its axis.
bool are_stacked(const Node& concat, std::int64_t axis, const Rewriter& rewriter) {
  const auto& inputs = concat.inputs();
  return std::all_of(inputs.begin(), inputs.end(), [&](const Value* input) {
    const Node* unsqueeze = producer_of(input, "Unsqueeze");
    return unsqueeze != nullptr && is_used_once(*input) &&
           moved_axes(*unsqueeze, rewriter) == Ints{axis};
  });
}

// The inputs in which the nodes differ; nothing when they are not the same operator with the same
// attributes.
std::optional<std::vector<std::size_t>> differing_ports(const std::vector<Node*>& nodes) {
  const Node& first = *nodes.front();
  std::vector<std::size_t> ports;
  for (const Node* node : nodes) {
    const bool is_same = &node->op() == &first.op() && node->graph() == first.graph() &&
                         node->input_count() == first.input_count() &&
                         have_equal_attrs(*node, first);
    if (!is_same) return std::nullopt;
  }
  for (std::size_t port = 0; port < first.input_count(); ++port) {
    const bool differs = std::any_of(nodes.begin(), nodes.end(), [&](const Node* node) {
      return node->input(port) != first.input(port);
    });
    if (differs) ports.push_back(port);
  }
  return ports;
}

std::optional<Parts> read_parts(const Node& concat, Rewriter& rewriter) {
  const Type& type = concat.output()->type();
  if (concat.input_count() < 2 || !type.has_rank()) return std::nullopt;
  Parts parts{.rewriter = &rewriter, .axis = positive_axis(concat.attr_int("axis"), type.rank())};
  parts.stacks = are_stacked(concat, parts.axis, rewriter);
  for (const Value* input : concat.inputs()) {
    const Value* result = parts.stacks ? input->producer()->input(0) : input;
    Node* node = result->producer();
    if (node == nullptr || node->graph() != concat.graph() || node->output_count() != 1) {
      return std::nullopt;
    }
    parts.is_shared = parts.is_shared || !is_used_once(*result);
    parts.nodes.push_back(node);
  }
  return parts.type().has_rank() ? std::optional(parts) : std::nullopt;
}

// True when the values are parts of one value in order, so that joining them costs nothing.
bool follow_each_other(const std::vector<Value*>& values, const Parts& parts) {
  const auto axis = static_cast<std::size_t>(parts.axis);
  ViewChain all;
  for (Value* value : values) {
    if (value == nullptr || !value->type().has_rank()) return false;
    const View view = view_of(*value);
    const ViewChain next = chain_of(parts.stacks ? with_new_axis(view, axis) : view);
    const auto both = all.empty() ? next.front() : joined(all, next, axis);
    if (!both) return false;
    all = chain_of(*both);
  }
  return true;
}

bool is_arithmetic(const OpDef& op) {
  constexpr std::string_view kArithmetic[] = {"Add", "Sub", "Mul", "Div"};
  return op.domain.empty() && std::find(std::begin(kArithmetic), std::end(kArithmetic), op.name) !=
                                  std::end(kArithmetic);
}

// True for rows in order and for arithmetic of such, so many times over at most.
bool are_joinable(const std::vector<Value*>& values, const Parts& parts, int depth = 4) {
  std::vector<Node*> nodes;
  for (const Value* value : values) nodes.push_back(value->producer());
  if (nodes.front() == nullptr || depth == 0) return false;
  if (!is_arithmetic(nodes.front()->op())) return follow_each_other(values, parts);
  if (std::find(nodes.begin(), nodes.end(), nullptr) != nodes.end()) return false;
  const auto ports = differing_ports(nodes);
  return ports && ports->size() == 2 &&
         std::all_of(ports->begin(), ports->end(), [&](std::size_t port) {
           return are_joinable(inputs_of(nodes, port), parts, depth - 1);
         });
}

// True for rows in order that are just stacked again: collapse-moves reads them all at once.
bool are_rows_of_one(const Parts& parts) {
  std::vector<Value*> results;
  for (const Node* node : parts.nodes) results.push_back(node->output());
  return parts.stacks && follow_each_other(results, parts);
}

// Arithmetic and Concat of rows of several sequences, of the sequences.
Value* hoist_of_rows(const Parts& parts) {
  const OpDef& op = parts.first().op();
  Attrs attrs = parts.first().attrs();
  if (!is_arithmetic(op)) {
    if (!op.domain.empty() || op.name != "Concat") return nullptr;
    const std::int64_t axis = positive_axis(parts.first().attr_int("axis"), parts.type().rank());
    if (!parts.stacks && axis == parts.axis) return nullptr;
    attrs["axis"] = axis + (parts.stacks && axis >= parts.axis ? 1 : 0);
  }
  const std::size_t count = parts.first().input_count();
  for (std::size_t port = 0; port < count; ++port) {
    const auto keeps_shape = [&](const Node* node) {
      return have_same_shape(node->input(port)->type(), node->output()->type());
    };
    if (is_arithmetic(op) && !std::all_of(parts.nodes.begin(), parts.nodes.end(), keeps_shape)) {
      return nullptr;
    }
    if (!are_joinable(inputs_of(parts.nodes, port), parts)) return nullptr;
  }
  std::vector<Value*> inputs;
  for (std::size_t port = 0; port < count; ++port) inputs.push_back(join(parts, port, parts.axis));
  return parts.rewriter->add(op.name, inputs, std::move(attrs));
}

// Concat (f (x_1), f (x_2), ..) -> f (Concat (x_1, x_2, ..))
std::optional<Replacement> hoist(Node& node, Rewriter& rewriter) {
  auto parts = read_parts(node, rewriter);
  const auto ports = parts ? differing_ports(parts->nodes) : std::nullopt;
  if (!ports || ports->empty()) return std::nullopt;
  if (ports->size() > 1) {
    Value* result = hoist_of_rows(*parts);
    return result == nullptr ? std::nullopt : std::optional(Replacement{result});
  }
  const bool is_known = parts->first().op().domain.empty();
  if (!is_known || parts->is_shared || are_rows_of_one(*parts)) return std::nullopt;
  parts->port = ports->front();
  const std::string_view op = parts->first().op().name;
  const bool is_move = op == "Squeeze" || op == "Transpose" || op == "Unsqueeze";
  Value* result =
      is_move ? hoist_move(*parts, *node.output()->type().shape) : hoist_function(*parts);
  if (result != nullptr) return Replacement{result};
  return rewriter.no_match("{} of the parts is not {} of the whole along axis {}", op, op,
                           parts->axis);
}

constexpr Rule kRules[] = {{"hoist", "Concat", hoist}};

}  // namespace

bool hoist_through_concat(Graph& graph, PassContext& context) {
  return rewrite(graph, context, kRules);
}

}  // namespace gatefold::passes
