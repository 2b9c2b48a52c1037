#include <algorithm>
#include <numeric>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

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

// [.., m, k] times [.., k, n] or [.., n, k] is [.., m, n], with the same leading axes or, on the
// right, none.
bool is_matrix_product(const std::string& left, const std::string& right,
                       const std::string& result) {
  if (left.size() < 2 || right.size() < 2 || left.size() != result.size()) return false;
  for (const std::string& letters : {left, right, result}) {
    if (has_repeated_letter(letters)) return false;
  }
  const char summed = left.back();
  const char added = result.back();
  const std::string rows = left.substr(0, left.size() - 1);
  if (result != rows + added || summed == added || rows.find(added) != std::string::npos) {
    return false;
  }
  const std::string last = right.substr(right.size() - 2);
  const std::string leading = right.substr(0, right.size() - 2);
  const bool multiplies = last == std::string{summed, added} || last == std::string{added, summed};
  return multiplies && (leading.empty() || leading == rows.substr(0, rows.size() - 1));
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
  const auto& [first, second, result] = *equation;
  for (const Value* operand : node.inputs()) {
    if (!operand->type().has_rank()) return std::nullopt;
  }
  if (is_matrix_product(first, second, result)) {
    const bool transposes = second.back() == first.back();
    return Replacement{build_product(node.input(0), node.input(1), transposes, rewriter)};
  }
  if (is_matrix_product(second, first, result)) {
    const bool transposes = first.back() == second.back();
    return Replacement{build_product(node.input(1), node.input(0), transposes, rewriter)};
  }
  return rewriter.no_match("'{}' is no product of matrices", node.attr_string("equation"));
}

constexpr Rule kRules[] = {{"matrix-product", "Einsum", matrix_product}};

}  // namespace

bool expand_einsum(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
