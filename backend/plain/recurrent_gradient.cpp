#include <algorithm>

#include "backend/kernels.h"
#include "backend/plain/gemm.h"
#include "backend/plain/recurrent_gradient_cell.h"
#include "backend/plain/recurrent_rows.h"
#include "backend/plain/recurrent_slopes.h"
#include "backend/plain/team.h"

namespace gatefold::plain {
namespace {

/// LSTMGrad, GRUGrad or RNNGrad in float32 with every option of the specification. The steps go
/// backwards, with one product with R in each; the gradients by the gates' sums are kept, and those
/// of X and the weights are products over all steps at the end.
class RecurrentGradientKernel : public Kernel {
 public:
  RecurrentGradientKernel(const KernelRequest& request, const RecurrentAttrs& attrs,
                          const RecurrentExtents& extents);

  void run(const Buffers& buffers) override;
  std::size_t scratch_bytes() const override { return scratch_.bytes(); }

 private:
  bool is_wanted(std::size_t output) const { return node_.output(output) != nullptr; }
  /// An input of the forward operator; nullptr where it is missing.
  const float* input(const Buffers& buffers, std::size_t number) const {
    return node_.input(number) == nullptr ? nullptr : buffers.input<float>(number);
  }
  /// One of those behind them; see recurrent_gradient_input.
  const float* gradient_input(const Buffers& buffers, std::size_t number) const {
    return input(buffers, attrs_.kind->input_count() + number);
  }
  /// One direction's part of a weight or of its gradient.
  template <typename T>
  T* part(T* weights, std::int64_t d, std::int64_t rows, std::int64_t width) const {
    return weights == nullptr ? nullptr : weights + d * rows * extents_.H * width;
  }

  void plan_scratch();
  void prepare_direction(const Buffers& buffers, std::int64_t d);
  void load_states(const float* states, std::int64_t d, float* rows) const;
  void pack_last_states(const Buffers& buffers, std::int64_t d) const;
  void pack_columns(const float* R, std::int64_t depth, float* panels) const;

  void run_steps(const Buffers& buffers, std::int64_t d, const Team& team) const;
  void prepare_row(const Buffers& buffers, std::int64_t d, std::int64_t s, std::int64_t row) const;
  void run_cell(const Buffers& buffers, std::int64_t d, std::int64_t s, const Team& team) const;
  void multiply(const Buffers& buffers, std::int64_t s, Range gates, float* target,
                const Team& team) const;

  void write_states(const Buffers& buffers, std::int64_t d) const;
  void write_input_gradient(const Buffers& buffers, std::int64_t d) const;
  void write_weight_gradients(const Buffers& buffers, std::int64_t d) const;
  void write_rows(const float* sums, Range gates, const float* operand, std::int64_t width,
                  float* target) const;
  void write_bias_gradient(const Buffers& buffers, std::int64_t d) const;
  void write_peephole_gradient(const Buffers& buffers, std::int64_t d) const;

  const Node& node_;
  RecurrentAttrs attrs_;
  RecurrentExtents extents_;
  std::int64_t sums_;    ///< G*H
  std::int64_t units_;   ///< Columns of a panel.
  std::int64_t padded_;  ///< H rounded up to whole panels.
  bool is_standard_;
  bool is_linear_first_;  ///< GRU with linear_before_reset.
  bool is_reset_first_;   ///< GRU without.
  bool needs_last_h_;
  bool needs_reset_h_;
  int threads_;

