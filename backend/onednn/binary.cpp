#include "backend/kernels.h"
#include "backend/onednn/primitive_kernel.h"
#include "ir/op_def.h"

namespace gatefold::onednn {
namespace {

using Algorithm = dnnl::algorithm;

struct BinaryEntry {
  std::string_view op;
  Algorithm algorithm;
  bool is_symmetric = true;
};

constexpr BinaryEntry kBinaries[] = {
    {"Add", Algorithm::binary_add}, {"Div", Algorithm::binary_div, false},
    {"Mul", Algorithm::binary_mul}, {"Sub", Algorithm::binary_sub, false},
    {"Sum", Algorithm::binary_add},
};

}  // namespace

// oneDNN repeats the second operand only.
std::unique_ptr<Kernel> make_binary(const KernelRequest& request) {
  if (request.inputs.size() != 2 || !has_plain_ports(request)) return nullptr;
  const Dims dims = request.output_dims();
  for (const BinaryEntry& entry : kBinaries) {
    if (entry.op != request.node.op().name) continue;
    const std::size_t whole = request.input_dims(0) == dims ? 0 : 1;
    if (request.input_dims(whole) != dims || (whole == 1 && !entry.is_symmetric)) return nullptr;
    const dnnl::memory::desc a = plain_layout(dims);
    const dnnl::memory::desc b =
        plain_layout(with_rank(request.input_dims(1 - whole), dims.size()));
    return make_primitive<dnnl::binary>(
        describe<dnnl::binary>(make_attr(), entry.algorithm, a, b, a),
        {input_argument(DNNL_ARG_SRC_0, a, whole), input_argument(DNNL_ARG_SRC_1, b, 1 - whole),
         output_argument(DNNL_ARG_DST, a)});
  }
  return nullptr;
}

std::unique_ptr<Kernel> make_prelu(const KernelRequest& request) {
  if (!has_plain_ports(request)) return nullptr;
  const Dims dims = request.output_dims();
  if (request.input_dims(0) != dims) return nullptr;
  const dnnl::memory::desc x = plain_layout(dims);
  const dnnl::memory::desc slope = plain_layout(with_rank(request.input_dims(1), dims.size()));
#if DNNL_VERSION_MAJOR >= 3
  const auto desc =
      describe<dnnl::prelu_forward>(make_attr(), dnnl::prop_kind::forward_inference, x, slope, x);
#else
  const auto desc =
      describe<dnnl::prelu_forward>(make_attr(), dnnl::prop_kind::forward_inference, x, slope);
#endif
  return make_primitive<dnnl::prelu_forward>(
      desc, {input_argument(DNNL_ARG_SRC, x, 0), input_argument(DNNL_ARG_WEIGHTS, slope, 1),
             output_argument(DNNL_ARG_DST, x)});
}

}  // namespace gatefold::onednn
