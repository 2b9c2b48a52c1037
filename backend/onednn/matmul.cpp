#include "backend/kernels.h"
#include "backend/onednn/primitive_kernel.h"
#include "ir/index.h"
#include "ir/op_def.h"

namespace gatefold::onednn {
namespace {

/// A matrix as the product reads it: where it is transposed, its strides are.
dnnl::memory::desc matrix_layout(const Dims& dims, bool is_transposed) {
  if (!is_transposed) return plain_layout(dims);
  return {{dims[1], dims[0]}, dnnl::memory::data_type::f32, dnnl::memory::dims{1, dims[1]}};
}

/// A product of `a` and `b`, which is packed where it is a constant, plus `addend`, if there is
/// one.
std::unique_ptr<Kernel> make(const KernelRequest& request, const dnnl::memory::desc& a,
                             const dnnl::memory::desc& b, const dnnl::memory::desc& y,
                             const std::optional<dnnl::memory::desc>& addend) {
  constexpr int kAddend = DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1;
  dnnl::primitive_attr attr = make_attr();
  if (addend) {
    dnnl::post_ops added;
    added.append_binary(dnnl::algorithm::binary_add, *addend);
    attr.set_post_ops(added);
  }
  const Tensor* constant = request.constant(1);
  const bool is_packed = constant != nullptr && dims_of(b).size() == 2;
  const auto desc = describe<dnnl::matmul>(attr, a, is_packed ? any_layout(dims_of(b)) : b, y);
  if (!desc) return nullptr;
  std::vector<PortArgument> arguments{input_argument(DNNL_ARG_SRC, a, 0),
                                      output_argument(DNNL_ARG_DST, y)};
  arguments.push_back(
      is_packed ? packed_argument(DNNL_ARG_WEIGHTS, desc->weights_desc(),
                                  pack(request.packed, *constant, b, desc->weights_desc()))
                : input_argument(DNNL_ARG_WEIGHTS, b, 1));
  if (addend) arguments.push_back(input_argument(kAddend, *addend, 2));
  return make_primitive<dnnl::matmul>(desc, std::move(arguments));
}

// A vector is a row in front of the product and a column behind it.
Dims as_matrices(Dims dims, bool is_left) {
  if (dims.size() == 1) dims.insert(is_left ? dims.begin() : dims.end(), 1);
  return dims;
}

}  // namespace

std::unique_ptr<Kernel> make_matmul(const KernelRequest& request) {
  if (!is_plain(*request.inputs[0]) || !is_plain(*request.inputs[1])) return nullptr;
  const Dims a = as_matrices(request.input_dims(0), true);
  const Dims b = as_matrices(request.input_dims(1), false);
  if (b.size() == 2) {
    const auto rows = static_cast<std::int64_t>(element_count(a)) / a.back();
    return make(request, plain_layout({rows, a.back()}), plain_layout(b),
                plain_layout({rows, b.back()}), std::nullopt);
  }
  const std::size_t rank = std::max(a.size(), b.size());
  const Dims left = with_rank(a, rank);
  const Dims right = with_rank(b, rank);
  Dims y(rank);
  for (std::size_t i = 0; i + 2 < rank; ++i) y[i] = std::max(left[i], right[i]);
  y[rank - 2] = left[rank - 2];
  y[rank - 1] = right[rank - 1];
  return make(request, plain_layout(left), plain_layout(right), plain_layout(y), std::nullopt);
}

std::unique_ptr<Kernel> make_gemm(const KernelRequest& request) {
  const Node& node = request.node;
  const bool has_addend = request.has_input(2) && node.attr_float("beta") != 0;
  if (!is_plain(*request.inputs[0]) || !is_plain(*request.inputs[1])) return nullptr;
  if (node.attr_float("alpha") != 1 || (has_addend && node.attr_float("beta") != 1)) return nullptr;
  std::optional<dnnl::memory::desc> addend;
  if (has_addend) addend = plain_layout(with_rank(request.input_dims(2), 2));
  return make(request, matrix_layout(request.input_dims(0), node.attr_int("transA") != 0),
              matrix_layout(request.input_dims(1), node.attr_int("transB") != 0),
              plain_layout(request.output_dims()), addend);
}

}  // namespace gatefold::onednn
