#include <algorithm>
#include <numeric>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

/// "first,second->result" with one letter per axis.
struct Equation {
  std::string first;
  std::string second;
  std::string result;
};

std::optional<Equation> read_equation(const Node& node) {
  std::string text = node.attr_string("equation");
  std::erase(text, ' ');
  const std::size_t comma = text.find(',');
  const std::size_t arrow = text.find("->");
  if (node.input_count() != 2 || comma == std::string::npos || arrow == std::string::npos ||
      comma > arrow || text.find('.') != std::string::npos) {
    return std::nullopt;
  }
  return Equation{text.substr(0, comma), text.substr(comma + 1, arrow - comma - 1),
                  text.substr(arrow + 2)};
}

bool has_repeated_letter(std::string letters) {
  std::sort(letters.begin(), letters.end());
  return std::adjacent_find(letters.begin(), letters.end()) != letters.end();
}

// [.., m, k] times [.., k, n] or [.., n, k] is [.., m, n], with the same leading axes or, on one
// side, none.
bool is_matrix_product(const std::string& left, const std::string& right,
                       const std::string& result) {
  if (left.size() < 2 || right.size() < 2 || result.size() < 2) return false;
  for (const std::string& letters : {left, right, result}) {
    if (has_repeated_letter(letters)) return false;
  }
  const char summed = left.back();
  const char added = result.back();
  const std::string rows = left.substr(0, left.size() - 1);
  const std::string last = right.substr(right.size() - 2);
  const std::string leading = right.substr(0, right.size() - 2);
  const bool multiplies = last == std::string{summed, added} || last == std::string{added, summed};
  if (!multiplies || summed == added || rows.find(added) != std::string::npos) return false;
  if (left.size() == 2 && result == leading + rows + added) return true;
  return result == rows + added && (leading.empty() || leading == rows.substr(0, rows.size() - 1));
}

Value* build_product(Value* left, Value* right, bool transposes, Rewriter& rewriter) {
  if (transposes) {
    std::vector<std::int64_t> perm(static_cast<std::size_t>(right->type().rank()));
    std::iota(perm.begin(), perm.end(), 0);
    std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
    right = rewriter.add("Transpose", {right}, {{"perm", perm}});
  }
  return rewriter.add("MatMul", {left, right});
}

// Einsum that is a product of matrices -> MatMul
std::optional<Replacement> matrix_product(Node& node, Rewriter& rewriter) {
  const auto equation = read_equation(node);
  if (!equation) return std::nullopt;
  // Einsum takes more element types.
  if (!op("MatMul").inputs[0].allowed.contains(node.output()->type().dtype)) return std::nullopt;
  const auto& [first, second, result] = *equation;
  for (const Value* operand : node.inputs()) {
    if (!operand->type().has_rank()) return std::nullopt;
  }
  for (const bool is_swapped : {false, true}) {
    const std::string& left = is_swapped ? second : first;
    const std::string& right = is_swapped ? first : second;
    Value* operands[] = {node.input(is_swapped ? 1 : 0), node.input(is_swapped ? 0 : 1)};
    const bool transposes = right.back() == left.back();
    if (is_matrix_product(left, right, result)) {
      return Replacement{build_product(operands[0], operands[1], transposes, rewriter)};
    }
    if (result.size() != 3) continue;
    // One matrix times a stack, the results side by side.
    const std::string stacked{result[1], result[0], result[2]};
    if (left.size() != 2 || !is_matrix_product(left, right, stacked)) continue;
    Value* product = build_product(operands[0], operands[1], transposes, rewriter);
    const std::vector<std::int64_t> perm{1, 0, 2};
    return Replacement{rewriter.add("Transpose", {product}, {{"perm", perm}})};
  }
  return rewriter.no_match("'{}' is no product of matrices", node.attr_string("equation"));
}

constexpr Rule kRules[] = {{"matrix-product", "Einsum", matrix_product}};

}  // namespace

bool expand_einsum(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
