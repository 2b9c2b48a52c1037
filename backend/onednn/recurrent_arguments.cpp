#include "backend/onednn/recurrent_arguments.h"

#include <algorithm>
#include <utility>

namespace gatefold::onednn {

std::byte* Binding::find(const Buffers& buffers) const {
  const void* start = buffers.scratch;
  if (place == Place::kInput) start = buffers.inputs[port];
  if (place == Place::kOutput) start = buffers.outputs[port];
  return static_cast<std::byte*>(const_cast<void*>(start)) + offset;
}

void ArgumentList::add_constant(int number, const dnnl::memory::desc& layout, Tensor numbers) {
  arguments.push_back({number, layout, numbers.raw()});
  constants.push_back(std::move(numbers));
}

void ArgumentList::add_zeros(int number, const dnnl::memory::desc& layout) {
  const auto bytes = static_cast<std::int64_t>(layout.get_size());
  if (bytes > 0) add_constant(number, layout, Tensor(DataType::kUint8, {bytes}));
}

void ArgumentList::add_input(int number, const dnnl::memory::desc& layout, std::size_t port,
                             std::int64_t offset) {
  if (layout.get_size() == 0) return;
  if (!request_.has_input(port)) return add_zeros(number, layout);
  bindings.push_back({arguments.size(), Binding::Place::kInput, port, offset * sizeof(float)});
  arguments.push_back({number, layout});
}

Binding ArgumentList::add_output(int number, const dnnl::memory::desc& layout, std::size_t port,
                                 std::int64_t offset) {
  if (layout.get_size() == 0) return {};
  if (!request_.has_output(port)) return add_scratch(number, layout);
  bindings.push_back({arguments.size(), Binding::Place::kOutput, port, offset * sizeof(float)});
  arguments.push_back({number, layout});
  return bindings.back();
}

Binding ArgumentList::add_scratch(int number, const dnnl::memory::desc& layout) {
  Binding binding = reserve(layout.get_size());
  binding.argument = arguments.size();
  bindings.push_back(binding);
  arguments.push_back({number, layout});
  return binding;
}

Binding ArgumentList::reserve(std::size_t bytes) {
  const Binding binding{.offset = scratch_bytes};
  scratch_bytes += (bytes + 63) / 64 * 64;
  return binding;
}

void RecurrentKernel::add_direction(const RecurrentPrimitive& primitive, ArgumentList list) {
  directions_.push_back({PreparedPrimitive(primitive.primitive, primitive, list.arguments),
                         std::move(list.bindings), std::move(list.constants),
                         std::move(list.before), std::move(list.after)});
  shared_bytes_ = std::max(shared_bytes_, list.scratch_bytes);
  primitive_bytes_ = std::max(primitive_bytes_, directions_.back().primitive.scratch_bytes());
}

void RecurrentKernel::set_output_bytes(std::size_t output, std::size_t bytes) {
  large_output_ = output;
  large_output_bytes_ = bytes;
}

void RecurrentKernel::run(const Buffers& buffers) {
  for (Direction& direction : directions_) {
    for (const RecurrentTask& task : direction.before) task(buffers);
    for (const Binding& binding : direction.bindings) {
      direction.primitive.set(binding.argument, binding.find(buffers));
    }
    direction.primitive.execute(static_cast<std::byte*>(buffers.scratch) + shared_bytes_);
    for (const RecurrentTask& task : direction.after) task(buffers);
  }
}

}  // namespace gatefold::onednn
