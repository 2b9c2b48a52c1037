#include "backend/kernels/evaluate_kernel.h"

#include <cstring>
#include <vector>

#include "backend/kernels.h"
#include "ir/evaluate.h"

namespace gatefold {
namespace {

class EvaluateKernel : public Kernel {
 public:
  explicit EvaluateKernel(const KernelRequest& request)
      : node_(request.node), outputs_(request.outputs.begin(), request.outputs.end()) {
    for (const Type* input : request.inputs) inputs_.push_back(input == nullptr ? Type() : *input);
  }

  void run(const Buffers& buffers) override {
    std::vector<Datum> inputs(inputs_.size());
    std::vector<const Datum*> pointers(inputs_.size());
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (buffers.inputs[i] == nullptr) continue;
      inputs[i] =
          Tensor::view(inputs_[i].dtype, inputs_[i].dims(), const_cast<void*>(buffers.inputs[i]));
      pointers[i] = &inputs[i];
    }
    std::vector<Datum> outputs(outputs_.size());
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (buffers.outputs[i] == nullptr) continue;
      outputs[i] = Tensor::view(outputs_[i].dtype, outputs_[i].dims(), buffers.outputs[i]);
    }
    evaluate_node(node_, pointers, outputs, Precision::kNative, {});
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      const auto* tensor = std::get_if<Tensor>(&outputs[i]);
      if (buffers.outputs[i] == nullptr || tensor->raw() == buffers.outputs[i]) continue;
      std::memcpy(buffers.outputs[i], tensor->raw(), tensor->bytes());
    }
  }

  std::string implementation() const override { return std::string(kEvaluated); }

 private:
  const Node& node_;
  std::vector<Type> inputs_;
  std::vector<Type> outputs_;
};

}  // namespace

std::unique_ptr<Kernel> make_evaluate_kernel(const KernelRequest& request) {
  return std::make_unique<EvaluateKernel>(request);
}

}  // namespace gatefold
