#include <algorithm>

#include "backend/kernels.h"
#include "backend/plain/planned_gemm.h"
#include "backend/plain/recurrent_gradient_cell.h"
#include "backend/plain/recurrent_rows.h"
#include "backend/plain/recurrent_slopes.h"
#include "backend/plain/state_gradient_product.h"
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
  std::string implementation() const override { return dh_products_[0].implementation(); }

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
  void plan_products(const KernelRequest& request);
  void prepare_direction(const Buffers& buffers, std::int64_t d);
  void load_states(const float* states, std::int64_t d, float* rows) const;

  void run_steps(const Buffers& buffers, std::int64_t d, const Team& team);
  void prepare_row(const Buffers& buffers, std::int64_t d, std::int64_t s, std::int64_t row) const;
  void run_cell(const Buffers& buffers, std::int64_t d, std::int64_t s, const Team& team);
  void multiply(const Buffers& buffers, std::int64_t s, std::size_t part, float* target,
                const Team& team);

  void write_states(const Buffers& buffers, std::int64_t d) const;
  void write_input_gradient(const Buffers& buffers, std::int64_t d);
  void write_weight_gradients(const Buffers& buffers, std::int64_t d);
  void write_rows(const Buffers& buffers, PlannedGemm& product, std::size_t sums, Range gates,
                  std::size_t operand, float* target, std::optional<std::size_t>& rounded) const;
  void write_bias_gradient(const Buffers& buffers, std::int64_t d) const;
  void write_peephole_gradient(const Buffers& buffers, std::int64_t d) const;

  const Node& node_;
  RecurrentAttrs attrs_;
  RecurrentExtents extents_;
  std::int64_t sums_;    ///< G*H
  std::int64_t padded_;  ///< Columns of the rows of states.
  bool is_standard_;
  bool is_linear_first_;  ///< GRU with linear_before_reset.
  bool is_reset_first_;   ///< GRU without.
  bool needs_last_h_;
  bool needs_reset_h_;
  int threads_;

  ScratchLayout scratch_;
  RecurrentRows rows_;
  PackedSteps steps_;
  std::size_t by_input_ = 0, by_state_ = 0;    ///< Packed [G*H]; one unless is_linear_first_.
  std::size_t last_h_ = 0, reset_h_ = 0;       ///< Packed [H].
  std::size_t x_ = 0, dx_ = 0;                 ///< Packed [I].
  std::size_t dh_ = 0, dc_ = 0, d_reset_ = 0;  ///< [N, padded]
  std::size_t last_c_ = 0;                     ///< [N, padded]: initial_c.
  std::size_t values_ = 0, slopes_ = 0;        ///< [N, kMaxSlopeBlocks*H]
  std::size_t step_rows_ = 0;                  ///< [N]
  std::size_t rounded_ = 0;                    ///< [G*H, steps] in bfloat16: by_input or by_state.
  std::size_t product_scratch_ = 0;            ///< Of any of the products over all steps.
  /// The gates whose rows of R are multiplied together.
  std::vector<Range> parts_;
  std::vector<StateGradientProduct> dh_products_;  ///< One per part.
  std::optional<PlannedGemm> dx_product_, dw_product_;
  std::vector<PlannedGemm> dr_products_;  ///< One per part.
};

RecurrentGradientKernel::RecurrentGradientKernel(const KernelRequest& request,
                                                 const RecurrentAttrs& attrs,
                                                 const RecurrentExtents& extents)
    : node_(request.node),
      attrs_(attrs),
      extents_(extents),
      sums_(extents.G * extents.H),
      padded_(StateGradientProduct::padded(extents.H)),
      is_standard_(attrs.is_standard()),
      is_linear_first_(attrs.linear_before_reset),
      is_reset_first_(attrs.kind == &kGru && !attrs.linear_before_reset),
      needs_last_h_(is_wanted(recurrent_gradient_output::kDr) || attrs.kind == &kGru),
      needs_reset_h_(is_wanted(recurrent_gradient_output::kDr) && is_reset_first_),
      rows_(request.node, attrs, extents, scratch_),
      steps_(rows_, extents.T) {
  threads_ = useful_threads(extents.N * extents.H * sums_, extents.T, request.threads);
  plan_scratch();
  plan_products(request);
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
  step_rows_ = scratch_.add<GradientRow>(N);
}

