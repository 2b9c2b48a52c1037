#include <algorithm>
#include <iterator>
#include <numeric>
#include <sstream>
#include <utility>

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

/// The equation with a letter for each axis: those of an ellipsis are digits, counted from its end.
struct Terms {
  std::vector<std::string> operands;
  std::string result;
};

std::optional<Terms> read_terms(const Node& node) {
  std::string text = node.attr_string("equation");
  std::erase(text, ' ');
  const std::size_t arrow = text.find("->");
  if (arrow == std::string::npos) return std::nullopt;
  Terms terms;
  std::string digits;
  const auto spell = [](std::string term, const std::string& axes) {
    if (const std::size_t dots = term.find("..."); dots != std::string::npos) {
      term.replace(dots, 3, axes);
    }
    return term;
  };
  std::stringstream list(text.substr(0, arrow));
  for (std::string term; std::getline(list, term, ',');) {
    const Value* operand = node.input(terms.operands.size());
    if (operand == nullptr || !operand->type().has_rank()) return std::nullopt;
    std::string axes;
    if (term.find('.') != std::string::npos) {
      const auto count = operand->type().rank() - (static_cast<std::int64_t>(term.size()) - 3);
      for (std::int64_t i = count; i-- > 0;) axes += static_cast<char>('0' + i);
      if (axes.size() > digits.size()) digits = axes;
    }
    terms.operands.push_back(spell(term, axes));
  }
  terms.result = spell(text.substr(arrow + 2), digits);
  const bool reduces_ellipsis = !digits.empty() && terms.result.find('0') == std::string::npos;
  if (reduces_ellipsis || digits.size() > 9 || terms.operands.size() != node.input_count()) {
    return std::nullopt;
  }
  return terms;
}

/// A value whose axes have letters.
struct Lettered {
  std::string letters;
  Value* value;
};

bool has(const std::string& letters, char letter) { return letters.find(letter) != letters.npos; }

template <typename Wanted>
std::string filtered(const std::string& letters, const Wanted& is_wanted) {
  std::string result;
  std::copy_if(letters.begin(), letters.end(), std::back_inserter(result), is_wanted);
  return result;
}

/// Einsum by other operators, two operands at a time.
class Expansion {
 public:
  explicit Expansion(Rewriter& rewriter) : rewriter_(rewriter) {}

  /// The operands' product, summed over all letters but those of `result`; nullptr where extents
  /// must be known that are not.
  Value* make(std::vector<Lettered> operands, const std::string& result) {
    Lettered product = operands[0];
    for (std::size_t i = 1; i < operands.size(); ++i) {
      std::string kept = result;
      for (std::size_t k = i + 1; k < operands.size(); ++k) kept += operands[k].letters;
      product = multiply(product, operands[i], kept);
      if (product.value == nullptr) return nullptr;
    }
    return arranged(sum_over_others(product, result), result).value;
  }

 private:
  Lettered sum_over_others(const Lettered& x, const std::string& kept) {
    std::vector<std::int64_t> axes;
    for (std::size_t i = 0; i < x.letters.size(); ++i) {
      if (!has(kept, x.letters[i])) axes.push_back(static_cast<std::int64_t>(i));
    }
    if (axes.empty()) return x;
    Value* sum = rewriter_.add("ReduceSum", {x.value, rewriter_.add_ints(axes)},
                               {{"keepdims", std::int64_t{0}}});
    return {filtered(x.letters, [&](char letter) { return has(kept, letter); }), sum};
  }

  Lettered arranged(const Lettered& x, const std::string& order) {
    if (x.letters == order) return x;
    std::vector<std::int64_t> perm;
    for (const char letter : order) {
      perm.push_back(static_cast<std::int64_t>(x.letters.find(letter)));
    }
    return {order, rewriter_.add("Transpose", {x.value}, {{"perm", perm}})};
  }

  // With b for batch, l and r for letters of one side, s for those summed over:
  // [b.., l.., s..] times [b.., s.., r..] is [b.., l.., r..].
  Lettered multiply(Lettered left, Lettered right, const std::string& kept) {
    left = sum_over_others(left, kept + right.letters);
    right = sum_over_others(right, kept + left.letters);
    const auto only_in = [&](const Lettered& one, const Lettered& other) {
      return filtered(kept, [&](char c) { return has(one.letters, c) && !has(other.letters, c); });
    };
    const auto is_shared = [&](char c) { return has(right.letters, c); };
    const std::string batch =
        unique(filtered(kept, [&](char c) { return has(left.letters, c) && is_shared(c); }));
    std::string rows = unique(only_in(left, right)), columns = unique(only_in(right, left));
    const std::string summed =
        filtered(left.letters, [&](char c) { return is_shared(c) && !has(kept, c); });
    if (!rows.empty() && !columns.empty() && kept.find(rows[0]) > kept.find(columns[0])) {
      std::swap(left, right);
      std::swap(rows, columns);
    }
    if (summed.empty() || (rows.empty() && columns.empty())) {
      return sum_over_others(elementwise(left, right, batch, rows, columns, summed), kept);
    }
    Value* product = multiply_matrices(arranged(left, batch + rows + summed),
                                       arranged(right, batch + summed + columns), batch.size(),
                                       rows.size(), columns.size());
    return {batch + rows + columns, product};
  }

