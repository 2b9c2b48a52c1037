#include <limits>
#include <numeric>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

using Result = std::optional<Replacement>;

/// A factor that is a constant number, and what it multiplies.
struct Scaled {
  Value* value;
  double factor = 1;
};

/// The number that a constant of at most `rank` axes holds.
std::optional<double> number_of(const Value* value, std::int64_t rank, const Rewriter& rewriter) {
  const Tensor* constant = rewriter.constant(value);
  if (constant == nullptr || constant->size() != 1 || constant->rank() > rank) return std::nullopt;
  return constant->number_at(0);
}

/// Looks through Mul and Div by constant numbers.
Scaled behind_factors(Value* value, const Rewriter& rewriter) {
  Scaled scaled{value};
  while (is_used_once(*scaled.value) && scaled.value->type().has_rank()) {
    const Node* product = producer_of(scaled.value, "Mul");
    const Node* node = product != nullptr ? product : producer_of(scaled.value, "Div");
    if (node == nullptr) break;
    const std::int64_t rank = scaled.value->type().rank();
    const bool is_first = product != nullptr && number_of(node->input(0), rank, rewriter);
    const auto number = number_of(node->input(is_first ? 0 : 1), rank, rewriter);
    if (!number || node->input(is_first ? 1 : 0)->type().rank() != rank) break;
    scaled = {node->input(is_first ? 1 : 0),
              product != nullptr ? scaled.factor * *number : scaled.factor / *number};
  }
  return scaled;
}

/// What the scores are made of, and the mask that Attention is given for it: truth values where
/// false hides a key, or numbers to add.
struct Masked {
  Value* scores;
  Value* mask = nullptr;
};

/// where (m, scores, -infinity) and where (m, -infinity, scores)
std::optional<Masked> behind_choice(const Node& where, Rewriter& rewriter) {
  for (const std::size_t kept : {1, 2}) {
    const std::int64_t rank = where.output()->type().rank();
    const auto hidden = number_of(where.input(3 - kept), rank, rewriter);
    if (!hidden || *hidden != -std::numeric_limits<double>::infinity()) continue;
    Value* shown = where.input(0);
    return Masked{where.input(kept), kept == 1 ? shown : rewriter.add("Not", {shown})};
  }
  return std::nullopt;
}

Masked behind_mask(Value* scores, Rewriter& rewriter) {
  if (!is_used_once(*scores) || !scores->type().has_rank()) return {scores};
  if (const Node* where = producer_of(scores, "Where")) {
    return behind_choice(*where, rewriter).value_or(Masked{scores});
  }
  const Node* sum = producer_of(scores, "Add");
  if (sum == nullptr) return {scores};
  for (const std::size_t side : {0, 1}) {
    if (producer_of(behind_factors(sum->input(side), rewriter).value, "MatMul") == nullptr) {
      continue;
    }
    return {sum->input(side), sum->input(1 - side)};
  }
  return {scores};
}

bool is_matrices(const Value& value, std::int64_t rank) {
  const Type& type = value.type();
  return type.is_tensor() && type.dtype == DataType::kFloat32 && type.has_rank() &&
         type.rank() == rank;
}

bool have_same_matrices(const Value& a, const Value& b, std::int64_t rank) {
  for (std::int64_t axis = 0; axis < rank - 2; ++axis) {
    if (!(*a.type().shape)[axis].same_as((*b.type().shape)[axis])) return false;
  }
  return true;
}

bool is_mask(const Value& mask, std::int64_t rank) {
  return mask.type().has_rank() && mask.type().rank() >= 2 && mask.type().rank() <= rank;
}

/// The mask for scores of the rank, whose matrices are heads of a batch or a batch of one head.
Value* mask_of_heads(Value* mask, std::int64_t rank, Rewriter& rewriter) {
  if (rank == 4 || mask->type().rank() < 3) return mask;
  return rewriter.add("Unsqueeze", {mask, rewriter.add_ints({1})});
}

Value* transposed(Value* matrices, std::int64_t rank, Rewriter& rewriter) {
  std::vector<std::int64_t> perm(static_cast<std::size_t>(rank));
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[rank - 1], perm[rank - 2]);
  return rewriter.add("Transpose", {matrices}, {{"perm", perm}});
}

// MatMul (Softmax (MatMul (q, Transpose (k)) scale + mask), v) -> Attention (q, k, v, mask)
Result weighted_values(Node& node, Rewriter& rewriter) {
  const Node* softmax = producer_of(node.input(0), "Softmax");
  if (softmax == nullptr || !node.output()->type().has_rank()) return std::nullopt;
  const std::int64_t rank = node.output()->type().rank();
  const std::int64_t axis = softmax->attr_int("axis");
  if ((rank != 3 && rank != 4) || (axis != -1 && axis != rank - 1)) return std::nullopt;
  if (!is_used_once(*softmax->output())) {
    return rewriter.no_match("the weights '{}' are used elsewhere", softmax->output()->name());
  }
  const auto [scores, mask] = behind_mask(softmax->input(0), rewriter);
  const auto [products, scale] = behind_factors(scores, rewriter);
  const Node* matmul = producer_of(products, "MatMul");
  if (matmul == nullptr) return rewriter.no_match("'{}' is no product", products->name());
  if (!is_used_once(*products) || !is_used_once(*scores)) {
    return rewriter.no_match("the scores '{}' are used elsewhere", scores->name());
  }
  const auto [q, q_factor] = behind_factors(matmul->input(0), rewriter);
  const auto [keys, k_factor] = behind_factors(matmul->input(1), rewriter);
  if (producer_of(keys, "Transpose") == nullptr) {
    return rewriter.no_match("'{}' is not transposed", keys->name());
  }
  Value* v = node.input(1);
  for (const Value* value : {q, keys, v}) {
    if (!is_matrices(*value, rank)) {
      return rewriter.no_match("'{}' holds no {} axes of float32", value->name(), rank);
    }
    if (!have_same_matrices(*q, *value, rank)) {
      return rewriter.no_match("'{}' and '{}' are of different batches", q->name(), value->name());
    }
  }
  const Type& masked = softmax->input(0)->type();
  if (mask != nullptr && (!is_mask(*mask, rank) || !have_same_shape(masked, products->type()))) {
    return rewriter.no_match("the mask '{}' widens the scores", mask->name());
  }
  std::vector<Value*> inputs{q, transposed(keys, rank, rewriter), v};
  if (mask != nullptr) inputs.push_back(mask_of_heads(mask, rank, rewriter));
  Attrs attrs{{"scale", static_cast<float>(scale * q_factor * k_factor)}};
  if (rank == 3) {
    attrs["q_num_heads"] = std::int64_t{1};
    attrs["kv_num_heads"] = std::int64_t{1};
  }
  return Replacement{rewriter.add("Attention", inputs, attrs)};
}

constexpr Rule kRules[] = {{"weighted-values", "MatMul", weighted_values}};

}  // namespace

bool form_attention(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
