#include <fmt/format.h>

#include <algorithm>

#include "backend/kernels.h"
#include "backend/kernels/partwise.h"
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
    const std::int64_t share = (columns_ + threads_ - 1) / threads_;
    part_columns_ = std::min(part_columns_, (share + kStep - 1) / kStep * kStep);
  }

  void run_parts(const Buffers& buffers, const PartDone& done) override {
    const std::int64_t parts = (columns_ + part_columns_ - 1) / part_columns_;
    run_as_team(threads_, [&](const Team& team) {
      const Range share = team.share(extents_.batch * extents_.groups * parts);
      for (std::int64_t part = share.begin; part < share.end; ++part) {
        const std::int64_t begin = part % parts * part_columns_;
        const std::int64_t end = std::min(begin + part_columns_, columns_);
        run_part(buffers, part / parts, begin, end);
        const std::int64_t row = part / parts * extents_.group_outputs;
        tell_rows(done, {row, row + extents_.group_outputs}, columns_, {begin, end}, team.thread);
      }
    });
  }

 private:
  static constexpr std::int64_t kPartElements = 48 * 1024;
  static constexpr std::int64_t kBlockElements = 6 * 1024;
  // Columns of three vectors of AVX-512.
  static constexpr std::int64_t kStep = 48;

  static std::int64_t columns_of(std::int64_t elements, std::int64_t rows) {
    return std::max(elements / std::max<std::int64_t>(rows, 1) / kStep, std::int64_t{1}) * kStep;
  }

  /// Columns of one group; `number` counts the groups, those of the first batch first.
  void run_part(const Buffers& buffers, std::int64_t number, std::int64_t begin,
                std::int64_t end) const {
    const std::int64_t outputs = extents_.group_outputs;
    const std::int64_t group = number % extents_.groups;
    const float* x = buffers.input<float>(0) + number * extents_.group_inputs * columns_;
    const float* w = weights_.data<float>() + group * panels_ * kPanelRows * product_.depth;
    const float* bias = has_bias_ ? buffers.input<float>(2) + group * outputs : nullptr;
    float* y = buffers.output<float>(0) + number * outputs * columns_;
    for (std::int64_t column = begin; column < end; column += block_columns_) {
      const std::int64_t count = std::min(block_columns_, end - column);
      for (std::int64_t m = 0; m < outputs; m += kPanelRows) {
        product_.run(w + m * product_.depth, bias == nullptr ? nullptr : bias + m,
                     std::min(kPanelRows, outputs - m), count, x + column,
                     y + m * columns_ + column);
      }
    }
  }

  /// W as [groups, panels, C/group, kPanelRows], with zeros where the last panel has no rows.
  Tensor pack(const KernelRequest& request) const {
    const Tensor& w = *request.constant(1);
    return request.packed.get(w, fmt::format("pointwise panels {}", extents_.groups), [&] {
      Tensor packed(DataType::kFloat32, {extents_.groups, panels_, product_.depth, kPanelRows});
      const auto* source = w.data<float>();
      for (std::int64_t group = 0; group < extents_.groups; ++group) {
        for (std::int64_t m = 0; m < extents_.group_outputs; ++m) {
          float* column = packed.data<float>() +
                          (group * panels_ + m / kPanelRows) * product_.depth * kPanelRows +
                          m % kPanelRows;
          for (std::int64_t k = 0; k < product_.depth; ++k) column[k * kPanelRows] = *source++;
        }
      }
      return packed;
    });
  }

  ConvExtents extents_;
  std::int64_t columns_;
  ColumnProduct product_;
  std::int64_t panels_;
  std::int64_t block_columns_;
  std::int64_t part_columns_;
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
  const bool is_pointwise =
      std::all_of(extents.windows.begin(), extents.windows.end(), [](const AxisWindow& axis) {
        return axis.kernel == 1 && axis.stride == 1 && axis.output == axis.input &&
               axis.pad_begin == 0;
      });
  // Fewer columns leave most of a vector empty.
  constexpr std::int64_t kLeastColumns = 16;
  if (!is_pointwise || output_count(extents.windows) < kLeastColumns) return nullptr;
  return std::make_unique<PointwiseConvKernel>(request, extents);
}

}  // namespace gatefold::native
