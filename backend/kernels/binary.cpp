#include <string_view>

#include "backend/kernels.h"
#include "backend/kernels/element_code.h"
#include "backend/simd/binary_functions.h"
#include "backend/simd/broadcast_loop.h"
#include "ir/dispatch.h"
#include "ir/error.h"
#include "ir/op_def.h"

namespace gatefold::native {
namespace {

/// output = f(a, b) with broadcasting.
class BroadcastFunction {
 public:
  BroadcastFunction(const BinaryFunctions& functions, const Type& a, const Type& b,
                    const Type& output)
      : loop_({a.dims(), b.dims()}, output.dims()),
        input_size_(static_cast<std::int64_t>(size_of(a.dtype))),
        output_size_(static_cast<std::int64_t>(size_of(output.dtype))) {
    // When both stay, the output has one element per inner loop: the inner loop is of length 1.
    function_ = !loop_.moves(1)   ? functions.first
                : !loop_.moves(0) ? functions.second
                                  : functions.both;
    advances_ = loop_.moves(0) || loop_.moves(1) || loop_.inner_extent() == 1;
  }

  /// False where both inputs are repeated along the inner axis, which only happens to the first two
  /// of three or more inputs.
  bool is_possible() const { return advances_; }

  void run(const void* a, const void* b, void* output) {
    const auto* from_a = static_cast<const std::byte*>(a);
    const auto* from_b = static_cast<const std::byte*>(b);
    auto* to = static_cast<std::byte*>(output);
    loop_.run([&](const BroadcastLoop<2>::Offsets& offsets, std::int64_t offset) {
      function_(from_a + offsets[0] * input_size_, from_b + offsets[1] * input_size_,
                to + offset * output_size_, loop_.inner_extent());
    });
  }

 private:
  BroadcastLoop<2> loop_;
  BinaryFunction function_ = nullptr;
  std::int64_t input_size_;
  std::int64_t output_size_;
  bool advances_ = false;
};

class BinaryKernel : public Kernel {
 public:
  BinaryKernel(const KernelRequest& request, std::vector<BroadcastFunction> steps)
      : node_(request.node), steps_(std::move(steps)), size_(element_count(request.output_dims())) {
    if (node_.op().name == "Mean") divisor_ = static_cast<float>(request.inputs.size());
    if (divides_integers(request)) {
      divisor_type_ = request.dtype(1);
      divisors_ = element_count(request.input_dims(1));
    }
  }

  void run(const Buffers& buffers) override {
    if (divisors_ > 0) {
      dispatch_integer(divisor_type_, [&]<typename T>() { refuse_zeros(buffers.input<T>(1)); });
    }
    auto* output = buffers.output<std::byte>(0);
    const void* left = buffers.inputs[0];
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      steps_[i].run(left, buffers.inputs[i + 1], output);
      left = output;
    }
    if (divisor_ == 1.0F) return;
    auto* mean = buffers.output<float>(0);
    for (std::int64_t i = 0; i < size_; ++i) mean[i] /= divisor_;
  }

 private:
  template <typename T>
  void refuse_zeros(const T* divisors) const {
    for (std::int64_t i = 0; i < divisors_; ++i) {
      if (divisors[i] == 0) fail("{}: integer division by zero: B holds a zero", node_.describe());
    }
  }

  const Node& node_;
  std::vector<BroadcastFunction> steps_;
  std::int64_t size_;
  float divisor_ = 1.0F;
  DataType divisor_type_ = DataType::kUndefined;  // Of an integer division.
  std::int64_t divisors_ = 0;
};

/// Pow with constant exponents of another element type, converted beforehand.
class MixedPowerKernel : public Kernel {
 public:
  MixedPowerKernel(std::unique_ptr<Kernel> power, Tensor exponents)
      : power_(std::move(power)), exponents_(std::move(exponents)) {}

  void run(const Buffers& buffers) override {
    const void* const inputs[] = {buffers.inputs[0], exponents_.raw()};
    power_->run({inputs, buffers.outputs, buffers.scratch});
  }

 private:
  std::unique_ptr<Kernel> power_;
  Tensor exponents_;
};

bool are_equal(const Tensor& a, const Tensor& b) {
  for (std::int64_t i = 0; i < a.size(); ++i) {
    if (a.number_at(i) != b.number_at(i)) return false;
  }
  return true;
}

}  // namespace

std::unique_ptr<Kernel> make_binary(const KernelRequest& request) {
  const BinaryFunctions functions = find_binary_functions(request.node, request.dtype());
  // Operators on mixed types have no loops; one input alone has nothing to be combined with.
  if (functions.both == nullptr || request.inputs.size() < 2) return nullptr;
  std::vector<BroadcastFunction> steps;
  const Type* left = request.inputs[0];
  for (std::size_t i = 1; i < request.inputs.size(); ++i) {
    if (request.inputs[i]->dtype != request.dtype()) return nullptr;
    steps.emplace_back(functions, *left, *request.inputs[i], request.outputs[0]);
    if (!steps.back().is_possible()) return nullptr;
    left = request.outputs.data();
  }
  return std::make_unique<BinaryKernel>(request, std::move(steps));
}

std::unique_ptr<Kernel> make_mixed_power(const KernelRequest& request) {
  const Tensor* given = request.constant(1);
  if (given == nullptr || given->dtype() == request.dtype() || !is_float(request.dtype())) {
    return nullptr;
  }
  Tensor exponents = given->converted(request.dtype());
  if (!are_equal(exponents, *given)) return nullptr;
  Type type = *request.inputs[1];
  type.dtype = request.dtype();
  const Type* types[] = {request.inputs[0], &type};
  KernelRequest alike = request;
  alike.inputs = types;
  auto power = make_binary(alike);
  if (power == nullptr) return nullptr;
  return std::make_unique<MixedPowerKernel>(std::move(power), std::move(exponents));
}

}  // namespace gatefold::native
