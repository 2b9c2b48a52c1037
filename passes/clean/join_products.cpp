#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold::passes {
namespace {

using Ints = std::vector<std::int64_t>;

// Rows of the shared factor for which one product was measured to be faster than several, by 10 %
// and more. A single row gains nothing, and with many the Split costs what the product gains.
constexpr std::int64_t kFewestRows = 2;
constexpr std::int64_t kMostRows = 32;

bool has_few_rows(const Type& type) {
  if (!type.has_rank() || type.rank() < 2) return false;
  std::int64_t rows = 1;
  for (auto dim = type.shape->begin(); dim + 1 != type.shape->end(); ++dim) {
    if (!dim->is_known()) return false;
    rows *= dim->size();
  }
  return kFewestRows <= rows && rows <= kMostRows;
}

bool is_transposed(const Node& node) {
  return node.op().name == "Gemm" && node.attr_int("transB") != 0;
}

std::int64_t columns_of(const Node& node) {
  return node.input(1)->type().dims()[is_transposed(node) ? 0 : 1];
}

// A product with known weights of its own, to which it adds nothing or a known vector.
bool is_joinable(const Node& node, const Rewriter& rewriter) {
  const Tensor* weights = rewriter.constant(node.input(1));
  if (weights == nullptr || weights->rank() != 2 || !is_used_once(*node.input(1))) return false;
  if (node.op().name == "MatMul") return true;
  const bool is_plain = node.attr_int("transA") == 0 && node.attr_float("alpha") == 1.0F &&
                        node.attr_float("beta") == 1.0F;
  if (!is_plain || node.input(2) == nullptr) return is_plain;
  const Tensor* addend = rewriter.constant(node.input(2));
  return addend != nullptr && addend->dims() == Dims{columns_of(node)};
}

bool are_alike(const Node& a, const Node& b) {
  return &a.op() == &b.op() && a.graph() == b.graph() && have_equal_attrs(a, b) &&
         (a.input(2) == nullptr) == (b.input(2) == nullptr);
}

// The node and those like it that multiply the same factor.
std::vector<Node*> find_alike(Node& node, const Rewriter& rewriter) {
  std::vector<Node*> nodes;
  for (const Use& use : node.input(0)->uses()) {
    if (use.index == 0 && are_alike(*use.user, node) && is_joinable(*use.user, rewriter)) {
      nodes.push_back(use.user);
    }
  }
  return nodes;
}

Value* concat_inputs(const std::vector<Node*>& nodes, std::size_t port, std::int64_t axis,
                     Rewriter& rewriter) {
  std::vector<Value*> parts;
  for (const Node* node : nodes) parts.push_back(node->input(port));
  return rewriter.add("Concat", parts, {{"axis", axis}});
}

// Products of one factor -> one product, split
std::optional<Replacement> join(Node& node, Rewriter& rewriter) {
  if (!has_few_rows(node.input(0)->type()) || !is_joinable(node, rewriter)) return std::nullopt;
  const std::vector<Node*> nodes = find_alike(node, rewriter);
  if (nodes.size() < 2) return std::nullopt;
  std::vector<Value*> inputs = node.inputs();
  inputs[1] = concat_inputs(nodes, 1, is_transposed(node) ? 0 : 1, rewriter);
  if (node.input(2) != nullptr) inputs[2] = concat_inputs(nodes, 2, 0, rewriter);
  Ints sizes;
  for (const Node* part : nodes) sizes.push_back(columns_of(*part));
  Value* product = rewriter.add(node.op().name, inputs, node.attrs());
  const Node* split = rewriter.add_node("Split", {product, rewriter.add_ints(sizes)}, nodes.size(),
                                        {{"axis", std::int64_t{-1}}});
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    rewriter.also_replace(nodes[i]->output(), split->output(i));
  }
  return Replacement{};
}

constexpr Rule kRules[] = {{"matmul", "MatMul", join}, {"gemm", "Gemm", join}};

}  // namespace

bool join_products(Graph& graph, PassContext& context) {
  const bool changed = rewrite(graph, context, kRules);
  // Earlier products may be read before the place of the joined one.
  if (changed) sort_topologically(graph);
  return changed;
}

}  // namespace gatefold::passes
