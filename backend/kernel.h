#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/kernel_choice.h"
#include "backend/packed_weights.h"
#include "backend/product_precision.h"
#include "ir/graph.h"
#include "ir/index.h"
#include "ir/inline_vector.h"
#include "ir/type.h"

namespace gatefold {

/// The memory one run of a kernel works on. Missing inputs and unwanted outputs are nullptr.
struct Buffers {
  const void* const* inputs = nullptr;
  void* const* outputs = nullptr;
  void* scratch = nullptr;  ///< Kernel::scratch_bytes() bytes, aligned to 64; content undefined.

  template <typename T>
  const T* input(std::size_t index) const {
    return static_cast<const T*>(inputs[index]);
  }
  template <typename T>
  T* output(std::size_t index) const {
    return static_cast<T*>(outputs[index]);
  }
};

/// One node made executable for fixed shapes. Belongs to one Context, so it is run by one thread at
/// a time; it may use OpenMP threads inside. `run` allocates nothing and throws Error only for
/// wrong data (an index out of range).
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual void run(const Buffers& buffers) = 0;
  virtual std::size_t scratch_bytes() const { return 0; }
  /// How many bytes an output takes that holds more than its type says, for kernels that know what
  /// reads it; 0 for all others.
  virtual std::size_t output_bytes(std::size_t /*output*/) const { return 0; }
  /// About how much memory the kernel itself takes: what it has computed of its shapes, and code
  /// that was generated for them.
  virtual std::size_t bytes() const { return 4096; }
  /// True when an output may lie in the memory of an input of its type: no element of the input is
  /// read once the output's element in its place has been written.
  virtual bool may_overwrite(std::size_t /*input*/, std::size_t /*output*/) const { return false; }
  /// What computes: "native", "onednn jit:avx512_core", ...; for `bench --ops`.
  virtual std::string implementation() const { return "native"; }
};

/// What a kernel maker may look at. All shapes are static.
struct KernelRequest {
  const Node& node;
  std::span<const Type* const> inputs;       ///< nullptr for a missing input.
  std::span<const Type> outputs;             ///< Undefined dtype for an unwanted output.
  std::span<const Tensor* const> constants;  ///< Numbers of inputs that never change, else nullptr.
  int threads = 1;
  PackedWeights& packed;
  ProductPrecision products = ProductPrecision::kFloat32;
  /// Of each input and output, in elements; empty where one element lies behind the other. Others
  /// are asked only of kernels that take them: see strided_ports.h.
  std::span<const Dims> input_strides = {};
  std::span<const Dims> output_strides = {};
  /// Whether kernels are chosen by rule, never by measuring; see CompileOptions.
  bool reproducible = false;
  KernelChoice kernels = KernelChoice::kFastest;
  /// For each input whether nobody reads its memory after this node: the kernel may write to it.
  InlineVector<bool> last_uses = {};

  bool is_last_use(std::size_t index) const { return index < last_uses.size() && last_uses[index]; }
  bool has_input(std::size_t index) const {
    return index < inputs.size() && inputs[index] != nullptr;
  }
  bool has_output(std::size_t index) const {
    return index < outputs.size() && node.output(index) != nullptr;
  }
  Dims input_dims(std::size_t index) const { return inputs[index]->dims(); }
  Dims output_dims(std::size_t index = 0) const { return outputs[index].dims(); }
  Dims strides_of_input(std::size_t index) const {
    const bool is_given = index < input_strides.size() && !input_strides[index].empty();
    return is_given ? input_strides[index] : strides_of(input_dims(index));
  }
  Dims strides_of_output(std::size_t index = 0) const {
    const bool is_given = index < output_strides.size() && !output_strides[index].empty();
    return is_given ? output_strides[index] : strides_of(output_dims(index));
  }
  DataType dtype(std::size_t index = 0) const { return inputs[index]->dtype; }
  const Tensor* constant(std::size_t index) const {
    return index < constants.size() ? constants[index] : nullptr;
  }
};

/// Attribute `axis` of a checked node, counted from the start.
inline std::int64_t axis_of(const Node& node, std::int64_t rank) {
  const std::int64_t axis = node.attr_int("axis");
  return axis < 0 ? axis + rank : axis;
}
/// The same for a node whose axis is one of input 0.
inline std::int64_t axis_of(const KernelRequest& request) {
  return axis_of(request.node, static_cast<std::int64_t>(request.input_dims(0).size()));
}

/// Makes a kernel, or nullptr where this implementation does not do what the node asks: the next
/// one in the table is tried.
using MakeKernel = std::unique_ptr<Kernel> (*)(const KernelRequest& request);

}  // namespace gatefold
