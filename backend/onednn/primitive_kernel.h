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

  int number = 0;             ///< DNNL_ARG_..
  dnnl::memory::desc layout;  ///< As the primitive wants it.
  Place place = Place::kInput;
  std::size_t port = 0;
  dnnl::memory::desc port_layout = {};  ///< As the port lies.
  Tensor packed = {};
};

/// The port lies as the primitive wants it.
PortArgument input_argument(int number, const dnnl::memory::desc& layout, std::size_t port);
PortArgument output_argument(int number, const dnnl::memory::desc& layout, std::size_t port = 0);
/// The port is reordered in each run where the two layouts differ.
PortArgument input_argument(int number, const dnnl::memory::desc& layout, std::size_t port,
                            const dnnl::memory::desc& port_layout);
PortArgument output_argument(int number, const dnnl::memory::desc& layout, std::size_t port,
                             const dnnl::memory::desc& port_layout);
PortArgument packed_argument(int number, const dnnl::memory::desc& layout, Tensor packed);

/// Runs one primitive on the memory of a node's inputs and outputs.
class PrimitiveKernel : public Kernel {
 public:
  template <typename Desc>
  PrimitiveKernel(const dnnl::primitive& primitive, const Desc& desc,
                  std::vector<PortArgument> arguments)
      : arguments_(std::move(arguments)), primitive_(primitive, desc, list_arguments()) {
    prepare_reorders();
  }

  void run(const Buffers& buffers) override;
  std::size_t scratch_bytes() const override { return reordered_bytes_ + primitive_bytes_; }
  std::size_t bytes() const override { return PreparedPrimitive::kBytes; }
  std::string implementation() const override { return primitive_.implementation(); }

 private:
  /// A port that does not lie as the primitive wants it.
  struct Reorder {
    std::size_t argument = 0;
    std::size_t place = 0;  ///< Of the reordered memory, in scratch memory.
    PreparedPrimitive primitive;
  };

  std::vector<Argument> list_arguments() const;
  void prepare_reorders();
  static const void* memory_of(const PortArgument& argument, const Buffers& buffers);

  std::vector<PortArgument> arguments_;
  PreparedPrimitive primitive_;
  std::vector<Reorder> reorders_;
  std::size_t reordered_bytes_ = 0;  // The first part of the scratch memory.
  std::size_t primitive_bytes_ = 0;  // What behind it the primitives use in turn.
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
