#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "backend/kernel.h"
#include "backend/onednn/recurrent.h"

/// The arguments of recurrent primitives: ports of the node, constants, and memory that is prepared
/// in scratch memory before a primitive runs or delivered from there afterwards.
namespace gatefold::onednn {

/// Where an argument lies in each run.
struct Binding {
  enum class Place : std::int8_t { kInput, kOutput, kScratch };

  std::size_t argument = 0;
  Place place = Place::kScratch;
  std::size_t port = 0;
  std::size_t offset = 0;  ///< In bytes.

  std::byte* find(const Buffers& buffers) const;
};

/// What is done before or after a primitive.
using RecurrentTask = std::function<void(const Buffers&)>;

/// The arguments of one direction's primitive, with their numbers or where these are found. Nothing
/// is added for an empty layout. Offsets are in elements.
class ArgumentList {
 public:
  explicit ArgumentList(const KernelRequest& request) : request_(request) {}

  void add_constant(int number, const dnnl::memory::desc& layout, Tensor numbers);
  void add_zeros(int number, const dnnl::memory::desc& layout);
  /// A missing input is zeros.
  void add_input(int number, const dnnl::memory::desc& layout, std::size_t port,
                 std::int64_t offset);
  /// An unwanted output is written to scratch memory. Returns where the output lies.
  Binding add_output(int number, const dnnl::memory::desc& layout, std::size_t port,
                     std::int64_t offset);
  /// Returns where in scratch memory the argument lies.
  Binding add_scratch(int number, const dnnl::memory::desc& layout);
  /// Scratch memory that no argument lies in.
  Binding reserve(std::size_t bytes);

  const KernelRequest& request() const { return request_; }

  std::vector<Argument> arguments;
  std::vector<Binding> bindings;
  std::vector<Tensor> constants;
  std::vector<RecurrentTask> before, after;
  std::size_t scratch_bytes = 0;

 private:
  const KernelRequest& request_;
};

/// One uni-directional primitive per direction.
class RecurrentKernel : public Kernel {
 public:
  void add_direction(const RecurrentPrimitive& primitive, ArgumentList list);
  void set_output_bytes(std::size_t output, std::size_t bytes);

  void run(const Buffers& buffers) override;
  std::size_t scratch_bytes() const override { return shared_bytes_ + primitive_bytes_; }
  std::size_t output_bytes(std::size_t output) const override {
    return output == large_output_ ? large_output_bytes_ : 0;
  }
  std::size_t bytes() const override { return directions_.size() * PreparedPrimitive::kBytes; }
  std::string implementation() const override { return directions_[0].primitive.implementation(); }

 private:
  struct Direction {
    PreparedPrimitive primitive;
    std::vector<Binding> bindings;
    std::vector<Tensor> constants;
    std::vector<RecurrentTask> before, after;
  };

  std::vector<Direction> directions_;
  std::size_t shared_bytes_ = 0;  ///< Of scratch memory, for one direction at a time.
  std::size_t primitive_bytes_ = 0;
  std::size_t large_output_ = 0;
  std::size_t large_output_bytes_ = 0;
};

}  // namespace gatefold::onednn
