#include "backend/onednn/primitive_kernel.h"

#include <algorithm>

namespace gatefold::onednn {

PortArgument input_argument(int number, const dnnl::memory::desc& layout, std::size_t port) {
  return input_argument(number, layout, port, layout);
}

PortArgument output_argument(int number, const dnnl::memory::desc& layout, std::size_t port) {
  return output_argument(number, layout, port, layout);
}

PortArgument input_argument(int number, const dnnl::memory::desc& layout, std::size_t port,
                            const dnnl::memory::desc& port_layout) {
  return {.number = number, .layout = layout, .port = port, .port_layout = port_layout};
}

PortArgument output_argument(int number, const dnnl::memory::desc& layout, std::size_t port,
                             const dnnl::memory::desc& port_layout) {
  return {.number = number,
          .layout = layout,
          .place = PortArgument::Place::kOutput,
          .port = port,
          .port_layout = port_layout};
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

void PrimitiveKernel::prepare_reorders() {
  primitive_bytes_ = primitive_.scratch_bytes();
  for (std::size_t i = 0; i < arguments_.size(); ++i) {
    const PortArgument& argument = arguments_[i];
    const bool is_input = argument.place == PortArgument::Place::kInput;
    if (argument.place == PortArgument::Place::kPacked) continue;
    if (argument.layout == argument.port_layout) continue;
    reorders_.push_back({i, reordered_bytes_,
                         is_input ? prepare_reorder(argument.port_layout, argument.layout)
                                  : prepare_reorder(argument.layout, argument.port_layout)});
    reordered_bytes_ += (argument.layout.get_size() + 63) / 64 * 64;
    primitive_bytes_ = std::max(primitive_bytes_, reorders_.back().primitive.scratch_bytes());
  }
}

const void* PrimitiveKernel::memory_of(const PortArgument& argument, const Buffers& buffers) {
  return argument.place == PortArgument::Place::kInput ? buffers.inputs[argument.port]
                                                       : buffers.outputs[argument.port];
}

void PrimitiveKernel::run(const Buffers& buffers) {
  auto* scratch = static_cast<std::byte*>(buffers.scratch);
  for (std::size_t i = 0; i < arguments_.size(); ++i) {
    if (arguments_[i].place == PortArgument::Place::kPacked) continue;
    primitive_.set(i, memory_of(arguments_[i], buffers));
  }
  const auto run_reorders = [&](PortArgument::Place place, std::size_t from, std::size_t to) {
    for (Reorder& reorder : reorders_) {
      const PortArgument& argument = arguments_[reorder.argument];
      if (argument.place != place) continue;
      reorder.primitive.set(from, memory_of(argument, buffers));
      reorder.primitive.set(to, scratch + reorder.place);
      reorder.primitive.execute(scratch + reordered_bytes_);
    }
  };
  for (const Reorder& reorder : reorders_)
    primitive_.set(reorder.argument, scratch + reorder.place);
  run_reorders(PortArgument::Place::kInput, 0, 1);
  primitive_.execute(scratch + reordered_bytes_);
  run_reorders(PortArgument::Place::kOutput, 1, 0);
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
