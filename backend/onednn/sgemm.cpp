#include "backend/onednn/sgemm.h"

#include "backend/onednn/compat.h"

namespace gatefold::onednn {

void run_sgemm(const Gemm& gemm, const float* a, const float* b, float* c) {
  dnnl::error::wrap_c_api(
      dnnl_sgemm(gemm.transpose_a ? 'T' : 'N', gemm.transpose_b ? 'T' : 'N', gemm.m, gemm.n, gemm.k,
                 gemm.alpha, a, gemm.a_stride, b, gemm.b_stride, gemm.beta, c, gemm.c_stride),
      "oneDNN's matrix product refused its arguments");
}

}  // namespace gatefold::onednn
