#include <algorithm>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"
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

// The differing inputs, put together.
Value* join(const Parts& parts, std::int64_t axis) { return join(parts, parts.port, axis); }

// The operator once, on all inputs.
Value* apply(const Parts& parts, Value* joined, Attrs attrs) {
  std::vector<Value*> inputs = parts.first().inputs();
  inputs[parts.port] = joined;
  return parts.rewriter->add(parts.first().op().name, inputs, std::move(attrs));
}

Value* apply(const Parts& parts, Value* joined) {
  return apply(parts, joined, parts.first().attrs());
}

Value* hoist_unary(const Parts& parts) { return apply(parts, join(parts, parts.axis)); }

bool have_shape_of_result(const Parts& parts, std::size_t port) {
  return std::all_of(parts.nodes.begin(), parts.nodes.end(), [&](const Node* node) {
    return have_same_shape(node->input(port)->type(), node->output()->type());
  });
}

// The shared operand must be the same all along the axis: not reach so far to the front, or have
// one element there.
Value* hoist_binary(const Parts& parts) {
  const Type& shared = parts.first().input(1 - parts.port)->type();
  if (!shared.has_rank() || !have_shape_of_result(parts, parts.port)) return nullptr;
  const std::int64_t at = shared.rank() - (parts.type().rank() - parts.axis);
  const bool ends_behind = parts.stacks ? at <= 0 : at < 0;
  const bool repeats =
      !parts.stacks && at >= 0 && (*shared.shape)[static_cast<std::size_t>(at)].is(1);
  if (!ends_behind && !repeats) return nullptr;
  return apply(parts, join(parts, parts.axis));
}

// Of the matrices on the left, any axis but the one that is summed over.
Value* hoist_matmul(const Parts& parts) {
  const Type& weight = parts.first().input(1)->type();
  const std::int64_t last = parts.type().rank() - 1;
  if (parts.port != 0 || !weight.has_rank() || weight.rank() != 2 || last < 1) return nullptr;
  if (parts.stacks ? parts.axis > last : parts.axis >= last) return nullptr;
  return apply(parts, join(parts, parts.axis));
}

// Rows below rows stay a Gemm; stacked matrices are a MatMul and an Add.
Value* hoist_gemm(const Parts& parts) {
  const Node& gemm = parts.first();
  Value* addend = gemm.input(2);
  if (parts.port != 0 || gemm.attr_int("transA") != 0) return nullptr;
  if (addend != nullptr && (!addend->type().has_rank() || addend->type().rank() > 1)) {
    return nullptr;
  }
  if (!parts.stacks) return parts.axis == 0 ? apply(parts, join(parts, 0)) : nullptr;
  if (parts.axis > 1 || gemm.attr_float("alpha") != 1.0F || gemm.attr_float("beta") != 1.0F) {
    return nullptr;
  }
  Rewriter& rewriter = *parts.rewriter;
  Value* weight = gemm.input(1);
  if (gemm.attr_int("transB") != 0) {
    weight = rewriter.add("Transpose", {weight}, {{"perm", Ints{1, 0}}});
  }
  Value* product = rewriter.add("MatMul", {join(parts, parts.axis), weight});
  return addend == nullptr ? product : rewriter.add("Add", {product, addend});
}

// Of one table; the axis must be one of the indices'.
Value* hoist_gather(const Parts& parts) {
  const Type& table = parts.first().input(0)->type();
  const Type& indices = parts.first().input(1)->type();
  if (parts.port != 1 || !table.has_rank() || !indices.has_rank()) return nullptr;
  const std::int64_t axis =
      parts.axis - positive_axis(parts.first().attr_int("axis"), table.rank());
  if (axis < 0 || axis >= indices.rank() + (parts.stacks ? 1 : 0)) return nullptr;
  return apply(parts, join(parts, axis));
}

// Of functions of the last axis, along any other one; what they scale with is shared.
Value* hoist_along_last_axis(const Parts& parts) {
  const std::int64_t last = parts.type().rank() - 1;
  if (parts.port != 0 || positive_axis(parts.first().attr_int("axis"), last + 1) != last) {
    return nullptr;
  }
  if (parts.stacks ? parts.axis > last : parts.axis >= last) return nullptr;
  for (std::size_t port = 1; port < parts.first().input_count(); ++port) {
    const Value* shared = parts.first().input(port);
    if (shared != nullptr && (!shared->type().has_rank() || shared->type().rank() > 1)) {
      return nullptr;
    }
  }
  Attrs attrs = parts.first().attrs();
  attrs["axis"] = std::int64_t{-1};
  return apply(parts, join(parts, parts.axis), std::move(attrs));
}