  static std::string unique(const std::string& letters) {
    std::string result;
    for (const char letter : letters) {
      if (!has(result, letter)) result += letter;
    }
    return result;
  }

  Lettered elementwise(const Lettered& left, const Lettered& right, const std::string& batch,
                       const std::string& rows, const std::string& columns,
                       const std::string& summed) {
    const auto ones = [&](const Lettered& x, std::size_t first, std::size_t count) {
      if (count == 0) return x.value;
      std::vector<std::int64_t> axes(count);
      std::iota(axes.begin(), axes.end(), static_cast<std::int64_t>(first));
      return rewriter_.add("Unsqueeze", {x.value, rewriter_.add_ints(axes)});
    };
    const std::size_t shared = batch.size() + summed.size();
    Value* a = ones(arranged(left, batch + summed + rows), shared + rows.size(), columns.size());
    Value* b = ones(arranged(right, batch + summed + columns), shared, rows.size());
    return {batch + summed + rows + columns, rewriter_.add("Mul", {a, b})};
  }

  static std::optional<std::int64_t> extent(const Lettered& x, std::size_t axis) {
    const Dim& dim = (*x.value->type().shape)[axis];
    return dim.is_known() && dim.size() > 0 ? std::optional(dim.size()) : std::nullopt;
  }

  /// The axes behind those of the batch as two: the first `count` of them, and the others.
  Value* as_matrix(const Lettered& x, std::size_t batch, std::size_t count) {
    const std::size_t others = x.letters.size() - batch - count;
    if (count == 1 && others == 1) return x.value;
    std::vector<std::int64_t> shape(batch, 0);
    shape.push_back(count == 0 ? 1 : count == 1 ? 0 : -1);
    shape.push_back(-1);
    if (count > 1) {
      shape.back() = 1;
      for (std::size_t i = batch + count; i < x.letters.size(); ++i) {
        if (!extent(x, i)) return nullptr;
        shape.back() *= *extent(x, i);
      }
    } else if (others == 0) {
      shape.back() = 1;
    }
    return rewriter_.add("Reshape", {x.value, rewriter_.add_ints(shape)});
  }

  /// left [b.., l.., s..], right [b.., s.., r..]. Without a batch one matrix meets all rows, which
  /// then stay as they are.
  Value* multiply_matrices(const Lettered& left, const Lettered& right, std::size_t batch,
                           std::size_t rows, std::size_t columns) {
    const std::size_t summed = right.letters.size() - batch - columns;
    Value* b = as_matrix(right, batch, summed);
    if (batch == 0 && rows > 1) batch = std::exchange(rows, 1) - 1;
    Value* a = as_matrix(left, batch, rows);
    if (a == nullptr || b == nullptr) return nullptr;
    Value* product = rewriter_.add("MatMul", {a, b});
    if (rows == 1 && columns == 1) return product;
    std::vector<std::int64_t> shape(batch, 0);
    int unknown = 0;
    for (std::size_t i = 0; i < rows + columns; ++i) {
      const auto known = i < rows ? extent(left, batch + i)
                                  : extent(right, right.letters.size() - columns + i - rows);
      const bool stays = i == 0 && rows == 1;
      unknown += !known && !stays;
      shape.push_back(known ? *known : stays ? 0 : -1);
    }
    return unknown > 1 ? nullptr : rewriter_.add("Reshape", {product, rewriter_.add_ints(shape)});
  }

  Rewriter& rewriter_;
};

// Einsum -> sums, transpositions and products of matrices or elements
std::optional<Replacement> products(Node& node, Rewriter& rewriter) {
  const auto terms = read_terms(node);
  if (!terms)
    return rewriter.no_match("the axes of '{}' are not known", node.attr_string("equation"));
  std::vector<Lettered> operands;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (has_repeated_letter(terms->operands[i])) {
      return rewriter.no_match("'{}' reads a diagonal", node.attr_string("equation"));
    }
    operands.push_back({terms->operands[i], node.input(i)});
  }
  for (const std::string_view name : {"MatMul", "Mul", "ReduceSum"}) {
    if (!op(name).inputs[0].allowed.contains(node.output()->type().dtype)) return std::nullopt;
  }
  Value* result = Expansion(rewriter).make(operands, terms->result);
  if (result == nullptr) {
    return rewriter.no_match("extents in '{}' are not known", node.attr_string("equation"));
  }
  if (result == node.input(0)) result = rewriter.add("Identity", {result});
  return Replacement{result};
}

constexpr Rule kRules[] = {{"matrix-product", "Einsum", matrix_product},
                           {"products", "Einsum", products}};

}  // namespace

bool expand_einsum(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
