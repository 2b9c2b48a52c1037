#include <algorithm>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/row_functions.h"

namespace gatefold::passes {
namespace {

using Result = std::optional<Replacement>;

// Numbers that a file may hold more than before.
constexpr std::int64_t kLargestGrowth = 16 * 1024;
// Numbers and multiplications that are made while compiling, at the most. A table that large is
// looked up in where it lies: the file that holds it need not even be read.
constexpr std::int64_t kMostNumbers = std::int64_t{1} << 24;
constexpr std::int64_t kMostProducts = std::int64_t{1} << 26;

std::int64_t element_count_of(const Value& value) { return element_count(value.type().dims()); }

// Numbers that are no longer stored when `value` is read once less.
std::int64_t saved_by(const Value& value) {
  return is_used_once(value) ? element_count_of(value) : 0;
}

bool is_known(const Value* value) {
  return value == nullptr || (value->depends_on_weights_only() && value->type().is_static());
}

// f (Gather (table, indices)) -> Gather (f (table), indices), where f works row by row. Not so for
// the X * W inside an LSTM, GRU or RNN: ONNX has none that takes the product, and an identity for W
// would cost as many multiplications as W itself unless I > G * H.
Result function_of_lookup(Node& node, Rewriter& rewriter) {
  const auto port = row_input(node);
  if (!port) return std::nullopt;
  const Node* gather = producer_of(node.input(*port), "Gather");
  if (gather == nullptr || !is_known(gather->input(0))) return std::nullopt;
  Value& table = *gather->input(0);
  const bool takes_rows =
      table.type().rank() == 2 && positive_axis(gather->attr_int("axis"), 2) == 0;
  if (!takes_rows) return std::nullopt;
  std::vector<Value*> inputs = node.inputs();
  std::int64_t saved = is_used_once(*node.input(*port)) ? saved_by(table) : 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (i == *port || inputs[i] == nullptr) continue;
    if (!is_known(inputs[i])) return std::nullopt;
    saved += saved_by(*inputs[i]);
  }
  inputs[*port] = &table;
  Value* product = rewriter.add(node.op().name, inputs, node.attrs());
  const std::int64_t size = element_count_of(*product);
  if (size > saved + kLargestGrowth) {
    return rewriter.no_match("a table of its results would have {} numbers in the place of {}",
                             size, saved);
  }
  const bool multiplies = node.op().name == "MatMul" || node.op().name == "Gemm";
  const std::int64_t columns = table.type().shape->back().size();
  const std::int64_t most =
      multiplies ? kMostProducts / std::max<std::int64_t>(columns, 1) : kMostNumbers;
  if (size > most) {
    return rewriter.no_match("a table of its results takes too long to compute");
  }
  return Replacement{rewriter.add("Gather", {product, gather->input(1)}, gather->attrs())};
}

constexpr Rule kRules[] = {{"function-of-lookup", "", function_of_lookup}};

}  // namespace

bool precompute_lookups(Graph& graph, PassContext& context) {
  return !context.training && rewrite(graph, context, kRules);
}

}  // namespace gatefold::passes