Value* hoist_transpose(const Parts& parts) {
  Ints perm = permutation_of(parts.first());
  if (!parts.stacks) {
    return apply(parts, join(parts, perm[static_cast<std::size_t>(parts.axis)]));
  }
  for (std::int64_t& axis : perm) ++axis;
  perm.insert(perm.begin() + parts.axis, 0);
  return apply(parts, join(parts, 0), {{"perm", perm}});
}

// The axis must be there before and after; of parts that are stacked only vectors are worth it.
Value* hoist_rank_change(const Parts& parts) {
  const Node& first = parts.first();
  const auto axes = moved_axes(first, *parts.rewriter);
  if (parts.port != 0 || !axes) return nullptr;
  const Type& source = first.input(0)->type();
  const bool moves_vector = parts.type().rank() == 1 || (source.has_rank() && source.rank() == 1);
  if (parts.stacks && !moves_vector) return nullptr;
  Ints moved = *axes;
  std::int64_t axis = parts.axis;
  const auto make_room = [&] {
    for (std::int64_t& other : moved) other += parts.stacks && other >= axis ? 1 : 0;
  };
  if (first.op().name == "Squeeze") {
    for (const std::int64_t gone : moved) axis += gone <= axis ? 1 : 0;
    make_room();
  } else {
    make_room();
    if (std::binary_search(moved.begin(), moved.end(), axis)) return nullptr;
    axis -= std::lower_bound(moved.begin(), moved.end(), axis) - moved.begin();
  }
  Value* joined = join(parts, axis);
  if (!parts.stacks) return apply(parts, joined);
  return parts.rewriter->add(first.op().name, {joined, parts.rewriter->add_ints(moved)});
}

struct Hoist {
  std::string_view op;
  /// The operator on the joined inputs; nullptr when it would compute something else.
  Value* (*build)(const Parts& parts);
};

constexpr Hoist kHoists[] = {
    {"Add", hoist_binary},
    {"Div", hoist_binary},
    {"Elu", hoist_unary},
    {"Gather", hoist_gather},
    {"Gelu", hoist_unary},
    {"Gemm", hoist_gemm},
    {"LayerNormalization", hoist_along_last_axis},
    {"LeakyRelu", hoist_unary},
    {"LogSoftmax", hoist_along_last_axis},
    {"MatMul", hoist_matmul},
    {"Mul", hoist_binary},
    {"Relu", hoist_unary},
    {"Sigmoid", hoist_unary},
    {"Softmax", hoist_along_last_axis},
    {"Squeeze", hoist_rank_change},
    {"Sub", hoist_binary},
    {"Tanh", hoist_unary},
    {"Transpose", hoist_transpose},
    {"Unsqueeze", hoist_rank_change},
};

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
  if (!ports || ports->size() != 2) return false;
  return std::all_of(ports->begin(), ports->end(), [&](std::size_t port) {
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
    if (is_arithmetic(op) && !have_shape_of_result(parts, port)) return nullptr;
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
  if (parts->is_shared || are_rows_of_one(*parts)) return std::nullopt;
  parts->port = ports->front();
  const OpDef& op = parts->first().op();
  const auto* row = std::find_if(std::begin(kHoists), std::end(kHoists),
                                 [&](const Hoist& hoist) { return hoist.op == op.name; });
  if (row == std::end(kHoists) || !op.domain.empty()) return std::nullopt;
  Value* result = row->build(*parts);
  if (result == nullptr) {
    return rewriter.no_match("{} of the parts is not {} of the whole along axis {}", op.name,
                             op.name, parts->axis);
  }
  return Replacement{result};
}

constexpr Rule kRules[] = {{"hoist", "Concat", hoist}};

}  // namespace

bool hoist_through_concat(Graph& graph, PassContext& context) {
  return rewrite(graph, context, kRules);
}

}  // namespace gatefold::passes
