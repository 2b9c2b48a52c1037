#include "backend/kernels.h"
#include "ir/convert.h"

namespace gatefold::native {
namespace {

class CastKernel : public Kernel {
 public:
  explicit CastKernel(const KernelRequest& request)
      : from_(request.dtype()),
        to_(request.outputs[0].dtype),
        size_(element_count(request.output_dims())) {}

  void run(const Buffers& buffers) override {
    convert_elements(from_, buffers.inputs[0], to_, buffers.outputs[0], size_);
  }

 private:
  DataType from_;
  DataType to_;
  std::int64_t size_;
};

}  // namespace

std::unique_ptr<Kernel> make_cast(const KernelRequest& request) {
  return std::make_unique<CastKernel>(request);
}

}  // namespace gatefold::native
