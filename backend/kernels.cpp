#include "backend/kernels.h"

#include <algorithm>
#include <string_view>

#include "backend/plain/evaluate_kernel.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

struct KernelEntry {
  std::string_view op;
  MakeKernel make;
};

// Rows of one operator are tried from top to bottom.
constexpr KernelEntry kKernels[] = {
    {"Gather", plain::make_gather},
    {"GRU", plain::make_recurrent},
    {"LSTM", plain::make_recurrent},
    {"RNN", plain::make_recurrent},
    {"Gemm", plain::make_gemm},
    {"MatMul", plain::make_matmul},
    {"Concat", plain::make_concat},
    {"DepthToSpace", plain::make_depth_to_space},
    {"Expand", plain::make_expand},
    {"Slice", plain::make_slice},
    {"SpaceToDepth", plain::make_depth_to_space},
    {"Split", plain::make_split},
    {"Tile", plain::make_tile},
    {"Transpose", plain::make_transpose},
};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const KernelRequest& request) {
  for (const KernelEntry& entry : kKernels) {
    if (entry.op != request.node.op().name) continue;
    if (auto kernel = entry.make(request)) return kernel;
  }
  return make_evaluate_kernel(request);
}

}  // namespace gatefold
