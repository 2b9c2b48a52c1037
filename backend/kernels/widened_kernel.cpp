#include "backend/kernels/widened_kernel.h"

#include <algorithm>

#include "backend/products/scratch_layout.h"
#include "ir/convert.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

Type widened(Type type) {
  if (is_half(type.dtype)) type.dtype = DataType::kFloat32;
  return type;
}

/// One input or output: where its float32 numbers lie.
struct Port {
  DataType dtype = DataType::kUndefined;  ///< Undefined where it is handed on as it is.
  std::int64_t size = 0;
  std::size_t offset = 0;  ///< In the scratch memory.
  Tensor constant;         ///< Defined where the numbers never change.
};

class WidenedKernel : public Kernel {
 public:
  WidenedKernel(const KernelRequest& request, std::unique_ptr<Kernel> inner,
                const std::vector<Tensor>& constants)
      : inner_(std::move(inner)) {
    layout_.add<std::byte>(static_cast<std::int64_t>(inner_->scratch_bytes()));
    for (std::size_t i = 0; i < request.inputs.size(); ++i) {
      add_port(request.inputs[i], inputs_).constant = constants[i];
    }
    for (std::size_t i = 0; i < request.outputs.size(); ++i) {
      add_port(request.has_output(i) ? &request.outputs[i] : nullptr, outputs_);
    }
    input_pointers_.resize(inputs_.size());
    output_pointers_.resize(outputs_.size());
  }

  std::size_t scratch_bytes() const override { return layout_.bytes(); }
  std::size_t bytes() const override { return inner_->bytes(); }
  std::string implementation() const override { return inner_->implementation() + " widened"; }

  void run(const Buffers& buffers) override {
    auto* scratch = static_cast<std::byte*>(buffers.scratch);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const Port& port = inputs_[i];
      input_pointers_[i] = buffers.inputs[i];
      if (port.dtype == DataType::kUndefined) continue;
      input_pointers_[i] = port.constant.is_defined() ? port.constant.raw() : scratch + port.offset;
      if (port.constant.is_defined()) continue;
      convert_elements(port.dtype, buffers.inputs[i], DataType::kFloat32, scratch + port.offset,
                       port.size);
    }
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      const bool is_wide = outputs_[i].dtype != DataType::kUndefined;
      output_pointers_[i] = is_wide ? scratch + outputs_[i].offset : buffers.outputs[i];
    }
    inner_->run({input_pointers_.data(), output_pointers_.data(), scratch});
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (outputs_[i].dtype == DataType::kUndefined) continue;
      convert_elements(DataType::kFloat32, output_pointers_[i], outputs_[i].dtype,
                       buffers.outputs[i], outputs_[i].size);
    }
  }

 private:
  Port& add_port(const Type* type, std::vector<Port>& ports) {
    Port& port = ports.emplace_back();
    if (type == nullptr || !is_half(type->dtype)) return port;
    port.dtype = type->dtype;
    port.size = element_count(type->dims());
    port.offset = layout_.add<float>(port.size);
    return port;
  }

  std::unique_ptr<Kernel> inner_;
  native::ScratchLayout layout_;  ///< The inner kernel's comes first.
  std::vector<Port> inputs_, outputs_;
  std::vector<const void*> input_pointers_;
  std::vector<void*> output_pointers_;
};

bool has_half(const KernelRequest& request) {
  return std::ranges::any_of(
             request.inputs,
             [](const Type* type) { return type != nullptr && is_half(type->dtype); }) ||
         std::ranges::any_of(request.outputs, [](const Type& type) { return is_half(type.dtype); });
}

/// The float32 copies of half-precision constants, made once.
std::vector<Tensor> widened_constants(const KernelRequest& request) {
  std::vector<Tensor> constants(request.inputs.size());
  for (std::size_t i = 0; i < constants.size(); ++i) {
    const Tensor* constant = request.constant(i);
    if (constant == nullptr || !is_half(constant->dtype())) continue;
    constants[i] = request.packed.get(*constant, "float32",
                                      [&] { return constant->converted(DataType::kFloat32); });
  }
  return constants;
}

}  // namespace

std::unique_ptr<Kernel> make_widened_kernel(const KernelRequest& request, MakeKernel make) {
  if (!request.node.op().widen_half || !has_half(request)) return nullptr;
  std::vector<Type> types(request.inputs.size());
  std::vector<const Type*> inputs(types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (request.inputs[i] == nullptr) continue;
    types[i] = widened(*request.inputs[i]);
    inputs[i] = &types[i];
  }
  std::vector<Type> outputs;
  for (const Type& output : request.outputs) outputs.push_back(widened(output));
  const std::vector<Tensor> wide_constants = widened_constants(request);
  std::vector<const Tensor*> constants(types.size());
  for (std::size_t i = 0; i < constants.size(); ++i) {
    constants[i] = wide_constants[i].is_defined() ? &wide_constants[i] : request.constant(i);
  }
  KernelRequest wide{.node = request.node,
                     .inputs = inputs,
                     .outputs = outputs,
                     .constants = constants,
                     .threads = request.threads,
                     .packed = request.packed,
                     .products = request.products,
                     .reproducible = request.reproducible,
                     .kernels = request.kernels};
  auto inner = make(wide);
  if (inner == nullptr) return nullptr;
  return std::make_unique<WidenedKernel>(request, std::move(inner), wide_constants);
}

}  // namespace gatefold
