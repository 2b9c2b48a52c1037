#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "backend/kernel.h"
#include "backend/onednn/compat.h"

/// Kernels that are one primitive: each file of this folder describes it and names its arguments.
namespace gatefold::onednn {

/// An argument of a primitive that is an input or an output of the node, or a packed constant.
struct PortArgument {
  enum class Place : std::int8_t { kInput, kOutput, kPacked };

  int number = 0;  ///< DNNL_ARG_..
  dnnl::memory::desc layout;
  Place place = Place::kInput;
  std::size_t port = 0;
  Tensor packed = {};
};

PortArgument input_argument(int number, const dnnl::memory::desc& layout, std::size_t port);
PortArgument output_argument(int number, const dnnl::memory::desc& layout, std::size_t port = 0);
PortArgument packed_argument(int number, const dnnl::memory::desc& layout, Tensor packed);

/// Runs one primitive on the memory of a node's inputs and outputs.
class PrimitiveKernel : public Kernel {
 public:
  template <typename Desc>
  PrimitiveKernel(const dnnl::primitive& primitive, const Desc& desc,
                  std::vector<PortArgument> arguments)
      : arguments_(std::move(arguments)), primitive_(primitive, desc, list_arguments()) {}

  void run(const Buffers& buffers) override;
  std::size_t scratch_bytes() const override { return primitive_.scratch_bytes(); }
  std::size_t bytes() const override { return PreparedPrimitive::kBytes; }
  std::string implementation() const override { return primitive_.implementation(); }

 private:
  std::vector<Argument> list_arguments() const;

  std::vector<PortArgument> arguments_;
  PreparedPrimitive primitive_;
};

/// A kernel for a described primitive; nullptr where oneDNN has described none.
template <typename Primitive>
std::unique_ptr<Kernel> make_primitive(
    const std::optional<typename Primitive::primitive_desc>& desc,
    std::vector<PortArgument> arguments) {
  if (!desc) return nullptr;
  return std::make_unique<PrimitiveKernel>(Primitive(*desc), *desc, std::move(arguments));
}

/// Whether a tensor is of float32, with at least one element and one to six axes, so that oneDNN
/// can take it.
bool is_plain(const Type& type);
/// The same of all inputs and outputs that the node has.
bool has_plain_ports(const KernelRequest& request);

/// The extents behind as many extents of 1 as make `rank` axes.
Dims with_rank(const Dims& dims, std::size_t rank);

}  // namespace gatefold::onednn
