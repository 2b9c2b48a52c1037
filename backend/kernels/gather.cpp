#include <cstring>

#include "backend/kernels.h"
#include "backend/kernels/index_checks.h"

namespace gatefold::native {
namespace {

template <typename Index>
class GatherKernel : public Kernel {
 public:
  explicit GatherKernel(const KernelRequest& request) : node_(request.node) {
    const Dims data = request.input_dims(0);
    const std::int64_t rank = static_cast<std::int64_t>(data.size());
    axis_ = request.node.attr_int("axis");
    if (axis_ < 0) axis_ += rank;
    for (std::int64_t i = 0; i < axis_; ++i) outer_ *= data[i];
    extent_ = data[axis_];
    slice_bytes_ = size_of(request.dtype());
    for (std::int64_t i = axis_ + 1; i < rank; ++i) slice_bytes_ *= data[i];
    rows_ = element_count(request.input_dims(1));
  }

  void run(const Buffers& buffers) override {
    switch (slice_bytes_) {
      case sizeof(std::uint32_t):
        return copy_slices(buffers, CopyNumber<std::uint32_t>());
      case sizeof(std::uint64_t):
        return copy_slices(buffers, CopyNumber<std::uint64_t>());
      default:
        return copy_slices(buffers, [this](std::byte* to, const std::byte* from) {
          std::memcpy(to, from, static_cast<std::size_t>(slice_bytes_));
        });
    }
  }

 private:
  // A copy of known size needs no call.
  template <typename T>
  struct CopyNumber {
    void operator()(std::byte* to, const std::byte* from) const {
      std::memcpy(to, from, sizeof(T));
    }
  };

  template <typename Copy>
  void copy_slices(const Buffers& buffers, const Copy& copy) const {
    const auto* data = buffers.input<std::byte>(0);
    const auto* indices = buffers.input<Index>(1);
    auto* output = buffers.output<std::byte>(0);
    for (std::int64_t o = 0; o < outer_; ++o, data += extent_ * slice_bytes_) {
      for (std::int64_t i = 0; i < rows_; ++i, output += slice_bytes_) {
        const std::int64_t row = checked_index(node_, indices[i], extent_, axis_);
        copy(output, data + row * slice_bytes_);
      }
    }
  }

  const Node& node_;
  std::int64_t axis_ = 0;
  std::int64_t outer_ = 1;
  std::int64_t extent_ = 0;
  std::int64_t rows_ = 0;
  std::int64_t slice_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> make_gather(const KernelRequest& request) {
  if (request.dtype(1) == DataType::kInt32) {
    return std::make_unique<GatherKernel<std::int32_t>>(request);
  }
  return std::make_unique<GatherKernel<std::int64_t>>(request);
}

}  // namespace gatefold::native
