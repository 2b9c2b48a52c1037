#include <cstring>

#include "backend/kernels.h"
#include "ir/error.h"

namespace gatefold::native {
namespace {

class ReverseSequenceKernel : public Kernel {
 public:
  explicit ReverseSequenceKernel(const KernelRequest& request) : node_(request.node) {
    const Dims dims = request.input_dims(0);
    const bool is_batch_first = request.node.attr_int("batch_axis") == 0;
    N_ = dims[is_batch_first ? 0 : 1];
    T_ = dims[is_batch_first ? 1 : 0];
    row_bytes_ = static_cast<std::int64_t>(size_of(request.dtype()));
    for (std::size_t i = 2; i < dims.size(); ++i) row_bytes_ *= dims[i];
    time_stride_ = is_batch_first ? row_bytes_ : N_ * row_bytes_;
    batch_stride_ = is_batch_first ? T_ * row_bytes_ : row_bytes_;
  }

  void run(const Buffers& buffers) override {
    const auto* lengths = buffers.input<std::int64_t>(1);
    for (std::int64_t n = 0; n < N_; ++n) {
      const std::int64_t length = lengths[n];
      if (length < 0 || length > T_) {
        fail("{}: sequence length {} is outside [0, {}], the extent of the time axis",
             node_.describe(), length, T_);
      }
      const std::byte* input = buffers.input<std::byte>(0) + n * batch_stride_;
      std::byte* output = buffers.output<std::byte>(0) + n * batch_stride_;
      for (std::int64_t t = 0; t < T_; ++t) {
        const std::int64_t from = t < length ? length - 1 - t : t;
        std::memcpy(output + t * time_stride_, input + from * time_stride_, row_bytes_);
      }
    }
  }

 private:
  const Node& node_;
  std::int64_t N_ = 0;
  std::int64_t T_ = 0;
  std::int64_t row_bytes_ = 0;
  std::int64_t time_stride_ = 0;
  std::int64_t batch_stride_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> make_reverse_sequence(const KernelRequest& request) {
  return std::make_unique<ReverseSequenceKernel>(request);
}

}  // namespace gatefold::native
