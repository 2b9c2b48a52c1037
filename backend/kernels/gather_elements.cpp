#include <cstring>

#include "backend/kernels.h"
#include "backend/kernels/element_walk.h"
#include "ir/dispatch.h"

namespace gatefold::native {
namespace {

template <typename T, typename Index>
class GatherElementsKernel : public Kernel {
 public:
  explicit GatherElementsKernel(const KernelRequest& request) : walk_(request) {}

  void run(const Buffers& buffers) override {
    const auto* data = buffers.input<T>(0);
    auto* output = buffers.output<T>(0);
    walk_.run(buffers.input<Index>(1),
              [&](std::int64_t offset, std::int64_t position) { output[position] = data[offset]; });
  }

 private:
  ElementWalk walk_;
};

class GatherNDKernel : public Kernel {
 public:
  explicit GatherNDKernel(const KernelRequest& request)
      : walk_(request, request.node.attr_int("batch_dims")),
        element_bytes_(size_of(request.dtype())) {}

  void run(const Buffers& buffers) override {
    const auto* data = buffers.input<std::byte>(0);
    auto* output = buffers.output<std::byte>(0);
    const std::size_t bytes = walk_.slice() * element_bytes_;
    walk_.run(buffers.input<std::int64_t>(1), [&](std::int64_t offset, std::int64_t number) {
      std::memcpy(output + number * bytes, data + offset * element_bytes_, bytes);
    });
  }

 private:
  TupleWalk walk_;
  std::size_t element_bytes_;
};

}  // namespace

std::unique_ptr<Kernel> make_gather_elements(const KernelRequest& request) {
  std::unique_ptr<Kernel> kernel;
  dispatch_width(request.dtype(), [&]<typename T>() {
    if (request.dtype(1) == DataType::kInt32) {
      kernel = std::make_unique<GatherElementsKernel<T, std::int32_t>>(request);
    } else {
      kernel = std::make_unique<GatherElementsKernel<T, std::int64_t>>(request);
    }
  });
  return kernel;
}

std::unique_ptr<Kernel> make_gather_nd(const KernelRequest& request) {
  return std::make_unique<GatherNDKernel>(request);
}

}  // namespace gatefold::native
