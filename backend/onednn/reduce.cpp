#include "ir/ops/reduce.h"

#include "backend/kernels.h"
#include "backend/onednn/primitive_kernel.h"
#include "ir/op_def.h"

namespace gatefold::onednn {
namespace {

using Algorithm = dnnl::algorithm;

struct ReduceEntry {
  std::string_view op;
  Algorithm algorithm;
  float power = 0;
};

constexpr ReduceEntry kReductions[] = {
    {"ReduceL1", Algorithm::reduction_norm_lp_power_p_sum, 1},
    {"ReduceL2", Algorithm::reduction_norm_lp_sum, 2},
    {"ReduceMean", Algorithm::reduction_mean},
    {"ReduceProd", Algorithm::reduction_mul},
    {"ReduceSum", Algorithm::reduction_sum},
    {"ReduceSumSquare", Algorithm::reduction_norm_lp_power_p_sum, 2},
};

const ReduceEntry* find_reduction(std::string_view op) {
  for (const ReduceEntry& entry : kReductions) {
    if (entry.op == op) return &entry;
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<Kernel> make_reduce(const KernelRequest& request) {
  const ReduceEntry* entry = find_reduction(request.node.op().name);
  const Tensor* axes = request.constant(1);
  if (entry == nullptr || (request.has_input(1) && axes == nullptr)) return nullptr;
  if (!is_plain(*request.inputs[0])) return nullptr;
  const Dims dims = request.input_dims(0);
  const auto is_reduced = reduced_axes(request.node, static_cast<std::int64_t>(dims.size()), axes);
  Dims kept = dims;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (is_reduced[i]) kept[i] = 1;
  }
  const dnnl::memory::desc x = plain_layout(dims);
  const dnnl::memory::desc y = plain_layout(kept);
  return make_primitive<dnnl::reduction>(
      describe<dnnl::reduction>(make_attr(), entry->algorithm, x, y, entry->power, 0.0F),
      {input_argument(DNNL_ARG_SRC, x, 0), output_argument(DNNL_ARG_DST, y)});
}

}  // namespace gatefold::onednn
