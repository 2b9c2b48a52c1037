#include "backend/onednn/bfloat16_product.h"

#include <fmt/format.h>
#include <omp.h>

#include "backend/onednn/compat.h"
#include "ir/error.h"

namespace gatefold::onednn {
namespace {

using Tag = dnnl::memory::format_tag;

/// Primitives are made for as many threads as OpenMP has at that time.
class ThreadCount {
 public:
  explicit ThreadCount(int threads) : before_(omp_get_max_threads()) {
    omp_set_num_threads(threads);
  }
  ~ThreadCount() { omp_set_num_threads(before_); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_;
};

dnnl::primitive_attr attr_of(const Bfloat16Product::Extents& extents) {
  dnnl::primitive_attr attr = make_attr();
  if (extents.accumulates) {
    dnnl::post_ops sum;
    sum.append_sum(1.0F);
    attr.set_post_ops(sum);
  }
  return attr;
}

PreparedPrimitive prepare(const Bfloat16Product::Extents& extents) {
  constexpr auto kBfloat16 = dnnl::memory::data_type::bf16;
  const dnnl::memory::desc a({extents.rows, extents.depth}, kBfloat16, Tag::ab);
  const dnnl::memory::desc b({extents.depth, extents.columns}, kBfloat16,
                             extents.panel == 48 ? Tag::BA16a48b2a : Tag::BA16a64b2a);
  const dnnl::memory::desc bias = plain_layout({1, extents.columns});
  const dnnl::memory::desc c = plain_layout({extents.rows, extents.columns});
  const ThreadCount count(extents.threads);
  const auto desc = extents.has_bias ? describe<dnnl::matmul>(attr_of(extents), a, b, bias, c)
                                     : describe<dnnl::matmul>(attr_of(extents), a, b, c);
  if (!desc) fail("oneDNN does not multiply matrices in bfloat16 on this machine; use float32");
  std::vector<Argument> arguments = {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}};
  if (extents.has_bias) arguments.push_back({DNNL_ARG_BIAS, bias});
  return {dnnl::matmul(*desc), *desc, std::move(arguments)};
}

}  // namespace

bool has_bfloat16_products() {
  constexpr auto kNeeded = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
  const auto present = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  return (present & kNeeded) == kNeeded;
}

struct Bfloat16Product::Primitive {
  Extents extents;
  PreparedPrimitive prepared;
};

Bfloat16Product::Bfloat16Product(const Extents& extents)
    : primitive_(std::make_unique<Primitive>(Primitive{extents, prepare(extents)})) {}
Bfloat16Product::~Bfloat16Product() = default;
Bfloat16Product::Bfloat16Product(Bfloat16Product&&) noexcept = default;
Bfloat16Product& Bfloat16Product::operator=(Bfloat16Product&&) noexcept = default;

std::int64_t Bfloat16Product::rows() const { return primitive_->extents.rows; }
std::size_t Bfloat16Product::scratch_bytes() const { return primitive_->prepared.scratch_bytes(); }

void Bfloat16Product::run(const BFloat16* a, const BFloat16* b, const float* bias, float* c,
                          void* scratch) {
  PreparedPrimitive& prepared = primitive_->prepared;
  prepared.set(0, a);
  prepared.set(1, b);
  prepared.set(2, c);
  if (primitive_->extents.has_bias) prepared.set(3, bias);
  prepared.execute(scratch);
}

}  // namespace gatefold::onednn
