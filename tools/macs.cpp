#include "tools/macs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "ir/op_def.h"

namespace gatefold::tools {
namespace {

/// A product of extents in which the first one without a size is remembered.
class ExtentProduct {
 public:
  explicit ExtentProduct(std::string_view op) : op_(op) {}

  void times(std::int64_t factor) { product_ *= factor; }

  void times(const Value* value, std::int64_t axis) {
    if (value == nullptr || !value->type().has_rank()) return leave_open("an unknown rank");
    const Shape& shape = *value->type().shape;
    if (axis < 0) axis += static_cast<std::int64_t>(shape.size());
    const Dim& dim = shape.at(static_cast<std::size_t>(axis));
    if (dim.is_known()) return times(dim.size());
    leave_open(dim.is_symbol() ? fmt::format("'{}'", dim.symbol()) : "an unknown extent");
  }

  /// Every extent from axis `first` on.
  void times_all(const Value* value, std::int64_t first = 0) {
    if (value == nullptr || !value->type().has_rank()) return leave_open("an unknown rank");
    for (std::int64_t axis = first; axis < value->type().rank(); ++axis) times(value, axis);
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

/// Y [.., M, N] += A [.., M, K] x B
MacCount count_matmul(const Node& node) {
  ExtentProduct product(node.op().name);
  product.times_all(node.output());
  product.times(node.input(0), -1);
  return product.result();
}

MacCount count_gemm(const Node& node) {
  ExtentProduct product(node.op().name);
  product.times_all(node.output());
  product.times(node.input(0), node.attr_int("transA") != 0 ? 0 : 1);
  return product.result();
}

/// Every element of Y [N, M, ..] takes one filter of W [M, C/group, ..].
MacCount count_conv(const Node& node) {
  ExtentProduct product(node.op().name);
  product.times_all(node.output());
  product.times_all(node.input(1), 1);
  return product.result();
}

/// Every element of X [N, C, ..] meets the filters of W [C, M/group, ..].
MacCount count_conv_transpose(const Node& node) {
  ExtentProduct product(node.op().name);
  product.times_all(node.input(0));
  product.times_all(node.input(1), 1);
  return product.result();
}

/// T * N times W [D, G*H, I] and R [D, G*H, H].
MacCount count_recurrent(const Node& node) {
  MacCount sum;
  for (const Value* weights : {node.input(1), node.input(2)}) {
    ExtentProduct product(node.op().name);
    product.times(node.input(0), 0);
    product.times(node.input(0), 1);
    product.times_all(weights);
    add(sum, product.result());
  }
  return sum;
}

using CountNode = MacCount (*)(const Node& node);
constexpr std::array<std::pair<std::string_view, CountNode>, 7> kCountedOps{{
    {"MatMul", count_matmul},
    {"Gemm", count_gemm},
    {"Conv", count_conv},
    {"ConvTranspose", count_conv_transpose},
    {"LSTM", count_recurrent},
    {"GRU", count_recurrent},
    {"RNN", count_recurrent},
}};

}  // namespace

MacCount count_macs(const Graph& graph) {
  MacCount sum;
  for (const auto& node : graph.nodes()) {
    const auto* counted =
        std::find_if(kCountedOps.begin(), kCountedOps.end(), [&](const auto& entry) {
          return node->op().domain == kOnnxDomain && node->op().name == entry.first;
        });
    if (counted != kCountedOps.end()) add(sum, counted->second(*node));
    for (const Graph* body : node->sub_graphs()) add(sum, count_macs(*body));
  }
  return sum;
}

}  // namespace gatefold::tools
