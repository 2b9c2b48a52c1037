#include "backend/kernels.h"

namespace gatefold::native {
namespace {

class NotKernel : public Kernel {
 public:
  explicit NotKernel(const KernelRequest& request) : size_(element_count(request.output_dims())) {}

  void run(const Buffers& buffers) override {
    const bool* x = buffers.input<bool>(0);
    bool* y = buffers.output<bool>(0);
#pragma omp simd
    for (std::int64_t i = 0; i < size_; ++i) y[i] = !x[i];
  }

 private:
  std::int64_t size_;
};

}  // namespace

std::unique_ptr<Kernel> make_not(const KernelRequest& request) {
  return std::make_unique<NotKernel>(request);
}

}  // namespace gatefold::native
