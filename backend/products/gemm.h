#pragma once

#include <string>

#include "backend/gemm.h"

namespace gatefold::native {

/// Computes a Gemm on OpenMP threads: with vector loops of our own where B fits into a core's
/// cache, else with oneDNN's. A B that is used often should not be transposed.
void run_gemm(const Gemm& gemm, const float* a, const float* b, float* c);

/// True when run_gemm takes loops of our own.
bool is_small(const Gemm& gemm);

/// What run_gemm computes with, as Kernel::implementation says it.
std::string implementation_of(const Gemm& gemm);

/// The part of run_gemm for a small B, on one thread; strides must be given, and A and B must not
/// both be transposed.
void run_small_gemm(const Gemm& gemm, const float* a, const float* b, float* c);

}  // namespace gatefold::native
