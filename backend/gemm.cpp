#include "backend/gemm.h"

namespace gatefold {

Gemm with_strides(Gemm gemm) {
  if (gemm.a_stride == 0) gemm.a_stride = gemm.transpose_a ? gemm.m : gemm.k;
  if (gemm.b_stride == 0) gemm.b_stride = gemm.transpose_b ? gemm.k : gemm.n;
  if (gemm.c_stride == 0) gemm.c_stride = gemm.n;
  return gemm;
}

}  // namespace gatefold
