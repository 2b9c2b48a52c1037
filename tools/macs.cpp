#include "tools/macs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"

namespace gatefold::tools {
namespace {

/// A product of extents in which the first one without a size is remembered.
class ExtentProduct {
 public:
  explicit ExtentProduct(std::string_view op) : op_(op) {}

  void times(std::int64_t factor) { product_ *= factor; }

  void times(const Type& type, std::int64_t axis) {
    if (!type.has_rank()) return leave_open("an unknown rank");
    if (axis < 0) axis += type.rank();
    const Dim& dim = (*type.shape)[static_cast<std::size_t>(axis)];
    if (dim.is_known()) return times(dim.size());
    leave_open(dim.is_symbol() ? fmt::format("'{}'", dim.symbol()) : "an unknown extent");
  }

  /// Every extent from axis `first` on.
  void times_all(const Type& type, std::int64_t first = 0) {
    if (!type.has_rank()) return leave_open("an unknown rank");
    for (std::int64_t axis = first; axis < type.rank(); ++axis) times(type, axis);
  }

  MacCount result() const {
    return open_.empty() ? MacCount{product_, ""} : MacCount{0, open_ + " of " + op_};
  }

 private:
  void leave_open(std::string what) {
    if (open_.empty()) open_ = std::move(what);
  }

  std::string op_;
  std::int64_t product_ = 1;
  std::string open_;
};

void add(MacCount& sum, const MacCount& count) {
  sum.macs += count.macs;
  if (sum.open_extent.empty()) sum.open_extent = count.open_extent;
}

ExtentProduct product_of(const TypedNode& node) { return ExtentProduct(node.node->op().name); }

/// Y [.., M, N] += A [.., M, K] x B
MacCount count_matmul(const TypedNode& node) {
  ExtentProduct product = product_of(node);
  product.times_all(node.outputs[0]);
  product.times(node.inputs[0], -1);
  return product.result();
}

MacCount count_gemm(const TypedNode& node) {
  ExtentProduct product = product_of(node);
  product.times_all(node.outputs[0]);
  product.times(node.inputs[0], node.node->attr_int("transA") != 0 ? 0 : 1);
  return product.result();
}

/// Every element of Y [N, M, ..] takes one filter of W [M, C/group, ..].
MacCount count_conv(const TypedNode& node) {
  ExtentProduct product = product_of(node);
  product.times_all(node.outputs[0]);
  product.times_all(node.inputs[1], 1);
  return product.result();
}

/// Every element of X [N, C, ..] meets the filters of W [C, M/group, ..].
MacCount count_conv_transpose(const TypedNode& node) {
  ExtentProduct product = product_of(node);
  product.times_all(node.inputs[0]);
  product.times_all(node.inputs[1], 1);
  return product.result();
}

/// Every element of dY [N, M, ..] is multiplied into one filter of dW [M, C/group, ..].
MacCount count_conv_weight_grad(const TypedNode& node) {
  ExtentProduct product = product_of(node);
  product.times_all(node.inputs[1]);
  product.times_all(node.outputs[0], 1);
  return product.result();
}

/// T * N times `products[0]` products of the size of W [D, G*H, I] and `products[1]` of R's.
MacCount count_recurrent(const TypedNode& node, std::array<int, 2> products) {
  MacCount sum;
  for (const std::size_t i : {0, 1}) {
    ExtentProduct product = product_of(node);
    product.times(products[i]);
    product.times(node.inputs[recurrent_input::kX], 0);
    product.times(node.inputs[recurrent_input::kX], 1);
    product.times_all(node.inputs[recurrent_input::kW + i]);
    add(sum, product.result());
  }
  return sum;
}

MacCount count_recurrent_forward(const TypedNode& node) { return count_recurrent(node, {1, 1}); }

/// dX and dW are products of the size of W's; dR and the way back through the steps, of R's.
MacCount count_recurrent_gradient(const TypedNode& node) {
  const auto is_wanted = [&](std::size_t output) {
    return node.node->output(output) != nullptr ? 1 : 0;
  };
  using namespace recurrent_gradient_output;
  return count_recurrent(node, {is_wanted(kDx) + is_wanted(kDw), 1 + is_wanted(kDr)});
}

struct CountedOp {
  std::string_view domain;
  std::string_view name;
  MacCount (*count)(const TypedNode& node);
};
constexpr std::array kCountedOps{
    CountedOp{kOnnxDomain, "MatMul", count_matmul},
    CountedOp{kOnnxDomain, "Gemm", count_gemm},
    CountedOp{kOnnxDomain, "Conv", count_conv},
    CountedOp{kOnnxDomain, "ConvTranspose", count_conv_transpose},
    CountedOp{kGatefoldDomain, "ConvWeightGrad", count_conv_weight_grad},
    CountedOp{kOnnxDomain, kLstm.op, count_recurrent_forward},
    CountedOp{kOnnxDomain, kGru.op, count_recurrent_forward},
    CountedOp{kOnnxDomain, kRnn.op, count_recurrent_forward},
    CountedOp{kGatefoldDomain, kLstm.training_op, count_recurrent_forward},
    CountedOp{kGatefoldDomain, kGru.training_op, count_recurrent_forward},
    CountedOp{kGatefoldDomain, kRnn.training_op, count_recurrent_forward},
    CountedOp{kGatefoldDomain, kLstm.gradient_op, count_recurrent_gradient},
    CountedOp{kGatefoldDomain, kGru.gradient_op, count_recurrent_gradient},
    CountedOp{kGatefoldDomain, kRnn.gradient_op, count_recurrent_gradient},
};

/// With the types that the graph declares.
TypedNode typed(const Node& node) {
  TypedNode result{&node, {}, {}};
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    result.inputs.push_back(node.input(i) == nullptr ? Type() : node.input(i)->type());
  }
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    result.outputs.push_back(node.output(i) == nullptr ? Type() : node.output(i)->type());
  }
  return result;
}

}  // namespace

MacCount count_macs(const TypedNode& node) {
  const OpDef& op = node.node->op();
  const auto* counted = std::find_if(
      kCountedOps.begin(), kCountedOps.end(),
      [&](const CountedOp& entry) { return op.domain == entry.domain && op.name == entry.name; });
  return counted == kCountedOps.end() ? MacCount() : counted->count(node);
}

MacCount count_macs(const Graph& graph) {
  MacCount sum;
  for (const auto& node : graph.nodes()) {
    add(sum, count_macs(typed(*node)));
    for (const Graph* body : node->sub_graphs()) add(sum, count_macs(*body));
  }
  return sum;
}

}  // namespace gatefold::tools
