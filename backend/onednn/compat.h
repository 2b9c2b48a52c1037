#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "backend/packed_weights.h"
#include "ir/tensor.h"

/// What the kernels of this folder share, and the only place where oneDNN 2.x and 3.x differ.
namespace gatefold::onednn {

/// The CPU engine of the process.
const dnnl::engine& engine();
/// The calling thread's in-order stream on it.
dnnl::stream& stream();

/// Attributes of every primitive: scratch memory comes from us (Kernel::scratch_bytes).
dnnl::primitive_attr make_attr();

/// The extents of a layout.
dnnl::memory::dims dims_of(const dnnl::memory::desc& layout);
/// A layout of float32.
dnnl::memory::desc layout_of(const Dims& dims, dnnl::memory::format_tag tag);
/// Dense and row-major.
dnnl::memory::desc plain_layout(const Dims& dims);
/// Left for the primitive to choose.
dnnl::memory::desc any_layout(const Dims& dims);

/// The primitive descriptor of a forward `Primitive`. `arguments` are what oneDNN 3.x's
/// primitive_desc takes between engine and attributes: `describe<dnnl::matmul>(make_attr(), src,
/// weights, dst)`. Nothing when oneDNN does not implement the case.
template <typename Primitive, typename... Arguments>
std::optional<typename Primitive::primitive_desc> describe(const dnnl::primitive_attr& attr,
                                                           const Arguments&... arguments) {
  try {
#if DNNL_VERSION_MAJOR >= 3
    typename Primitive::primitive_desc desc(engine(), arguments..., attr, /*allow_empty=*/true);
#else
    typename Primitive::primitive_desc desc(typename Primitive::desc(arguments...), attr, engine(),
                                            /*allow_empty=*/true);
#endif
    if (desc) return desc;
  } catch (const dnnl::error&) {
    // An impossible descriptor throws even where an empty one is allowed; both mean "not
    // implemented".
  }
  return std::nullopt;
}

/// The same of a backward `Primitive`; `forward` describes the forward one.
template <typename Primitive, typename ForwardDesc, typename... Arguments>
std::optional<typename Primitive::primitive_desc> describe_backward(
    const dnnl::primitive_attr& attr, const ForwardDesc& forward, const Arguments&... arguments) {
  try {
#if DNNL_VERSION_MAJOR >= 3
    typename Primitive::primitive_desc desc(engine(), arguments..., forward, attr,
                                            /*allow_empty=*/true);
#else
    typename Primitive::primitive_desc desc(typename Primitive::desc(arguments...), attr, engine(),
                                            forward, /*allow_empty=*/true);
#endif
    if (desc) return desc;
  } catch (const dnnl::error&) {
    // See above.
  }
  return std::nullopt;
}

/// Names and argument lists that changed with oneDNN 3.x.
#if DNNL_VERSION_MAJOR >= 3
using PoolingForward = dnnl::pooling_forward;
using SoftmaxForward = dnnl::softmax_forward;
#else
using PoolingForward = dnnl::pooling_v2_forward;
using SoftmaxForward = dnnl::softmax_v2_forward;
#endif

/// The same for a primitive whose result lies as its source does: oneDNN 2.x is given one layout
/// for both. `before` and `behind` are the arguments around it.
template <typename Primitive, typename... Before, typename... Behind>
std::optional<typename Primitive::primitive_desc> describe_in_place(
    const std::tuple<Before...>& before, const dnnl::memory::desc& layout,
    const std::tuple<Behind...>& behind) {
  const auto describe_all = [](const auto&... arguments) {
    return describe<Primitive>(make_attr(), arguments...);
  };
#if DNNL_VERSION_MAJOR >= 3
  return std::apply(describe_all, std::tuple_cat(before, std::make_tuple(layout, layout), behind));
#else
  return std::apply(describe_all, std::tuple_cat(before, std::make_tuple(layout), behind));
#endif
}

/// One argument of a primitive: its DNNL_ARG_ number, its layout, and its memory where that is the
/// same in every run (packed weights).
struct Argument {
  int number = 0;
  dnnl::memory::desc layout;
  const void* memory = nullptr;
};

/// A primitive and its arguments, made once so that running it costs nothing on our side.
class PreparedPrimitive {
 public:
  template <typename Desc>
  PreparedPrimitive(const dnnl::primitive& primitive, const Desc& desc,
                    std::vector<Argument> arguments)
      : PreparedPrimitive(primitive, desc.scratchpad_desc(), desc.impl_info_str(),
                          std::move(arguments)) {}

  /// About what a primitive takes with the code that was generated for it: 0.2 MB (jit:avx2) to
  /// 1.3 MB (brgconv:avx512_core) were measured.
  static constexpr std::size_t kBytes = std::size_t{1} << 20;
  /// What Kernel::scratch_bytes answers.
  std::size_t scratch_bytes() const { return scratch_bytes_; }
  /// "onednn jit:avx512_core", for Kernel::implementation.
  const std::string& implementation() const { return implementation_; }
  /// Where argument `index` (as in the constructor's list) lies from now on.
  void set(std::size_t index, const void* memory);
  /// Runs the primitive on the calling thread's stream and waits for it.
  void execute(void* scratch);

 private:
  PreparedPrimitive(const dnnl::primitive& primitive, const dnnl::memory::desc& scratch_layout,
                    const std::string& implementation, std::vector<Argument> arguments);

  dnnl::primitive primitive_;
  std::vector<dnnl::memory> memories_;
  std::vector<const void*> pointers_;
  std::vector<dnnl_exec_arg_t> arguments_;
  std::size_t scratch_bytes_ = 0;
  std::string implementation_;
};

/// A text that is the same for equal layouts only; for the keys of PackedWeights.
std::string key_of(const dnnl::memory::desc& layout);

/// Copies memory of one layout, argument 0, into memory of another, argument 1.
PreparedPrimitive prepare_reorder(const dnnl::memory::desc& from, const dnnl::memory::desc& to);

/// Copies numbers from one layout into another; for use while planning.
void reorder(const void* source, const dnnl::memory::desc& from, void* target,
             const dnnl::memory::desc& to);

/// The constant `source`, which lies as `from` says, in the layout `to`: reordered once and shared
/// by all plans. The result is a tensor of bytes.
Tensor pack(PackedWeights& packed, const Tensor& source, const dnnl::memory::desc& from,
            const dnnl::memory::desc& to);

}  // namespace gatefold::onednn
