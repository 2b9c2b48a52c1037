#include <cstring>

#include "backend/kernels.h"

namespace gatefold::native {
namespace {

/// Dropout outside of training: the identity, and a mask that keeps everything.
class InferenceDropoutKernel : public Kernel {
 public:
  explicit InferenceDropoutKernel(const KernelRequest& request)
      : size_(static_cast<std::size_t>(element_count(request.input_dims(0)))),
        bytes_(size_ * size_of(request.dtype())),
        has_mask_(request.has_output(1)) {}

  void run(const Buffers& buffers) override {
    if (buffers.outputs[0] != nullptr && buffers.outputs[0] != buffers.inputs[0]) {
      std::memcpy(buffers.outputs[0], buffers.inputs[0], bytes_);
    }
    if (has_mask_) std::memset(buffers.outputs[1], 1, size_);
  }

 private:
  std::size_t size_;
  std::size_t bytes_;
  bool has_mask_;
};

bool is_training(const KernelRequest& request) {
  if (!request.has_input(2)) return false;
  const Tensor* mode = request.constant(2);
  return mode == nullptr || mode->size() != 1 || mode->number_at(0) != 0;
}

}  // namespace

std::unique_ptr<Kernel> make_dropout(const KernelRequest& request) {
  if (is_training(request)) return nullptr;
  return std::make_unique<InferenceDropoutKernel>(request);
}

}  // namespace gatefold::native
