#include <algorithm>
#include <cmath>
#include <iterator>

#include "backend/kernels.h"
#include "backend/kernels/index_checks.h"
#include "backend/simd/reduce_loops.h"
#include "ir/op_def.h"

namespace gatefold::native {
namespace {

/// ArgMax or ArgMin of float rows along the last axis: finds the best number, then where it is.
class DenseArgKernel : public Kernel {
 public:
  explicit DenseArgKernel(const KernelRequest& request)
      : best_of_(request.node.op().name == "ArgMax" ? largest : smallest),
        select_last_(request.node.attr_int("select_last_index") != 0),
        rows_(element_count(request.output_dims())),
        extent_(request.input_dims(0).back()) {}

  void run(const Buffers& buffers) override {
    const auto* row = buffers.input<float>(0);
    auto* output = buffers.output<std::int64_t>(0);
    for (std::int64_t i = 0; i < rows_; ++i, row += extent_) {
      const float best = best_of_(row, extent_);
      const auto is_best = [best](float x) { return x == best || (x != x && best != best); };
      if (select_last_) {
        const auto end = std::make_reverse_iterator(row + extent_);
        output[i] =
            extent_ - 1 - (std::find_if(end, std::make_reverse_iterator(row), is_best) - end);
      } else {
        output[i] = std::find_if(row, row + extent_, is_best) - row;
      }
    }
  }

 private:
  float (*best_of_)(const float* x, std::int64_t n);
  bool select_last_;
  std::int64_t rows_, extent_;
};

}  // namespace

std::unique_ptr<Kernel> make_arg_max(const KernelRequest& request) {
  const Dims dims = request.input_dims(0);
  const auto rank = static_cast<std::int64_t>(dims.size());
  if (request.dtype() != DataType::kFloat32) return nullptr;
  if (axis_of(request.node, rank) != rank - 1) return nullptr;
  return std::make_unique<DenseArgKernel>(request);
}

}  // namespace gatefold::native