  ScratchLayout scratch_;
  RecurrentRows rows_;
  PackedSteps steps_;
  std::size_t by_input_ = 0, by_state_ = 0;  ///< Packed [G*H]; one unless is_linear_first_.
  std::size_t last_h_ = 0, reset_h_ = 0;     ///< Packed [H].
  std::size_t x_ = 0, dx_ = 0;               ///< Packed [I].
  std::size_t dh_ = 0, dc_ = 0;              ///< [N, padded]
  std::size_t last_c_ = 0;                   ///< [N, padded]: initial_c.
  std::size_t d_reset_ = 0;                  ///< [N, padded]
  std::size_t values_ = 0, slopes_ = 0;      ///< [N, kMaxSlopeBlocks*H]
  std::size_t R_ = 0;                        ///< One direction's R in panels.
  std::size_t step_rows_ = 0;                ///< [N]
};

RecurrentGradientKernel::RecurrentGradientKernel(const KernelRequest& request,
                                                 const RecurrentAttrs& attrs,
                                                 const RecurrentExtents& extents)
    : node_(request.node),
      attrs_(attrs),
      extents_(extents),
      sums_(extents.G * extents.H),
      units_(panel_units(GateGroup::kRnn)),
      padded_((extents.H + units_ - 1) / units_ * units_),
      is_standard_(attrs.is_standard()),
      is_linear_first_(attrs.linear_before_reset),
      is_reset_first_(attrs.kind == &kGru && !attrs.linear_before_reset),
      needs_last_h_(is_wanted(recurrent_gradient_output::kDr) || attrs.kind == &kGru),
      needs_reset_h_(is_wanted(recurrent_gradient_output::kDr) && is_reset_first_),
      rows_(request.node, attrs, extents, scratch_),
      steps_(rows_, extents.T) {
  threads_ = useful_threads(extents.N * extents.H * sums_, extents.T, request.threads);
  plan_scratch();
}

void RecurrentGradientKernel::plan_scratch() {
  const auto floats = [&](std::int64_t rows, std::int64_t width, bool is_needed = true) {
    return scratch_.add<float>(is_needed ? rows * width : 0);
  };
  using namespace recurrent_gradient_output;
  const std::int64_t N = extents_.N;
  const std::int64_t steps = extents_.T * N;
  by_input_ = floats(steps, sums_);
  by_state_ = is_linear_first_ ? floats(steps, sums_) : by_input_;
  last_h_ = floats(steps, extents_.H, needs_last_h_);
  reset_h_ = floats(steps, extents_.H, needs_reset_h_);
  x_ = floats(steps, extents_.I, is_wanted(kDw));
  dx_ = floats(steps, extents_.I, is_wanted(kDx));
  dh_ = floats(N, padded_);
  dc_ = floats(N, padded_);
  last_c_ = floats(N, padded_, attrs_.kind->has_cell_state);
  d_reset_ = floats(N, padded_, is_reset_first_);
  values_ = floats(N, kMaxSlopeBlocks * extents_.H, !is_standard_);
  slopes_ = floats(N, kMaxSlopeBlocks * extents_.H, !is_standard_);
  R_ = floats(sums_, padded_);
  step_rows_ = scratch_.add<GradientRow>(N);
}

void RecurrentGradientKernel::run(const Buffers& buffers) {
  rows_.prepare(buffers);
  steps_.prepare();
  if (is_wanted(recurrent_gradient_output::kDx)) {
    std::fill_n(buffers.output<float>(recurrent_gradient_output::kDx),
                extents_.T * extents_.N * extents_.I, 0.0F);
  }
  for (std::int64_t d = 0; d < extents_.D; ++d) {
    prepare_direction(buffers, d);
    run_as_team(threads_, [&](const Team& team) { run_steps(buffers, d, team); });
    write_states(buffers, d);
    write_input_gradient(buffers, d);
    write_weight_gradients(buffers, d);
    write_bias_gradient(buffers, d);
    write_peephole_gradient(buffers, d);
  }
}

void RecurrentGradientKernel::prepare_direction(const Buffers& buffers, std::int64_t d) {
  namespace gradient = recurrent_gradient_input;
  load_states(gradient_input(buffers, gradient::kDyh), d, at<float>(buffers, dh_));
  if (attrs_.kind->has_cell_state) {
    load_states(gradient_input(buffers, gradient::kDyc), d, at<float>(buffers, dc_));
    load_states(input(buffers, recurrent_input::kInitialC), d, at<float>(buffers, last_c_));
  }
  if (needs_last_h_) pack_last_states(buffers, d);
  if (needs_reset_h_) {
    const float* workspace = gradient_input(buffers, gradient::kWorkspace);
    steps_.gather(workspace + sums_, extents_.workspace, d, extents_.H,
                  at<float>(buffers, reset_h_));
  }
  if (is_wanted(recurrent_gradient_output::kDw)) {
    steps_.gather(input(buffers, recurrent_input::kX), extents_.x, d, extents_.I,
                  at<float>(buffers, x_));
  }
  const float* R = part(input(buffers, recurrent_input::kR), d, extents_.G, extents_.H);
  // The h gate of is_reset_first_ is multiplied apart.
  const std::int64_t depth = is_reset_first_ ? 2 * extents_.H : sums_;
  pack_columns(R, depth, at<float>(buffers, R_));
  if (is_reset_first_) {
    pack_columns(R + depth * extents_.H, extents_.H, at<float>(buffers, R_) + depth * padded_);
  }
}

/// States [D,N,H] of one direction as rows; zeros where they are missing.
void RecurrentGradientKernel::load_states(const float* states, std::int64_t d, float* rows) const {
  std::fill_n(rows, extents_.N * padded_, 0.0F);
  if (states == nullptr) return;
  for (std::int64_t row = 0; row < extents_.N; ++row) {
    std::copy_n(states + rows_.state_place(row, d), extents_.H, rows + row * padded_);
  }
}

void RecurrentGradientKernel::pack_last_states(const Buffers& buffers, std::int64_t d) const {
  const std::int64_t H = extents_.H;
  const float* initial = input(buffers, recurrent_input::kInitialH);
  const float* Y = gradient_input(buffers, recurrent_gradient_input::kY);
  auto* packed = at<float>(buffers, last_h_);
  for (std::int64_t s = 0; s < rows_.steps(); ++s) {
    for (std::int64_t row = 0; row < steps_.count(s); ++row, packed += H) {
      if (s > 0) {
        std::copy_n(Y + rows_.place(row, d, s - 1, extents_.y), H, packed);
      } else if (initial != nullptr) {
        std::copy_n(initial + rows_.state_place(row, d), H, packed);
      } else {
        std::fill_n(packed, H, 0.0F);
      }
    }
  }
}

/// [depth, H] as panels [depth, units], filled up with zeros.
void RecurrentGradientKernel::pack_columns(const float* R, std::int64_t depth,
                                           float* panels) const {
  for (std::int64_t unit = 0; unit < padded_; unit += units_) {
    const std::int64_t count = std::min(units_, extents_.H - unit);
    for (std::int64_t k = 0; k < depth; ++k) {
      float* end = std::copy_n(R + k * extents_.H + unit, count, panels);
      panels += units_;
      std::fill(end, panels, 0.0F);
    }
  }
}

void RecurrentGradientKernel::run_steps(const Buffers& buffers, std::int64_t d,
                                        const Team& team) const {
  for (std::int64_t s = rows_.steps(); s-- > 0;) {
    run_cell(buffers, d, s, team);
    // What step 0 hands on is the gradient of the initial state.
    if (s == 0 && !is_wanted(recurrent_gradient_output::kDinitialH)) break;
    multiply(buffers, s, {0, is_reset_first_ ? 2 : extents_.G}, at<float>(buffers, dh_), team);
  }
}

/// The gradients by the gates' sums of one step.
void RecurrentGradientKernel::run_cell(const Buffers& buffers, std::int64_t d, std::int64_t s,
                                       const Team& team) const {
  const Range own = team.share(steps_.count(s));
  for (std::int64_t row = own.begin; row < own.end; ++row) prepare_row(buffers, d, s, row);
  const GradientStep step{.H = extents_.H,
                          .rows = at<GradientRow>(buffers, step_rows_) + own.begin,
                          .row_count = own.count(),
                          .P = attrs_.kind->has_cell_state
                                   ? part(input(buffers, recurrent_input::kP), d, 3, 1)
                                   : nullptr,
                          .input_forget = attrs_.input_forget};
  if (!is_reset_first_) {
    run_gradient_part(attrs_.kind == &kLstm  ? GradientPart::kLstm
                      : attrs_.kind == &kGru ? GradientPart::kGruLinearFirst
                                             : GradientPart::kRnn,
                      step);
  } else {
    auto* d_reset = at<float>(buffers, d_reset_);
    std::fill(d_reset + own.begin * padded_, d_reset + own.end * padded_, 0.0F);
    run_gradient_part(GradientPart::kGruHidden, step);
    team.wait_for_others();
    multiply(buffers, s, {2, 3}, d_reset, team);
    run_gradient_part(GradientPart::kGruReset, step);
  }
  team.wait_for_others();
}

/// target += the gradients by the sums of some gates times their rows of R.
void RecurrentGradientKernel::multiply(const Buffers& buffers, std::int64_t s, Range gates,
                                       float* target, const Team& team) const {
  const PanelProduct product{
      .rows = steps_.count(s),
      .depth = gates.count() * extents_.H,
      .X = at<float>(buffers, by_state_) + steps_.first(s) * sums_ + gates.begin * extents_.H,
      .X_stride = sums_,
      .M = at<float>(buffers, R_) + gates.begin * extents_.H * padded_,
      .target = target,
      .target_stride = padded_};
  add_product(product, team.share(padded_ / units_));
  team.wait_for_others();
}

void RecurrentGradientKernel::prepare_row(const Buffers& buffers, std::int64_t d, std::int64_t s,
                                          std::int64_t row) const {
  namespace gradient = recurrent_gradient_input;
  const std::int64_t H = extents_.H;
  const std::int64_t packed = steps_.first(s) + row;
  const float* workspace =
      gradient_input(buffers, gradient::kWorkspace) + rows_.place(row, d, s, extents_.workspace);
  const float* dY = gradient_input(buffers, gradient::kDy);
  GradientRow& result = at<GradientRow>(buffers, step_rows_)[row];
  result = {.values = workspace,
            .last_h = at<float>(buffers, last_h_) + packed * H,
            .last_c = s == 0 ? at<float>(buffers, last_c_) + row * padded_
                             : workspace - rows_.step(d, extents_.workspace) + sums_,
            .dY = dY == nullptr ? nullptr : dY + rows_.place(row, d, s, extents_.y),
            .dh = at<float>(buffers, dh_) + row * padded_,
            .dc = at<float>(buffers, dc_) + row * padded_,
            .d_reset = at<float>(buffers, d_reset_) + row * padded_,
            .by_input = at<float>(buffers, by_input_) + packed * sums_,
            .by_state = at<float>(buffers, by_state_) + packed * sums_};
  if (is_standard_) return;
  auto* values = at<float>(buffers, values_) + row * kMaxSlopeBlocks * H;
  auto* slopes = at<float>(buffers, slopes_) + row * kMaxSlopeBlocks * H;
  write_slopes(attrs_, d, H, workspace, values, slopes);
  result.values = values;
  result.slopes = slopes;
}

void RecurrentGradientKernel::write_states(const Buffers& buffers, std::int64_t d) const {
  const auto write = [&](std::size_t output, std::size_t rows) {
    if (!is_wanted(output)) return;
    for (std::int64_t row = 0; row < extents_.N; ++row) {
      std::copy_n(at<float>(buffers, rows) + row * padded_, extents_.H,
                  buffers.output<float>(output) + rows_.state_place(row, d));
    }
  };
  write(recurrent_gradient_output::kDinitialH, dh_);
  write(recurrent_gradient_output::kDinitialC, dc_);
}

/// dX += gradients by the sums times W
void RecurrentGradientKernel::write_input_gradient(const Buffers& buffers, std::int64_t d) const {
  if (!is_wanted(recurrent_gradient_output::kDx)) return;
  auto* dx = at<float>(buffers, dx_);
  run_gemm({.m = steps_.size(), .n = extents_.I, .k = sums_}, at<float>(buffers, by_input_),
           part(input(buffers, recurrent_input::kW), d, extents_.G, extents_.I), dx);
  steps_.scatter_add(dx, extents_.x, d, extents_.I,
                     buffers.output<float>(recurrent_gradient_output::kDx));
}

void RecurrentGradientKernel::write_weight_gradients(const Buffers& buffers, std::int64_t d) const {
  using namespace recurrent_gradient_output;
  if (is_wanted(kDw)) {
    write_rows(at<float>(buffers, by_input_), {0, extents_.G}, at<float>(buffers, x_), extents_.I,
               part(buffers.output<float>(kDw), d, extents_.G, extents_.I));
  }
  if (!is_wanted(kDr)) return;
  const auto write = [&](Range gates, std::size_t operand) {
    write_rows(at<float>(buffers, by_state_), gates, at<float>(buffers, operand), extents_.H,
               part(buffers.output<float>(kDr), d, extents_.G, extents_.H));
  };
  write({0, is_reset_first_ ? 2 : extents_.G}, last_h_);
  if (is_reset_first_) write({2, 3}, reset_h_);
}

/// The rows of some gates: the sum over all steps of gradient times operand.
void RecurrentGradientKernel::write_rows(const float* sums, Range gates, const float* operand,
                                         std::int64_t width, float* target) const {
  const std::int64_t first = gates.begin * extents_.H;
  run_gemm({.m = gates.count() * extents_.H,
            .n = width,
            .k = steps_.size(),
            .transpose_a = true,
            .a_stride = sums_},
           sums + first, operand, target + first * width);
}

void RecurrentGradientKernel::write_bias_gradient(const Buffers& buffers, std::int64_t d) const {
  if (!is_wanted(recurrent_gradient_output::kDb)) return;
  float* target = part(buffers.output<float>(recurrent_gradient_output::kDb), d, 2 * extents_.G, 1);
  const auto add_up = [&](std::size_t sums, float* half) {
    std::fill_n(half, sums_, 0.0F);
    const auto* row = at<float>(buffers, sums);
    for (std::int64_t packed = 0; packed < steps_.size(); ++packed, row += sums_) {
      for (std::int64_t k = 0; k < sums_; ++k) half[k] += row[k];
    }
  };
  add_up(by_input_, target);
  if (is_linear_first_) {
    add_up(by_state_, target + sums_);
  } else {
    std::copy_n(target, sums_, target + sums_);
  }
}

void RecurrentGradientKernel::write_peephole_gradient(const Buffers& buffers,
                                                      std::int64_t d) const {
  if (!is_wanted(recurrent_gradient_output::kDp)) return;
  const std::int64_t H = extents_.H;
  float* target = part(buffers.output<float>(recurrent_gradient_output::kDp), d, 3, 1);
  std::fill_n(target, 3 * H, 0.0F);
  const float* workspace = gradient_input(buffers, recurrent_gradient_input::kWorkspace);
  const auto* sums = at<float>(buffers, by_input_);
  for (std::int64_t s = 0; s < rows_.steps(); ++s) {
    for (std::int64_t row = 0; row < steps_.count(s); ++row, sums += sums_) {
      const float* C = workspace + rows_.place(row, d, s, extents_.workspace) + sums_;
      const float* last_C = s == 0 ? at<float>(buffers, last_c_) + row * padded_
                                   : C - rows_.step(d, extents_.workspace);
      // Gates and peepholes are in the order i o f.
      for (std::int64_t j = 0; j < H; ++j) {
        target[j] += sums[j] * last_C[j];
        target[H + j] += sums[H + j] * C[j];
        target[2 * H + j] += sums[2 * H + j] * last_C[j];
      }
    }
  }
}

}  // namespace

std::unique_ptr<Kernel> make_recurrent_gradient(const KernelRequest& request) {
  if (request.dtype(recurrent_input::kX) != DataType::kFloat32) return nullptr;
  const RecurrentAttrs attrs = read_recurrent_attrs(request.node);
  if (request.node.output(attrs.kind->state_gradient_output()) != nullptr) return nullptr;
  const RecurrentExtents extents(attrs,
                                 check_recurrent_shapes(request.node, attrs, request.inputs));
  return std::make_unique<RecurrentGradientKernel>(request, attrs, extents);
}

}  // namespace gatefold::plain
