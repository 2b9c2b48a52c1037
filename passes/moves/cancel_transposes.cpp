#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/row_functions.h"

namespace gatefold::passes {
namespace {

using Ints = std::vector<std::int64_t>;

// Transpose (Gather (table, indices)) -> Gather (table, Transpose (indices)), where the axes of the
// rows stay in place: indices are fewer than the numbers they stand for
std::optional<Replacement> of_lookup(Node& node, Rewriter& rewriter) {
  const Node* gather = producer_of(node.input(0), "Gather");
  if (gather == nullptr || !is_used_once(*node.input(0))) return std::nullopt;
  const Type& table = gather->input(0)->type();
  const Type& indices = gather->input(1)->type();
  if (!table.has_rank() || table.rank() < 2 || !indices.has_rank()) return std::nullopt;
  if (positive_axis(gather->attr_int("axis"), table.rank()) != 0) return std::nullopt;
  Ints perm = permutation_of(node);
  for (auto axis = static_cast<std::size_t>(indices.rank()); axis < perm.size(); ++axis) {
    if (perm[axis] != static_cast<std::int64_t>(axis)) {
      return rewriter.no_match("it moves the columns of {}", gather->describe());
    }
  }
  perm.resize(static_cast<std::size_t>(indices.rank()));
  Value* moved = rewriter.add("Transpose", {gather->input(1)}, {{"perm", perm}});
  return Replacement{rewriter.add("Gather", {gather->input(0), moved}, gather->attrs())};
}

// Transpose (f (.. (Transpose (x)))) -> f (.. (x)), where the Transposes undo each other and leave
// rows whole, and every f computes row by row
std::optional<Replacement> of_row_functions(Node& node, Rewriter& rewriter) {
  const Ints outer = permutation_of(node);
  if (outer.empty() || outer.back() != static_cast<std::int64_t>(outer.size()) - 1) {
    return std::nullopt;
  }
  std::vector<std::pair<const Node*, std::size_t>> functions;
  Value* value = node.input(0);
  while (is_used_once(*value) && value->producer() != nullptr) {
    const auto port = row_input(*value->producer());
    if (!port) break;
    functions.emplace_back(value->producer(), *port);
    value = value->producer()->input(*port);
  }
  const Node* transpose = producer_of(value, "Transpose");
  if (transpose == nullptr || functions.empty()) return std::nullopt;
  const Ints inner = permutation_of(*transpose);
  if (inner.size() != outer.size()) return std::nullopt;
  for (std::size_t axis = 0; axis < outer.size(); ++axis) {
    const auto source = static_cast<std::size_t>(outer[axis]);
    if (inner[source] != static_cast<std::int64_t>(axis)) return std::nullopt;
  }
  value = transpose->input(0);
  for (auto function = functions.rbegin(); function != functions.rend(); ++function) {
    const auto& [f, port] = *function;
    std::vector<Value*> inputs = f->inputs();
    inputs[port] = value;
    value = rewriter.add(f->op().name, inputs, f->attrs());
  }
  return Replacement{value};
}

constexpr Rule kRules[] = {
    {"of-lookup", "Transpose", of_lookup},
    {"of-row-functions", "Transpose", of_row_functions},
};

}  // namespace

// Recurrences stay time-first: `layout` = 1 would spare batch-first models their last two
// Transposes but is refused by ONNX Runtime. Where N or T is 1 the backend makes a view of them.
bool cancel_transposes(Graph& graph, PassContext& context) {
  return rewrite(graph, context, kRules);
}

}  // namespace gatefold::passes
