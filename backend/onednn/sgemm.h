#pragma once

#include "backend/gemm.h"

namespace gatefold::onednn {

/// run_gemm by oneDNN; strides must be given and k must not be 0.
void run_sgemm(const Gemm& gemm, const float* a, const float* b, float* c);

}  // namespace gatefold::onednn
