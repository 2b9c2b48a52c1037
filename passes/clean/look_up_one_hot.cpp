#include <algorithm>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

// Multiplications below which the product is as fast as making sure of the indices.
constexpr std::int64_t kFewProducts = 4096;
// What an extent counts for that is not known while compiling.
constexpr std::int64_t kTypicalExtent = 16;

// Operators that only take elements from here to there.
bool moves_elements(const Node& node) {
  constexpr std::string_view kMoves[] = {"Cast",    "Concat",    "Flatten",  "Gather",
                                         "Reshape", "Slice",     "Split",    "Squeeze",
                                         "Tile",    "Transpose", "Unsqueeze"};
  return std::find(std::begin(kMoves), std::end(kMoves), node.op().name) != std::end(kMoves);
}

std::int64_t number_or(const Tensor* tensor, std::int64_t otherwise) {
  return tensor != nullptr && tensor->size() == 1 ? tensor->to_int64().front() : otherwise;
}

// The value as a number of another element type.
double converted(double number, DataType dtype) {
  return Tensor::scalar(number).converted(dtype).number_at(0);
}

// A number that a chain of Casts from `source` to `value` makes of `number`.
double behind_casts_of(const Value* value, const Value* source, double number) {
  if (value == source) return number;
  const double before = behind_casts_of(value->producer()->input(0), source, number);
  return converted(before, value->type().dtype);
}

bool are_all_below(const Tensor& tensor, std::int64_t extent) {
  const std::vector<std::int64_t> numbers = tensor.to_int64();
  return std::all_of(numbers.begin(), numbers.end(),
                     [&](std::int64_t number) { return -extent <= number && number < extent; });
}

// True when every element surely lies in [-extent, extent).
bool are_indices_below(const Value& value, std::int64_t extent, const Rewriter& rewriter) {
  if (const Tensor* tensor = rewriter.constant(&value)) return are_all_below(*tensor, extent);
  const Node* node = value.producer();
  if (node == nullptr || !node->op().domain.empty()) return false;
  if (moves_elements(*node)) {
    const std::size_t sources = node->op().name == "Concat" ? node->input_count() : 1;
    for (std::size_t i = 0; i < sources; ++i) {
      if (!are_indices_below(*node->input(i), extent, rewriter)) return false;
    }
    return true;
  }
  const std::string_view op = node->op().name;
  if (op == "Clip") {
    return number_or(rewriter.constant(node->input(1)), -extent - 1) >= -extent &&
           number_or(rewriter.constant(node->input(2)), extent) < extent;
  }
  if (op == "ArgMax" || op == "ArgMin") {
    const Type& type = node->input(0)->type();
    if (!type.has_rank() || type.rank() == 0) return false;
    const std::int64_t axis = positive_axis(node->attr_int("axis"), type.rank());
    const Dim& choices = (*type.shape)[static_cast<std::size_t>(axis)];
    return choices.is_known() && choices.size() <= extent;
  }
  return false;
}

/// MatMul (OneHot (indices), table)
struct OneHotProduct {
  Value* indices = nullptr;
  Value* table = nullptr;  ///< [depth, columns]
  std::int64_t depth = 0;
  double off = 0;
  double on = 0;
};

std::optional<OneHotProduct> read_product(const Node& node, const Rewriter& rewriter) {
  const Node* one_hot = producer_of(behind_casts(node.input(0)), "OneHot");
  if (one_hot == nullptr) return std::nullopt;
  Value* table = node.input(1);
  const Type& indices = one_hot->input(0)->type();
  const Tensor* values = rewriter.constant(one_hot->input(2));
  if (values == nullptr || !indices.has_rank() || !table->has_data() || table->type().rank() != 2) {
    return std::nullopt;
  }
  const std::int64_t depth = table->data()->dims()[0];
  if (number_or(rewriter.constant(one_hot->input(1)), -1) != depth) return std::nullopt;
  if (positive_axis(one_hot->attr_int("axis"), indices.rank() + 1) != indices.rank()) {
    return rewriter.no_match("the one-hot vectors do not lie along the last axis");
  }
  if (indices.dtype != DataType::kInt64 && indices.dtype != DataType::kInt32) {
    return rewriter.no_match("the indices are {}", name_of(indices.dtype));
  }
  const auto factor = [&](std::int64_t which) {
    return behind_casts_of(node.input(0), one_hot->output(), values->number_at(which));
  };
  return OneHotProduct{one_hot->input(0), table, depth, factor(0), factor(1)};
}

std::int64_t count_products(const OneHotProduct& product) {
  std::int64_t count = product.table->data()->size();
  for (const Dim& dim : *product.indices->type().shape) {
    count *= dim.is_known() ? dim.size() : kTypicalExtent;
  }
  return count;
}

// The products of all one-hot vectors and, as a last row, that of the vector that is all off.
Tensor all_products(const OneHotProduct& product) {
  const Tensor table = product.table->data()->converted(DataType::kFloat64);
  const std::int64_t columns = table.dims()[1];
  Tensor rows(DataType::kFloat64, {product.depth + 1, columns});
  const auto* from = table.data<double>();
  auto* to = rows.data<double>();
  double* last = to + product.depth * columns;
  std::fill_n(last, columns, 0.0);
  for (std::int64_t i = 0; i < product.depth * columns; ++i) {
    last[i % columns] += product.off * from[i];
  }
  for (std::int64_t i = 0; i < product.depth * columns; ++i) {
    to[i] = last[i % columns] + (product.on - product.off) * from[i];
  }
  return rows.converted(product.table->type().dtype);
}

// Indices from the front; depth or -1 for those that stand for no row.
Value* build_checked_indices(const OneHotProduct& product, Rewriter& rewriter) {
  const DataType dtype = product.indices->type().dtype;
  const auto number = [&](std::int64_t value) {
    return rewriter.add_constant("index", Tensor::scalar(value).converted(dtype));
  };
  Value* depth = number(product.depth);
  Value* clipped = rewriter.add("Clip", {product.indices, number(-product.depth - 1), depth});
  Value* is_negative = rewriter.add("Less", {clipped, number(0)});
  return rewriter.add("Where", {is_negative, rewriter.add("Add", {clipped, depth}), clipped});
}

// MatMul (OneHot (indices), table) -> Gather (table, indices), with one more row for the indices
// that OneHot allows although they stand for nothing
std::optional<Replacement> product_of_one_hot(Node& node, Rewriter& rewriter) {
  const auto product = read_product(node, rewriter);
  if (!product) return std::nullopt;
  const bool is_plain = product->off == 0 && product->on == 1;
  const bool are_indices = are_indices_below(*product->indices, product->depth, rewriter);
  if (is_plain && are_indices) {
    return Replacement{rewriter.add("Gather", {product->table, product->indices})};
  }
  if (rewriter.constant(product->table) == nullptr) {
    return rewriter.no_match("'{}' is trained", product->table->name());
  }
  if (!are_indices && count_products(*product) < kFewProducts) {
    return rewriter.no_match("the product is small, and indices may lie outside");
  }
  Value* indices = are_indices ? product->indices : build_checked_indices(*product, rewriter);
  Value* table = rewriter.add_constant(product->table->name(), all_products(*product));
  return Replacement{rewriter.add("Gather", {table, indices})};
}

constexpr Rule kRules[] = {{"product-of-one-hot", "MatMul", product_of_one_hot}};

}  // namespace

bool look_up_one_hot(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