void RecurrentGradientKernel::plan_products(const KernelRequest& request) {
  using namespace recurrent_gradient_output;
  const std::int64_t H = extents_.H;
  const std::int64_t steps = extents_.T * extents_.N;
  // The h gate of is_reset_first_ is multiplied apart.
  parts_ =
      is_reset_first_ ? std::vector<Range>{{0, 2}, {2, 3}} : std::vector<Range>{{0, extents_.G}};
  std::size_t bytes = 0;
  std::int64_t rounded = 0;
  const auto plan_weights = [&](std::int64_t gates, std::int64_t width) {
    PlannedGemm product(
        request, {.m = gates * H, .n = width, .k = steps, .transpose_a = true, .a_stride = sums_});
    bytes = std::max(bytes, product.rounded_scratch_bytes());
    if (product.is_bfloat16()) rounded = sums_ * product.rounded_width();
    return product;
  };
  if (is_wanted(kDx)) {
    dx_product_.emplace(request, Gemm{.m = steps, .n = extents_.I, .k = sums_});
    bytes = dx_product_->scratch_bytes();
  }
  if (is_wanted(kDw)) dw_product_ = plan_weights(extents_.G, extents_.I);
  for (const Range& part : parts_) {
    dh_products_.emplace_back(
        StateGradientProduct::Extents{
            .H = H,
            .depth = part.count() * H,
            .rows = extents_.N,
            .rows_vary = node_.input(recurrent_input::kSequenceLens) != nullptr,
            .threads = threads_},
        request.products, scratch_);
    if (is_wanted(kDr)) dr_products_.push_back(plan_weights(part.count(), H));
  }
  product_scratch_ = scratch_.add<std::byte>(static_cast<std::int64_t>(bytes));
  rounded_ = scratch_.add<BFloat16>(rounded);
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
  if (needs_last_h_) {
    steps_.gather_last(input(buffers, recurrent_input::kInitialH),
                       gradient_input(buffers, gradient::kY), extents_.y, d, extents_.H,
                       at<float>(buffers, last_h_));
  }
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
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    dh_products_[i].prepare(buffers, R + parts_[i].begin * extents_.H * extents_.H);
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

void RecurrentGradientKernel::run_steps(const Buffers& buffers, std::int64_t d, const Team& team) {
  for (std::int64_t s = rows_.steps(); s-- > 0;) {
    run_cell(buffers, d, s, team);
    // What step 0 hands on is the gradient of the initial state.
    if (s == 0 && !is_wanted(recurrent_gradient_output::kDinitialH)) break;
    multiply(buffers, s, 0, at<float>(buffers, dh_), team);
  }
}

/// The gradients by the gates' sums of one step.
void RecurrentGradientKernel::run_cell(const Buffers& buffers, std::int64_t d, std::int64_t s,
                                       const Team& team) {
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
    multiply(buffers, s, 1, d_reset, team);
    run_gradient_part(GradientPart::kGruReset, step);
  }
  team.wait_for_others();
}

/// target += the gradients by the sums of a part's gates times their rows of R.
void RecurrentGradientKernel::multiply(const Buffers& buffers, std::int64_t s, std::size_t part,
                                       float* target, const Team& team) {
  const float* gradients =
      at<float>(buffers, by_state_) + steps_.first(s) * sums_ + parts_[part].begin * extents_.H;
  dh_products_[part].add(buffers, team, steps_.count(s), gradients, sums_, target);
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
void RecurrentGradientKernel::write_input_gradient(const Buffers& buffers, std::int64_t d) {
  if (!dx_product_) return;
  auto* dx = at<float>(buffers, dx_);
  dx_product_->run_part(steps_.size(), sums_, at<float>(buffers, by_input_),
                        part(input(buffers, recurrent_input::kW), d, extents_.G, extents_.I), dx,
                        at<std::byte>(buffers, product_scratch_));
  steps_.scatter_add(dx, extents_.x, d, extents_.I,
                     buffers.output<float>(recurrent_gradient_output::kDx));
}

void RecurrentGradientKernel::write_weight_gradients(const Buffers& buffers, std::int64_t d) {
  using namespace recurrent_gradient_output;
  std::optional<std::size_t> rounded;
  if (dw_product_) {
    write_rows(buffers, *dw_product_, by_input_, {0, extents_.G}, x_,
               part(buffers.output<float>(kDw), d, extents_.G, extents_.I), rounded);
  }
  for (std::size_t i = 0; i < dr_products_.size(); ++i) {
    write_rows(buffers, dr_products_[i], by_state_, parts_[i], i == 0 ? last_h_ : reset_h_,
               part(buffers.output<float>(kDr), d, extents_.G, extents_.H) +
                   parts_[i].begin * extents_.H * extents_.H,
               rounded);
  }
}

/// The rows of some gates: the sum over all steps of gradient times operand. In bfloat16 the
/// gradients of all gates are rounded at once unless these are the ones rounded last.
void RecurrentGradientKernel::write_rows(const Buffers& buffers, PlannedGemm& product,
                                         std::size_t sums, Range gates, std::size_t operand,
                                         float* target, std::optional<std::size_t>& rounded) const {
  const auto* gradients = at<float>(buffers, sums);
  const auto* numbers = at<float>(buffers, operand);
  auto* scratch = at<std::byte>(buffers, product_scratch_);
  const std::int64_t first = gates.begin * extents_.H;
  if (!product.is_bfloat16()) {
    return product.run_part(product.rows(), steps_.size(), gradients + first, numbers, target,
                            scratch);
  }
  auto* rows = at<BFloat16>(buffers, rounded_);
  if (rounded != sums) product.round_a(sums_, steps_.size(), gradients, rows);
  rounded = sums;
  product.run_rounded(rows + first * product.rounded_width(), steps_.size(), numbers, target,
                      scratch);
}

void RecurrentGradientKernel::write_bias_gradient(const Buffers& buffers, std::int64_t d) const {
  if (!is_wanted(recurrent_gradient_output::kDb)) return;
  float* target = part(buffers.output<float>(recurrent_gradient_output::kDb), d, 2 * extents_.G, 1);
  steps_.add_up(at<float>(buffers, by_input_), sums_, target);
  if (is_linear_first_) {
    steps_.add_up(at<float>(buffers, by_state_), sums_, target + sums_);
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
