#include <algorithm>
#include <cstring>

#include "backend/kernels.h"

namespace gatefold::native {
namespace {

class TriluKernel : public Kernel {
 public:
  TriluKernel(const KernelRequest& request, std::int64_t k)
      : keeps_upper_(request.node.attr_int("upper") != 0),
        width_(static_cast<std::int64_t>(size_of(request.dtype()))) {
    const Dims dims = request.input_dims(0);
    rows_ = dims[dims.size() - 2];
    columns_ = dims[dims.size() - 1];
    lines_ = columns_ == 0 ? 0 : element_count(dims) / columns_;
    k_ = std::clamp(k, -rows_, columns_);
  }

  void run(const Buffers& buffers) override {
    const auto* input = buffers.input<std::byte>(0);
    auto* output = buffers.output<std::byte>(0);
    const std::int64_t bytes = columns_ * width_;
    for (std::int64_t line = 0; line < lines_; ++line, input += bytes, output += bytes) {
      // The upper triangle keeps what starts here, the lower one what ends here.
      const std::int64_t diagonal = line % rows_ + k_ + (keeps_upper_ ? 0 : 1);
      const std::int64_t cut = std::clamp<std::int64_t>(diagonal, 0, columns_) * width_;
      const std::int64_t first = keeps_upper_ ? cut : 0;
      const std::int64_t last = keeps_upper_ ? bytes : cut;
      std::memset(output, 0, first);
      std::memcpy(output + first, input + first, last - first);
      std::memset(output + last, 0, bytes - last);
    }
  }

 private:
  bool keeps_upper_;
  std::int64_t width_;
  std::int64_t k_ = 0;
  std::int64_t rows_ = 0;
  std::int64_t columns_ = 0;
  std::int64_t lines_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> make_trilu(const KernelRequest& request) {
  if (request.has_input(1) && request.constant(1) == nullptr) return nullptr;
  return std::make_unique<TriluKernel>(
      request, request.has_input(1) ? request.constant(1)->to_int64()[0] : 0);
}

}  // namespace gatefold::native
