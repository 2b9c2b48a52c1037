#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/passes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

using namespace recurrent_input;
using Ints = std::vector<std::int64_t>;

/// rows * matrix + bias for all rows [.., .., I] of a sequence.
struct Projection {
  Value* rows = nullptr;
  Value* matrix = nullptr;  ///< [I, C]
  Value* bias = nullptr;    ///< [C], or nullptr.
};

// True when each row of W takes one element of x, or none: the product with another matrix is then
// no more work, and exact.
bool selects_elements(const Tensor& weights) {
  const std::int64_t columns = weights.dims().back();
  for (std::int64_t row = 0; row * columns < weights.size(); ++row) {
    std::int64_t ones = 0;
    for (std::int64_t i = 0; i < columns; ++i) {
      const double number = weights.number_at(row * columns + i);
      if (number != 0 && number != 1) return false;
      ones += number == 1 ? 1 : 0;
    }
    if (ones > 1) return false;
  }
  return true;
}

std::optional<Projection> read_product(const Value* value) {
  const Node* product = producer_of(value, "MatMul");
  if (product == nullptr) return std::nullopt;
  Projection projection{product->input(0), product->input(1), nullptr};
  const Type& rows = projection.rows->type();
  const Type& matrix = projection.matrix->type();
  const bool fits = rows.has_rank() && rows.rank() == 3 && matrix.has_rank() && matrix.rank() == 2;
  return fits && projection.matrix->depends_on_weights_only() ? std::optional(projection)
                                                              : std::nullopt;
}

std::optional<Projection> read_projection(const Value* value) {
  const Node* sum = producer_of(value, "Add");
  if (sum == nullptr) return read_product(value);
  for (std::size_t side = 0; side < 2; ++side) {
    auto projection = read_product(sum->input(side));
    Value* bias = sum->input(1 - side);
    const bool is_vector =
        bias->depends_on_weights_only() && bias->type().has_rank() && bias->type().rank() == 1;
    if (!projection || !is_vector) continue;
    const Dim& columns = projection->matrix->type().shape->back();
    if (!bias->type().shape->front().same_as(columns)) continue;
    projection->bias = bias;
    return projection;
  }
  return std::nullopt;
}

// Products of the same rows side by side, as those of single gates are: one product.
std::optional<Projection> read_joined_projection(const Value* value, Rewriter& rewriter) {
  const Node* concat = producer_of(value, "Concat");
  if (concat == nullptr) return read_projection(value);
  const std::int64_t axis = concat->attr_int("axis");
  if (axis != -1 && axis != value->type().rank() - 1) return std::nullopt;
  std::vector<Value*> matrices;
  std::vector<Value*> biases;
  Value* rows = nullptr;
  for (const Value* part : concat->inputs()) {
    const auto projection = read_projection(part);
    if (!projection || (rows != nullptr && projection->rows != rows)) return std::nullopt;
    if (!part->type().shape->back().is_known()) return std::nullopt;
    rows = projection->rows;
    matrices.push_back(projection->matrix);
    const Dims columns{part->type().shape->back().size()};
    biases.push_back(projection->bias != nullptr
                         ? projection->bias
                         : rewriter.add_constant("zeros", Tensor(part->type().dtype, columns)));
  }
  return Projection{rows, rewriter.add("Concat", matrices, {{"axis", std::int64_t{1}}}),
                    rewriter.add("Concat", biases, {{"axis", std::int64_t{0}}})};
}

// B + [W * bias, 0]
Value* build_bias(Rewriter& rewriter, const Node& node, Value* bias) {
  Value* own = node.input(kB);
  if (bias == nullptr) return own;
  Value* added = rewriter.add("MatMul", {node.input(kW), bias});
  Value* zeros = rewriter.add_constant("zeros", Tensor(bias->type().dtype, added->type().dims()));
  added = rewriter.add("Concat", {added, zeros}, {{"axis", std::int64_t{1}}});
  return own == nullptr ? added : rewriter.add("Add", {own, added});
}

// W * (rows * matrix + bias) -> (W * matrix) * rows + W * bias, where W only selects
std::optional<Replacement> fuse(Node& node, Rewriter& rewriter) {
  if (!is_recurrent(node)) return std::nullopt;
  const Tensor* weights = rewriter.constant(node.input(kW));
  if (weights == nullptr || !selects_elements(*weights)) return std::nullopt;
  const Node* transpose = producer_of(node.input(kX), "Transpose");
  const bool swaps = transpose != nullptr && transpose->attr_ints("perm") == Ints{1, 0, 2};
  const auto projection =
      read_joined_projection(swaps ? transpose->input(0) : node.input(kX), rewriter);
  if (!projection) return rewriter.no_match("its input is no product of all rows with weights");
  std::vector<Value*> ports = node.inputs();
  if (ports.size() <= kB) ports.resize(kB + 1);
  ports[kX] =
      swaps ? rewriter.add("Transpose", {projection->rows}, transpose->attrs()) : projection->rows;
  Value* matrix = rewriter.add("Transpose", {projection->matrix}, {{"perm", Ints{1, 0}}});
  ports[kW] = rewriter.add("MatMul", {node.input(kW), matrix});
  ports[kB] = build_bias(rewriter, node, projection->bias);
  while (ports.back() == nullptr) ports.pop_back();
  Node* fused = rewriter.add_node(node.op().name, ports, node.output_count(), node.attrs());
  fused->set_name(node.name());
  Replacement replacement;
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) == nullptr) fused->drop_output(i);
    replacement.push_back(fused->output(i));
  }
  return replacement;
}

constexpr Rule kRules[] = {{"projection", "", fuse}};

}  // namespace

bool fuse_projection(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
