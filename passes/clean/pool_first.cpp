#include <algorithm>
#include <array>
#include <string_view>

#include "ir/op_def.h"
#include "ir/ops/spatial_window.h"
#include "passes/passes.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

/// An operator that never decreases with its first input, the infinities included, where these
/// attributes are positive; NaN gives NaN.
struct IncreasingOp {
  std::string_view op;
  std::array<std::string_view, 2> slopes = {};
};

constexpr IncreasingOp kIncreasingOps[] = {
    {"Clip"},
    {"Elu", {"alpha"}},
    {"HardSigmoid", {"alpha"}},
    {"LeakyRelu", {"alpha"}},
    {"Relu"},
    {"Selu", {"alpha", "gamma"}},
    {"Sigmoid"},
    {"Softplus"},
    {"Tanh"},
};

bool is_increasing(const Node& node) {
  return std::any_of(
      std::begin(kIncreasingOps), std::end(kIncreasingOps), [&](const IncreasingOp& row) {
        return node.op().domain == kOnnxDomain && node.op().name == row.op &&
               std::all_of(row.slopes.begin(), row.slopes.end(), [&](std::string_view slope) {
                 return slope.empty() || node.attr_float(slope) > 0;
               });
      });
}

/// Whether there are fewer windows than elements, and each surely holds one of them.
bool shrinks(const Node& pool) {
  if (pool.op().name == "GlobalMaxPool") return true;
  const WindowAttrs attrs = read_window_attrs(pool, pool.attr_ints("kernel_shape").size());
  bool takes_steps = false;
  for (std::size_t axis = 0; axis < attrs.kernel.size(); ++axis) {
    if (attrs.dilations[axis] != 1 || attrs.pads_begin[axis] >= attrs.kernel[axis] ||
        attrs.pads_end[axis] >= attrs.kernel[axis]) {
      return false;
    }
    takes_steps = takes_steps || attrs.strides[axis] > 1;
  }
  return takes_steps;
}

// The largest result is that of the largest element.
std::optional<Replacement> pool_before(Node& pool, Rewriter& rewriter) {
  const Node* activation = pool.input(0)->producer();
  if (activation == nullptr || !is_increasing(*activation)) return std::nullopt;
  if (pool.output(1) != nullptr) return rewriter.no_match("it also delivers indices");
  if (!is_used_once(*pool.input(0))) return rewriter.no_match("what it pools is read elsewhere");
  if (!shrinks(pool)) return rewriter.no_match("it may have as many windows as there are elements");
  std::vector<Value*> inputs = activation->inputs();
  inputs[0] = rewriter.add(pool.op().name, {inputs[0]}, pool.attrs());
  Replacement result(pool.output_count());
  result[0] = rewriter.add(activation->op().name, inputs, activation->attrs());
  return result;
}

constexpr Rule kRules[] = {
    {"pool-before-activation", "MaxPool", pool_before},
    {"global-pool-before-activation", "GlobalMaxPool", pool_before},
};

}  // namespace

bool pool_first(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
