#include "backend/onednn/primitive_kernel.h"

#include <algorithm>

namespace gatefold::onednn {
PortArgument input_argument(int number, const dnnl::memory::desc& layout, std::size_t port) {
  return {.number = number, .layout = layout, .port = port};
}

PortArgument output_argument(int number, const dnnl::memory::desc& layout, std::size_t port) {
  return {.number = number, .layout = layout, .place = PortArgument::Place::kOutput, .port = port};
}

PortArgument packed_argument(int number, const dnnl::memory::desc& layout, Tensor packed) {
  return {.number = number,
          .layout = layout,
          .place = PortArgument::Place::kPacked,
          .packed = std::move(packed)};
}

std::vector<Argument> PrimitiveKernel::list_arguments() const {
  std::vector<Argument> list;
  for (const PortArgument& argument : arguments_) {
    const bool is_packed = argument.place == PortArgument::Place::kPacked;
    list.push_back({argument.number, argument.layout, is_packed ? argument.packed.raw() : nullptr});
  }
  return list;
}

void PrimitiveKernel::run(const Buffers& buffers) {
  for (std::size_t i = 0; i < arguments_.size(); ++i) {
    const PortArgument& argument = arguments_[i];
    if (argument.place == PortArgument::Place::kInput) {
      primitive_.set(i, buffers.inputs[argument.port]);
    } else if (argument.place == PortArgument::Place::kOutput) {
      primitive_.set(i, buffers.outputs[argument.port]);
    }
  }
  primitive_.execute(buffers.scratch);
}

bool is_plain(const Type& type) {
  constexpr std::size_t kMostAxes = 6;
  const Dims dims = type.dims();
  return type.dtype == DataType::kFloat32 && !dims.empty() && dims.size() <= kMostAxes &&
         element_count(dims) > 0;
}

bool has_plain_ports(const KernelRequest& request) {
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    if (request.has_input(i) && !is_plain(*request.inputs[i])) return false;
  }
  for (std::size_t i = 0; i < request.outputs.size(); ++i) {
    if (request.has_output(i) && !is_plain(request.outputs[i])) return false;
  }
  return true;
}

Dims with_rank(const Dims& dims, std::size_t rank) {
  Dims result(rank - dims.size(), 1);
  result.insert(result.end(), dims.begin(), dims.end());
  return result;
}

}  // namespace gatefold::onednn
