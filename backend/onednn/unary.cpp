#include "backend/kernels.h"
#include "backend/onednn/primitive_kernel.h"
#include "ir/op_def.h"

namespace gatefold::onednn {
namespace {

using Algorithm = dnnl::algorithm;

/// oneDNN's function with its two parameters.
struct Function {
  Algorithm algorithm;
  float alpha = 0;
  float beta = 0;
};

struct FunctionEntry {
  std::string_view op;
  Algorithm algorithm;
  std::string_view alpha = {};  ///< The attribute that is alpha.
};

constexpr FunctionEntry kFunctions[] = {
    {"Abs", Algorithm::eltwise_abs},
    {"Elu", Algorithm::eltwise_elu, "alpha"},
    {"LeakyRelu", Algorithm::eltwise_relu, "alpha"},
    {"Log", Algorithm::eltwise_log},
    {"Mish", Algorithm::eltwise_mish},
    {"Round", Algorithm::eltwise_round},
    {"Sigmoid", Algorithm::eltwise_logistic},
    {"Sqrt", Algorithm::eltwise_sqrt},
    {"Swish", Algorithm::eltwise_swish, "alpha"},
    {"Tanh", Algorithm::eltwise_tanh},
};

std::optional<Function> function_of(const Node& node) {
  const std::string_view op = node.op().name;
  if (op == "Softplus") return Function{Algorithm::eltwise_soft_relu, 1};
  if (op == "HardSwish") return Function{Algorithm::eltwise_hardswish, 1.0F / 6, 0.5F};
  if (op == "Gelu") {
    const bool is_tanh = node.attr_string("approximate") == "tanh";
    return Function{is_tanh ? Algorithm::eltwise_gelu_tanh : Algorithm::eltwise_gelu_erf};
  }
  for (const FunctionEntry& entry : kFunctions) {
    if (entry.op != op) continue;
    return Function{entry.algorithm, entry.alpha.empty() ? 0 : node.attr_float(entry.alpha)};
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Kernel> make_unary(const KernelRequest& request) {
  const auto function = function_of(request.node);
  if (!function || !has_plain_ports(request)) return nullptr;
  const dnnl::memory::desc layout = plain_layout(request.input_dims(0));
  return make_primitive<dnnl::eltwise_forward>(
      describe_in_place<dnnl::eltwise_forward>(
          std::make_tuple(dnnl::prop_kind::forward_inference, function->algorithm), layout,
          std::make_tuple(function->alpha, function->beta)),
      {input_argument(DNNL_ARG_SRC, layout, 0), output_argument(DNNL_ARG_DST, layout)});
}

}  // namespace gatefold::onednn
