#include <algorithm>
#include <cstring>
#include <string_view>

#include "backend/kernels.h"
#include "backend/kernels/element_walk.h"
#include "ir/maximum.h"

namespace gatefold::native {
namespace {

// What becomes of an element when an update meets it.

struct Replace {
  template <typename T>
  static T join(T, T update) {
    return update;
  }
};
struct Add {
  template <typename T>
  static T join(T old, T update) {
    return old + update;
  }
};
struct Multiply {
  template <typename T>
  static T join(T old, T update) {
    return old * update;
  }
};
struct Largest {
  template <typename T>
  static T join(T old, T update) {
    return maximum(update, old);
  }
};
struct Smallest {
  template <typename T>
  static T join(T old, T update) {
    return minimum(update, old);
  }
};

/// The output, once the data are in it; they may be there already.
template <typename T>
T* copy_data(const Buffers& buffers, std::size_t bytes) {
  auto* output = buffers.output<T>(0);
  if (bytes > 0 && buffers.inputs[0] != output) std::memcpy(output, buffers.inputs[0], bytes);
  return output;
}

template <typename T, typename Index, typename Join>
class ScatterElementsKernel : public Kernel {
 public:
  explicit ScatterElementsKernel(const KernelRequest& request)
      : walk_(request), bytes_(element_count(request.input_dims(0)) * sizeof(T)) {}

  void run(const Buffers& buffers) override {
    const auto* updates = buffers.input<T>(2);
    auto* output = copy_data<T>(buffers, bytes_);
    walk_.run(buffers.input<Index>(1), [&](std::int64_t offset, std::int64_t position) {
      output[offset] = Join::join(output[offset], updates[position]);
    });
  }

  bool may_overwrite(std::size_t input, std::size_t /*output*/) const override {
    return input == 0;
  }

 private:
  ElementWalk walk_;
  std::size_t bytes_;
};

template <typename T, typename, typename Join>
class ScatterNDKernel : public Kernel {
 public:
  explicit ScatterNDKernel(const KernelRequest& request)
      : walk_(request, 0), bytes_(element_count(request.input_dims(0)) * sizeof(T)) {}

  void run(const Buffers& buffers) override {
    const auto* updates = buffers.input<T>(2);
    auto* output = copy_data<T>(buffers, bytes_);
    const std::int64_t slice = walk_.slice();
    walk_.run(buffers.input<std::int64_t>(1), [&](std::int64_t offset, std::int64_t number) {
      const T* update = updates + number * slice;
      T* target = output + offset;
      for (std::int64_t i = 0; i < slice; ++i) target[i] = Join::join(target[i], update[i]);
    });
  }

  bool may_overwrite(std::size_t input, std::size_t /*output*/) const override {
    return input == 0;
  }

 private:
  TupleWalk walk_;
  std::size_t bytes_;
};

template <template <typename, typename, typename> class ScatterKernel, typename T, typename Join>
std::unique_ptr<Kernel> make_for_index(const KernelRequest& request) {
  if (request.dtype(1) == DataType::kInt32) {
    return std::make_unique<ScatterKernel<T, std::int32_t, Join>>(request);
  }
  return std::make_unique<ScatterKernel<T, std::int64_t, Join>>(request);
}

template <template <typename, typename, typename> class ScatterKernel, typename T>
std::unique_ptr<Kernel> make_for_reduction(const KernelRequest& request) {
  const std::string_view reduction = request.node.attr_string("reduction");
  if (reduction == "add") return make_for_index<ScatterKernel, T, Add>(request);
  if (reduction == "mul") return make_for_index<ScatterKernel, T, Multiply>(request);
  if (reduction == "max") return make_for_index<ScatterKernel, T, Largest>(request);
  if (reduction == "min") return make_for_index<ScatterKernel, T, Smallest>(request);
  return make_for_index<ScatterKernel, T, Replace>(request);
}

template <template <typename, typename, typename> class ScatterKernel>
std::unique_ptr<Kernel> make(const KernelRequest& request) {
  switch (request.dtype()) {
    case DataType::kFloat32:
      return make_for_reduction<ScatterKernel, float>(request);
    case DataType::kInt64:
      return make_for_reduction<ScatterKernel, std::int64_t>(request);
    default:
      return nullptr;
  }
}

}  // namespace

std::unique_ptr<Kernel> make_scatter_elements(const KernelRequest& request) {
  return make<ScatterElementsKernel>(request);
}

std::unique_ptr<Kernel> make_scatter_nd(const KernelRequest& request) {
  return make<ScatterNDKernel>(request);
}

}  // namespace gatefold::native
