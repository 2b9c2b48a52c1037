#include "backend/kernels.h"
#include "backend/onednn/primitive_kernel.h"
#include "backend/placement.h"

namespace gatefold::onednn {
namespace {

dnnl::memory::desc layout_with(const Dims& dims, const Dims& strides) {
  return {dims, dnnl::memory::data_type::f32, strides};
}

}  // namespace

// A reorder from the input's elements, walked in the output's order, to where the output has them.
std::unique_ptr<Kernel> make_transpose(const KernelRequest& request) {
  if (!has_plain_ports(request)) return nullptr;
  const auto view = view_of(request, 0, request.strides_of_input(0));
  if (!view) return nullptr;
  const dnnl::memory::desc from = layout_with(request.output_dims(), view->strides);
  const dnnl::memory::desc to = layout_with(request.output_dims(), request.strides_of_output());
  try {
    const dnnl::reorder::primitive_desc desc(engine(), from, engine(), to, make_attr());
    return make_primitive<dnnl::reorder>(
        desc, {input_argument(DNNL_ARG_FROM, from, 0), output_argument(DNNL_ARG_TO, to)});
  } catch (const dnnl::error&) {
    return nullptr;
  }
}

}  // namespace gatefold::onednn
