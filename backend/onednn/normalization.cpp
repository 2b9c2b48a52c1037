#include "backend/kernels.h"
#include "backend/onednn/primitive_kernel.h"
#include "ir/op_def.h"

namespace gatefold::onednn {
namespace {

using Flags = dnnl::normalization_flags;

}  // namespace

std::unique_ptr<Kernel> make_batch_normalization(const KernelRequest& request) {
  if (!has_plain_ports(request) || request.node.attr_int("training_mode") != 0) return nullptr;
  const Dims dims = request.input_dims(0);
  if (dims.size() < 2) return nullptr;
  const dnnl::memory::desc x = plain_layout(dims);
  const dnnl::memory::desc channels = plain_layout({dims[1]});
  return make_primitive<dnnl::batch_normalization_forward>(
      describe_in_place<dnnl::batch_normalization_forward>(
          std::make_tuple(dnnl::prop_kind::forward_inference), x,
          std::make_tuple(request.node.attr_float("epsilon"),
                          Flags::use_global_stats | Flags::use_scale | Flags::use_shift)),
      {input_argument(DNNL_ARG_SRC, x, 0), input_argument(DNNL_ARG_SCALE, channels, 1),
       input_argument(DNNL_ARG_SHIFT, channels, 2), input_argument(DNNL_ARG_MEAN, channels, 3),
       input_argument(DNNL_ARG_VARIANCE, channels, 4), output_argument(DNNL_ARG_DST, x)});
}

// The axes from `axis` on are one row for oneDNN.
std::unique_ptr<Kernel> make_layer_normalization(const KernelRequest& request) {
  if (!has_plain_ports(request) || request.has_output(1) || request.has_output(2)) return nullptr;
  const Dims dims = request.input_dims(0);
  const Dims row(dims.begin() + axis_of(request), dims.end());
  const auto width = static_cast<std::int64_t>(element_count(row));
  for (const std::size_t port : {1, 2}) {
    if (request.has_input(port) && element_count(request.input_dims(port)) != width) return nullptr;
  }
  const auto rows = static_cast<std::int64_t>(element_count(dims)) / width;
  const dnnl::memory::desc x = plain_layout({rows, width});
  const dnnl::memory::desc units = plain_layout({width});
  Flags flags = Flags::use_scale;
  std::vector<PortArgument> arguments{input_argument(DNNL_ARG_SRC, x, 0),
                                      output_argument(DNNL_ARG_DST, x),
                                      input_argument(DNNL_ARG_SCALE, units, 1)};
  if (request.has_input(2)) {
    flags = flags | Flags::use_shift;
    arguments.push_back(input_argument(DNNL_ARG_SHIFT, units, 2));
  }
  return make_primitive<dnnl::layer_normalization_forward>(
      describe_in_place<dnnl::layer_normalization_forward>(
          std::make_tuple(dnnl::prop_kind::forward_inference), x,
          std::make_tuple(request.node.attr_float("epsilon"), flags)),
      std::move(arguments));
}

// oneDNN's windows have as many channels on either side.
std::unique_ptr<Kernel> make_lrn(const KernelRequest& request) {
  const Node& node = request.node;
  const std::int64_t size = node.attr_int("size");
  const bool is_possible = has_plain_ports(request) && request.input_dims(0).size() > 2;
  if (!is_possible || size % 2 == 0) return nullptr;
  const dnnl::memory::desc x = plain_layout(request.input_dims(0));
  return make_primitive<dnnl::lrn_forward>(
      describe_in_place<dnnl::lrn_forward>(
          std::make_tuple(dnnl::prop_kind::forward_inference, dnnl::algorithm::lrn_across_channels),
          x,
          std::make_tuple(size, node.attr_float("alpha"), node.attr_float("beta"),
                          node.attr_float("bias"))),
      {input_argument(DNNL_ARG_SRC, x, 0), output_argument(DNNL_ARG_DST, x)});
}

}  // namespace gatefold::onednn
