#include <fmt/format.h>

#include <bit>

#include "backend/kernels.h"
#include "backend/plan/fastest.h"
#include "ir/index.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

// Multiplications of a run from which measuring is worth its time.
constexpr std::int64_t kMeasuredProducts = 1024 * 1024;

constexpr Candidate kGemms[] = {{native::make_gemm}, {onednn::make_gemm}};
constexpr Candidate kMatMuls[] = {{native::make_matmul}, {onednn::make_matmul}};

/// Products with constant weights, which oneDNN packs into blocks. The rows count by their order of
/// magnitude, so that inputs of ever changing length are not measured again and again.
std::unique_ptr<Kernel> make_fastest_product(const KernelRequest& request,
                                             std::span<const Candidate> candidates) {
  const bool may_pack = request.kernels == KernelChoice::kFastest && !request.reproducible &&
                        request.products == ProductPrecision::kFloat32 &&
                        request.dtype() == DataType::kFloat32 && request.constant(1) != nullptr &&
                        request.input_dims(1).size() == 2;
  if (!may_pack) return nullptr;
  const Dims w = request.input_dims(1);
  const Dims y = request.output_dims();
  const bool is_gemm = request.node.op().name == "Gemm";
  const bool is_transposed = is_gemm && request.node.attr_int("transB") != 0;
  const std::int64_t columns = w[is_transposed ? 0 : 1];
  const std::int64_t depth = w[is_transposed ? 1 : 0];
  if (columns == 0) return nullptr;
  const std::int64_t rows = static_cast<std::int64_t>(element_count(y)) / columns;
  const std::int64_t products = rows * columns * depth;
  if (rows < 2 || products < kMeasuredProducts) return nullptr;
  const std::string key = fmt::format(
      "{} M{} K{} N{} transposed {} {} addend {} threads {}", request.node.op().name,
      std::bit_width(static_cast<std::uint64_t>(rows)), depth, columns, is_transposed,
      is_gemm && request.node.attr_int("transA") != 0, request.has_input(2), request.threads);
  return make_fastest(request, candidates, {request, key, products});
}

}  // namespace

std::unique_ptr<Kernel> make_fastest_gemm(const KernelRequest& request) {
  return make_fastest_product(request, kGemms);
}

std::unique_ptr<Kernel> make_fastest_matmul(const KernelRequest& request) {
  return make_fastest_product(request, kMatMuls);
}

}  // namespace gatefold
