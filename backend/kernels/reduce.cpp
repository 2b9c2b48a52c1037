#include "ir/ops/reduce.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

#include "backend/kernels.h"
#include "backend/simd/reduce_loops.h"
#include "ir/index.h"
#include "ir/op_def.h"

namespace gatefold::native {
namespace {

struct Entry {
  std::string_view op;
  Reduction reduction;
  bool takes_integers;
};

constexpr Entry kEntries[] = {
    {"ReduceSum", Reduction::kSum, true},
    {"ReduceMean", Reduction::kMean, true},
    {"ReduceProd", Reduction::kProduct, true},
    {"ReduceMax", Reduction::kMax, true},
    {"ReduceMin", Reduction::kMin, true},
    {"ReduceL1", Reduction::kSumOfMagnitudes, false},
    {"ReduceL2", Reduction::kEuclideanNorm, false},
    {"ReduceSumSquare", Reduction::kSumOfSquares, false},
    {"ReduceLogSum", Reduction::kLogOfSum, false},
};

/// An axis of the data after neighbours of one kind have been joined.
struct JoinedAxis {
  std::int64_t extent;
  bool is_reduced;
};

std::vector<JoinedAxis> join_axes(const Dims& dims, const std::vector<bool>& is_reduced) {
  std::vector<JoinedAxis> joined;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 1) continue;
    if (!joined.empty() && joined.back().is_reduced == is_reduced[i]) {
      joined.back().extent *= dims[i];
    } else {
      joined.push_back({dims[i], is_reduced[i]});
    }
  }
  return joined;
}

ReductionPlan make_plan(const Dims& dims, const std::vector<bool>& is_reduced) {
  std::vector<JoinedAxis> axes = join_axes(dims, is_reduced);
  ReductionPlan plan;
  for (const JoinedAxis& axis : axes) {
    if (axis.is_reduced) plan.count *= axis.extent;
  }
  if (axes.empty()) return plan;
  plan.inner = axes.back().extent;
  plan.inner_is_reduced = axes.back().is_reduced;
  axes.pop_back();
  Dims kept;
  Dims kept_strides;
  Dims reduced;
  Dims reduced_strides;
  std::int64_t stride = plan.inner;
  for (auto axis = axes.rbegin(); axis != axes.rend(); stride *= axis->extent, ++axis) {
    Dims& extents = axis->is_reduced ? reduced : kept;
    Dims& strides = axis->is_reduced ? reduced_strides : kept_strides;
    extents.insert(extents.begin(), axis->extent);
    strides.insert(strides.begin(), stride);
  }
  const auto list = [](const Dims& extents, const Dims& strides) {
    std::vector<std::int64_t> offsets;
    for_each_index<1>(extents, {strides},
                      [&](const auto& offset) { offsets.push_back(offset[0]); });
    return offsets;
  };
  plan.kept = list(kept, kept_strides);
  plan.reduced = list(reduced, reduced_strides);
  return plan;
}

class FloatReduceKernel : public Kernel {
 public:
  FloatReduceKernel(Reduction reduction, ReductionPlan plan)
      : reduction_(reduction), plan_(std::move(plan)) {}

  void run(const Buffers& buffers) override {
    reduce(reduction_, plan_, buffers.input<float>(0), buffers.output<float>(0));
  }

 private:
  Reduction reduction_;
  ReductionPlan plan_;
};

std::int64_t first_value(Reduction reduction) {
  if (reduction == Reduction::kProduct) return 1;
  if (reduction == Reduction::kMax) return std::numeric_limits<std::int64_t>::lowest();
  if (reduction == Reduction::kMin) return std::numeric_limits<std::int64_t>::max();
  return 0;
}

std::int64_t join(Reduction reduction, std::int64_t a, std::int64_t b) {
  if (reduction == Reduction::kMax) return std::max(a, b);
  if (reduction == Reduction::kMin) return std::min(a, b);
  const auto x = static_cast<std::uint64_t>(a);  // Overflow wraps around.
  const auto y = static_cast<std::uint64_t>(b);
  return static_cast<std::int64_t>(reduction == Reduction::kProduct ? x * y : x + y);
}

class IntegerReduceKernel : public Kernel {
 public:
  IntegerReduceKernel(Reduction reduction, ReductionPlan plan)
      : reduction_(reduction), plan_(std::move(plan)) {}

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<std::int64_t>(0);
    auto* y = buffers.output<std::int64_t>(0);
    const std::int64_t width = plan_.inner_is_reduced ? 1 : plan_.inner;
    for (const std::int64_t start : plan_.kept) {
      std::fill_n(y, width, first_value(reduction_));
      for (const std::int64_t offset : plan_.reduced) {
        for (std::int64_t i = 0; i < plan_.inner; ++i) {
          std::int64_t& total = y[plan_.inner_is_reduced ? 0 : i];
          total = join(reduction_, total, x[start + offset + i]);
        }
      }
      if (reduction_ == Reduction::kMean && plan_.count > 0) {
        for (std::int64_t i = 0; i < width; ++i) y[i] /= plan_.count;
      }
      y += width;
    }
  }

 private:
  Reduction reduction_;
  ReductionPlan plan_;
};

}  // namespace

std::unique_ptr<Kernel> make_reduce(const KernelRequest& request) {
  const auto* entry =
      std::find_if(std::begin(kEntries), std::end(kEntries),
                   [&](const Entry& candidate) { return candidate.op == request.node.op().name; });
  const Tensor* axes = request.constant(1);
  if (entry == std::end(kEntries) || (request.has_input(1) && axes == nullptr)) return nullptr;
  const Dims dims = request.input_dims(0);
  const auto is_reduced = reduced_axes(request.node, static_cast<std::int64_t>(dims.size()), axes);
  if (request.dtype() == DataType::kFloat32) {
    return std::make_unique<FloatReduceKernel>(entry->reduction, make_plan(dims, is_reduced));
  }
  if (request.dtype() == DataType::kInt64 && entry->takes_integers) {
    return std::make_unique<IntegerReduceKernel>(entry->reduction, make_plan(dims, is_reduced));
  }
  return nullptr;
}

std::unique_ptr<Kernel> make_sum_to_shape(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return nullptr;
  const Dims dims = request.input_dims(0);
  const Dims sums = request.output_dims();
  if (sums.size() > dims.size()) return nullptr;
  const std::size_t added = dims.size() - sums.size();
  std::vector<bool> is_reduced(dims.size());
  for (std::size_t i = 0; i < dims.size(); ++i) {
    is_reduced[i] = i < added || (sums[i - added] == 1 && dims[i] != 1);
    if (!is_reduced[i] && sums[i - added] != dims[i]) return nullptr;
  }
  return std::make_unique<FloatReduceKernel>(Reduction::kSum, make_plan(dims, is_reduced));
}

}  // namespace gatefold::native
