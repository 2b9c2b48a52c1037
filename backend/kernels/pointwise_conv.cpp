#include <fmt/format.h>

#include <algorithm>

#include "backend/kernels.h"
#include "backend/kernels/partwise.h"
#include "backend/kernels/patches.h"
#include "backend/kernels/weight_panels.h"
#include "backend/simd/column_product.h"
#include "backend/simd/team.h"
#include "ir/ops/conv.h"

namespace gatefold::native {
namespace {

/// A convolution whose windows are single elements: each group is the product of its weights and X
/// as it lies. It goes along the columns in parts whose results stay in the second cache, and
/// within these in blocks of X that stay in the first one while all panels of weights read them.
class PointwiseConvKernel : public PartwiseKernel {
 public:
  PointwiseConvKernel(const KernelRequest& request, const ConvExtents& extents)
      : extents_(extents),
        columns_(output_count(extents.windows)),
        product_{extents.group_inputs, columns_, columns_},
        panels_((extents.group_outputs + kPanelRows - 1) / kPanelRows),
        block_columns_(columns_of(kBlockElements, extents.group_inputs)),
        part_columns_(std::max(columns_of(kPartElements, extents.group_outputs), block_columns_)),
        has_bias_(request.has_input(2)),
        threads_(useful_threads(extents.batch * extents.groups * extents.group_outputs *
                                    extents.group_inputs * columns_,
                                1, request.threads)),
        weights_(pack(request)) {
    parts_ = (columns_ + part_columns_ - 1) / part_columns_;
    // Where there are few parts, threads share the panels of each.
    const std::int64_t tasks = extents.batch * extents.groups * parts_;
    const std::int64_t wanted = threads_ == 1 ? 1 : kTasksOfThread * threads_;
    panel_shares_ = std::min((wanted + tasks - 1) / tasks, panels_);
  }

  void run_parts(const Buffers& buffers, const PartDone& done) override {
    const std::int64_t tasks = extents_.batch * extents_.groups * parts_ * panel_shares_;
    run_as_team(threads_, [&](const Team& team) {
      const Range share = team.share(tasks);
      for (std::int64_t task = share.begin; task < share.end; ++task) {
        run_task(buffers, task, team.thread, done);
      }
    });
  }

 private:
  static constexpr std::int64_t kPartElements = 48 * 1024;
  static constexpr std::int64_t kBlockElements = 6 * 1024;
  // Shares of about the same size come out even.
  static constexpr std::int64_t kTasksOfThread = 4;
  // Columns of three vectors of AVX-512.
  static constexpr std::int64_t kStep = 48;

  static std::int64_t columns_of(std::int64_t elements, std::int64_t rows) {
    return std::max(elements / std::max<std::int64_t>(rows, 1) / kStep, std::int64_t{1}) * kStep;
  }

  /// Some columns of some panels of a group.
  void run_task(const Buffers& buffers, std::int64_t task, int thread, const PartDone& done) const {
    const Team share{static_cast<int>(task % panel_shares_), static_cast<int>(panel_shares_)};
    const std::int64_t part = task / panel_shares_ % parts_;
    const std::int64_t number = task / panel_shares_ / parts_;  // Of the group, batch by batch.
    const Range panels = share.share(panels_);
    const Range rows{panels.begin * kPanelRows,
                     std::min(panels.end * kPanelRows, extents_.group_outputs)};
    const Range columns{part * part_columns_, std::min((part + 1) * part_columns_, columns_)};
    for (std::int64_t column = columns.begin; column < columns.end; column += block_columns_) {
      multiply(buffers, number, rows, {column, std::min(column + block_columns_, columns.end)});
    }
    const std::int64_t first = number * extents_.group_outputs;
    tell_rows(done, {first + rows.begin, first + rows.end}, columns_, columns, thread);
  }

  void multiply(const Buffers& buffers, std::int64_t number, Range rows, Range columns) const {
    const std::int64_t outputs = extents_.group_outputs;
    const std::int64_t group = number % extents_.groups;
    const float* x = buffers.input<float>(0) + number * extents_.group_inputs * columns_;
    const float* w = weights_.data<float>() + group * panels_ * kPanelRows * product_.depth;
    const float* bias = has_bias_ ? buffers.input<float>(2) + group * outputs : nullptr;
    float* y = buffers.output<float>(0) + number * outputs * columns_;
    for (std::int64_t m = rows.begin; m < rows.end; m += kPanelRows) {
      product_.run(w + m * product_.depth, bias == nullptr ? nullptr : bias + m,
                   std::min(kPanelRows, rows.end - m), columns.count(), x + columns.begin,
                   y + m * columns_ + columns.begin);
    }
  }

  Tensor pack(const KernelRequest& request) const {
    const Tensor& w = *request.constant(1);
    return request.packed.get(w, fmt::format("pointwise panels {}", extents_.groups), [&] {
      return pack_weight_panels(w.data<float>(), extents_.groups, extents_.group_outputs,
                                product_.depth, kPanelRows);
    });
  }

  ConvExtents extents_;
  std::int64_t columns_;
  ColumnProduct product_;
  std::int64_t panels_;
  std::int64_t block_columns_;
  std::int64_t part_columns_;
  std::int64_t parts_ = 1;
  std::int64_t panel_shares_ = 1;
  bool has_bias_;
  int threads_;
  Tensor weights_;
};

}  // namespace

std::unique_ptr<Kernel> make_pointwise_conv(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32 || request.constant(1) == nullptr) return nullptr;
  if (element_count(request.output_dims()) == 0) return nullptr;
  const ConvExtents extents =
      conv_extents(request.node, request.input_dims(0), request.input_dims(1));
  // Fewer columns leave most of a vector empty.
  constexpr std::int64_t kLeastColumns = 16;
  if (!is_pointwise(extents.windows) || output_count(extents.windows) < kLeastColumns) {
    return nullptr;
  }
  return std::make_unique<PointwiseConvKernel>(request, extents);
}

}  // namespace gatefold::native
