#include "backend/kernels/recurrent/recurrent_weight_gradients.h"

#include <algorithm>

namespace gatefold::native {
namespace {

using namespace recurrent_gradient_output;

/// One direction's part of a weight or of its gradient.
template <typename T>
T* part(T* weights, std::int64_t d, std::int64_t size) {
  return weights + d * size;
}

/// target += the sum of rows of `width` numbers, `stride` apart.
void add_up(const float* rows, std::int64_t count, std::int64_t stride, std::int64_t width,
            float* target) {
  for (std::int64_t row = 0; row < count; ++row, rows += stride) {
    for (std::int64_t i = 0; i < width; ++i) target[i] += rows[i];
  }
}

bool is_reset_first(const RecurrentAttrs& attrs) {
  return attrs.kind == &kGru && !attrs.linear_before_reset;
}

}  // namespace

std::vector<StatePart> state_parts(const RecurrentAttrs& attrs) {
  const std::int64_t gates = attrs.kind->gate_count();
  if (attrs.kind != &kGru) return {{{0, gates}, 0}};
  return {{{0, 2}, 0}, {{2, 3}, attrs.linear_before_reset ? gates : 2}};
}

RecurrentWeightGradients::RecurrentWeightGradients(const KernelRequest& request,
                                                   const RecurrentAttrs& attrs,
                                                   const RecurrentExtents& extents,
                                                   std::int64_t chunk_steps,
                                                   const RecurrentRows& rows,
                                                   const PackedSteps& steps, ScratchLayout& scratch)
    : node_(request.node),
      attrs_(attrs),
      extents_(extents),
      rows_(rows),
      steps_(steps),
      parts_(state_parts(attrs)),
      rows_at_once_(chunk_steps * extents.N),
      has_chunks_(chunk_steps < extents.T) {
  const bool reads_h = is_wanted(kDr) || attrs.kind == &kGru;
  reads_x_ =
      !has_chunks_ && !attrs.batch_first && !request.has_input(recurrent_input::kSequenceLens);
  // Products in bfloat16 want the rows of all steps.
  reads_y_ = reads_x_ && extents.D == 1 && !request.has_input(recurrent_input::kInitialH) &&
             request.products == ProductPrecision::kFloat32;
  x_ = scratch.add<float>(is_wanted(kDw) && !reads_x_ ? rows_at_once_ * extents.I : 0);
  dx_ = scratch.add<float>(is_wanted(kDx) && !writes_x() ? rows_at_once_ * extents.I : 0);
  last_h_ = scratch.add<float>(!reads_h ? 0 : (reads_y_ ? 1 : rows_at_once_) * extents.H);
  plan_products(request, scratch);
}

void RecurrentWeightGradients::plan_products(const KernelRequest& request, ScratchLayout& scratch) {
  const std::int64_t H = extents_.H;
  const std::int64_t I = extents_.I;
  const std::int64_t row = extents_.workspace.batch;
  std::size_t bytes = 0;
  std::int64_t rounded = 0;
  const auto plan_weights = [&](std::int64_t gates, std::int64_t width, std::int64_t stride) {
    PlannedGemm product(request, {.m = gates * H,
                                  .n = width,
                                  .k = rows_at_once_,
                                  .transpose_a = true,
                                  .beta = has_chunks_ ? 1.0F : 0.0F,
                                  .a_stride = row,
                                  .b_stride = stride});
    bytes = std::max(bytes, product.rounded_scratch_bytes());
    if (product.is_bfloat16()) rounded = row * product.rounded_width();
    return product;
  };
  if (is_wanted(kDx)) {
    dx_product_.emplace(request,
                        Gemm{.m = rows_at_once_, .n = I, .k = extents_.G * H, .a_stride = row});
    bytes = dx_product_->scratch_bytes();
  }
  if (is_wanted(kDw)) dw_product_ = plan_weights(extents_.G, I, I);
  for (const StatePart& part : parts_) {
    const bool is_reset = is_reset_first(attrs_) && part.gates.begin > 0;
    if (!is_wanted(kDr)) continue;
    dr_products_.push_back(plan_weights(part.gates.count(), H, is_reset ? row : H));
  }
  product_scratch_ = scratch.add<std::byte>(static_cast<std::int64_t>(bytes));
  rounded_ = scratch.add<BFloat16>(rounded);
}

void RecurrentWeightGradients::clear(const Buffers& buffers) const {
  const auto& [T, N, I, H, D, G, x, y, state, workspace] = extents_;
  const auto clear = [&](std::size_t output, std::int64_t size) {
    if (is_wanted(output)) std::fill_n(buffers.output<float>(output), size, 0.0F);
  };
  if (!writes_x()) clear(kDx, T * N * I);
  clear(kDb, D * 2 * G * H);
  if (attrs_.kind->has_cell_state) clear(kDp, D * 3 * H);
  if (!has_chunks_) return;
  clear(kDw, D * G * H * I);
  clear(kDr, D * G * H * H);
}

void RecurrentWeightGradients::prepare(const Buffers& buffers) const {
  if (dw_product_ && !reads_x_) {
    steps_.gather(buffers.input<float>(recurrent_input::kX), extents_.x, extents_.I,
                  at<float>(buffers, x_));
  }
  if (dr_products_.empty() && attrs_.kind != &kGru) return;
  auto* last_h = at<float>(buffers, last_h_);
  if (reads_y_) {
    std::fill_n(last_h, extents_.H, 0.0F);
    return;
  }
  const bool has_initial = node_.input(recurrent_input::kInitialH) != nullptr;
  steps_.gather_last(has_initial ? buffers.input<float>(recurrent_input::kInitialH) : nullptr,
                     forward_states(buffers), extents_.y, extents_.H, last_h);
}

const float* RecurrentWeightGradients::forward_states(const Buffers& buffers) const {
  return buffers.input<float>(attrs_.kind->input_count() + recurrent_gradient_input::kY);
}

const float* RecurrentWeightGradients::last_h(const Buffers& buffers, std::int64_t d,
                                              std::int64_t s, std::int64_t row) const {
  const auto* packed = at<float>(buffers, last_h_);
  if (!reads_y_) return packed + (steps_.first(s) + row) * extents_.H;
  return s == 0 ? packed : forward_states(buffers) + rows_.place(row, d, s - 1, extents_.y);
}

void RecurrentWeightGradients::add(const Buffers& buffers, std::int64_t d, const float* gradients,
                                   const StateRows& first_c) {
  if (dx_product_) write_input(buffers, d, gradients);
  write_weights(buffers, d, gradients);
  if (is_wanted(kDb)) write_bias(buffers, d, gradients);
  if (attrs_.kind->has_cell_state && is_wanted(kDp)) {
    write_peepholes(buffers, d, gradients, first_c);
  }
}

/// dX += gradients times W
void RecurrentWeightGradients::write_input(const Buffers& buffers, std::int64_t d,
                                           const float* gradients) {
  const std::int64_t sums = extents_.G * extents_.H;
  auto* dX = buffers.output<float>(kDx);
  auto* target = writes_x() ? dX : at<float>(buffers, dx_);
  dx_product_->run_part(steps_.size(), sums, gradients,
                        part(buffers.input<float>(recurrent_input::kW), d, sums * extents_.I),
                        target, at<std::byte>(buffers, product_scratch_));
  if (!writes_x()) steps_.scatter_add(target, extents_.x, extents_.I, dX);
}

/// The states before the steps, but those that are zero as they come before the first one.
RecurrentWeightGradients::Operand RecurrentWeightGradients::states(const Buffers& buffers,
                                                                   std::int64_t d) const {
  if (!reads_y_) return {at<float>(buffers, last_h_), 0, steps_.size()};
  const std::int64_t first_step = std::min(extents_.N, steps_.size());
  const bool is_reverse = attrs_.directions[d].is_reverse;
  return {forward_states(buffers) + (is_reverse ? first_step * extents_.H : 0),
          is_reverse ? 0 : first_step, steps_.size() - first_step};
}

void RecurrentWeightGradients::write_weights(const Buffers& buffers, std::int64_t d,
                                             const float* gradients) {
  const auto [G, H, I] = std::tie(extents_.G, extents_.H, extents_.I);
  round(buffers, gradients);
  if (dw_product_) {
    const float* x = reads_x_ ? buffers.input<float>(recurrent_input::kX) : at<float>(buffers, x_);
    write_product(buffers, *dw_product_, 0, gradients, {x, 0, steps_.size()},
                  part(buffers.output<float>(kDw), d, G * H * I));
  }
  for (std::size_t i = 0; i < dr_products_.size(); ++i) {
    const bool is_reset = is_reset_first(attrs_) && i > 0;
    write_product(buffers, dr_products_[i], parts_[i].block, gradients,
                  is_reset ? Operand{gradients + G * H, 0, steps_.size()} : states(buffers, d),
                  part(buffers.output<float>(kDr), d, G * H * H) + parts_[i].gates.begin * H * H);
  }
}

/// In bfloat16 the gradients of all products are rounded at once.
void RecurrentWeightGradients::round(const Buffers& buffers, const float* gradients) const {
  const auto round_for = [&](const PlannedGemm& product) {
    if (!product.is_bfloat16()) return false;
    const StatePart& last = parts_.back();
    product.round_a((last.block + last.gates.count()) * extents_.H, steps_.size(), gradients,
                    at<BFloat16>(buffers, rounded_));
    return true;
  };
  if (dw_product_ && round_for(*dw_product_)) return;
  std::any_of(dr_products_.begin(), dr_products_.end(), round_for);
}

/// The rows of some gates, whose gradients begin at a block: the sum over all steps of gradient
/// times operand.
void RecurrentWeightGradients::write_product(const Buffers& buffers, PlannedGemm& product,
                                             std::int64_t block, const float* gradients,
                                             const Operand& operand, float* target) const {
  auto* scratch = at<std::byte>(buffers, product_scratch_);
  const std::int64_t first = block * extents_.H;
  if (operand.count == 0) {
    if (!has_chunks_) std::fill_n(target, product.size(), 0.0F);
  } else if (product.is_bfloat16()) {
    product.run_rounded(at<BFloat16>(buffers, rounded_) + first * product.rounded_width(),
                        operand.count, operand.numbers, target, scratch);
  } else {
    product.run_part(product.rows(), operand.count,
                     gradients + operand.first * extents_.workspace.batch + first, operand.numbers,
                     target, scratch);
  }
}

void RecurrentWeightGradients::write_bias(const Buffers& buffers, std::int64_t d,
                                          const float* gradients) const {
  const std::int64_t H = extents_.H;
  const std::int64_t sums = extents_.G * H;
  float* by_input = part(buffers.output<float>(kDb), d, 2 * sums);
  float* by_state = by_input + sums;
  const std::int64_t row = extents_.workspace.batch;
  add_up(gradients, steps_.size(), row, sums, by_input);
  for (const StatePart& part : parts_) {
    const std::int64_t first = part.gates.begin * H;
    const std::int64_t width = part.gates.count() * H;
    if (part.block == part.gates.begin) {
      std::copy_n(by_input + first, width, by_state + first);
    } else {
      add_up(gradients + part.block * H, steps_.size(), row, width, by_state + first);
    }
  }
}

void RecurrentWeightGradients::write_peepholes(const Buffers& buffers, std::int64_t d,
                                               const float* gradients,
                                               const StateRows& first_c) const {
  const std::int64_t H = extents_.H;
  const std::int64_t width = extents_.workspace.batch;
  float* target = part(buffers.output<float>(kDp), d, 3 * H);
  const Range steps = steps_.steps();
  for (std::int64_t s = steps.begin; s < steps.end; ++s) {
    for (std::int64_t row = 0; row < steps_.count(s); ++row) {
      const float* sums = gradients + (steps_.first(s) + row) * width;
      const float* C = sums + extents_.G * H;
      const float* last_C = s == steps.begin
                                ? first_c.of(row)
                                : gradients + (steps_.first(s - 1) + row) * width + extents_.G * H;
      // Gates and peepholes are in the order i o f.
      for (std::int64_t j = 0; j < H; ++j) {
        target[j] += sums[j] * last_C[j];
        target[H + j] += sums[H + j] * C[j];
        target[2 * H + j] += sums[2 * H + j] * last_C[j];
      }
    }
  }
}

}  // namespace gatefold::native
