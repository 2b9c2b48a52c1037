#include "backend/onednn/reduced_product.h"

#include <fmt/format.h>

#include "backend/onednn/compat.h"
#include "backend/thread_count.h"
#include "ir/error.h"

namespace gatefold::onednn {
namespace {

using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

dnnl::primitive_attr attr_of(const ReducedProduct::Extents& extents) {
  dnnl::primitive_attr attr = make_attr();
  if (extents.accumulates) {
    dnnl::post_ops sum;
    sum.append_sum(1.0F);
    attr.set_post_ops(sum);
  }
  return attr;
}

PreparedPrimitive prepare(const ReducedProduct::Extents& extents) {
  const bool is_int8 = extents.precision == ProductPrecision::kInt8;
  const bool is_wide = extents.panel == 64;
  const dnnl::memory::desc a({extents.rows, extents.depth}, is_int8 ? Type::u8 : Type::bf16,
                             Tag::ab);
  const dnnl::memory::desc b({extents.depth, extents.columns}, is_int8 ? Type::s8 : Type::bf16,
                             is_int8   ? is_wide ? Tag::BA16a64b4a : Tag::BA16a48b4a
                             : is_wide ? Tag::BA16a64b2a
                                       : Tag::BA16a48b2a);
  const dnnl::memory::desc bias = plain_layout({1, extents.columns});
  const dnnl::memory::desc c = plain_layout({extents.rows, extents.columns});
  const ThreadCount count(extents.threads);
  const auto desc = extents.has_bias ? describe<dnnl::matmul>(attr_of(extents), a, b, bias, c)
                                     : describe<dnnl::matmul>(attr_of(extents), a, b, c);
  if (!desc)
    fail("oneDNN does not multiply matrices in this precision on this machine; use float32");
  std::vector<Argument> arguments = {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}};
  if (extents.has_bias) arguments.push_back({DNNL_ARG_BIAS, bias});
  return {dnnl::matmul(*desc), *desc, std::move(arguments)};
}

}  // namespace

bool has_products_in(ProductPrecision precision) {
  if (precision == ProductPrecision::kFloat32) return true;
  const auto needed =
      static_cast<unsigned>(precision == ProductPrecision::kInt8 ? dnnl::cpu_isa::avx512_core_vnni
                                                                 : dnnl::cpu_isa::avx512_core_bf16);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & needed) == needed;
}

struct ReducedProduct::Primitive {
  Extents extents;
  PreparedPrimitive prepared;
};

ReducedProduct::ReducedProduct(const Extents& extents)
    : primitive_(std::make_unique<Primitive>(Primitive{extents, prepare(extents)})) {}
ReducedProduct::~ReducedProduct() = default;
ReducedProduct::ReducedProduct(ReducedProduct&&) noexcept = default;
ReducedProduct& ReducedProduct::operator=(ReducedProduct&&) noexcept = default;

std::int64_t ReducedProduct::rows() const { return primitive_->extents.rows; }
std::size_t ReducedProduct::scratch_bytes() const { return primitive_->prepared.scratch_bytes(); }

void ReducedProduct::run(const void* a, const void* b, const float* bias, float* c, void* scratch) {
  PreparedPrimitive& prepared = primitive_->prepared;
  prepared.set(0, a);
  prepared.set(1, b);
  prepared.set(2, c);
  if (primitive_->extents.has_bias) prepared.set(3, bias);
  prepared.execute(scratch);
}

}  // namespace gatefold::onednn
