#include <algorithm>

#include "backend/kernels.h"
#include "backend/kernels/recurrent/recurrent_layer.h"
#include "backend/kernels/recurrent/recurrent_rows.h"
#include "backend/kernels/recurrent/recurrent_slopes.h"
#include "backend/kernels/recurrent/recurrent_weight_gradients.h"
#include "backend/kernels/recurrent/state_gradient_product.h"
#include "backend/simd/gradient_cell_loops.h"
#include "backend/simd/team.h"

namespace gatefold::native {
namespace {

using namespace recurrent_gradient_output;
namespace gradient_input = recurrent_gradient_input;

/// LSTMGrad, GRUGrad or RNNGrad in float32 with every option of the specification. The steps go
/// backwards, with the products with R in each, and put the gradients by the gates' sums in the
/// place of what workspace holds of the step: in its own memory where nobody reads that afterwards,
/// else in a copy. The gradients of X and the weights follow from them at the end. With
/// checkpoint_every all this is done for so many steps at a time, which are recomputed first.
class RecurrentGradientKernel : public Kernel {
 public:
  RecurrentGradientKernel(const KernelRequest& request, const RecurrentAttrs& attrs,
                          const RecurrentExtents& extents);

  void run(const Buffers& buffers) override;
  std::size_t scratch_bytes() const override { return scratch_.bytes(); }
  std::string implementation() const override { return dh_products_[0].implementation(); }

 private:
  /// Steps of a direction in a run: all of them, or those recomputed at a time.
  struct Chunk {
    const Buffers& buffers;
    std::int64_t d = 0;
    Range steps;
    float* rows = nullptr;  ///< Of workspace, packed; after a step, its gradients.
  };

  bool is_wanted(std::size_t output) const { return node_.output(output) != nullptr; }
  /// An input of the forward operator; nullptr where it is missing.
  const float* input(const Buffers& buffers, std::size_t number) const {
    return node_.input(number) == nullptr ? nullptr : buffers.input<float>(number);
  }
  /// One of those behind them; see recurrent_gradient_input.
  const float* gradient(const Buffers& buffers, std::size_t number) const {
    return input(buffers, attrs_.kind->input_count() + number);
  }
  StateRows rows_at(const Buffers& buffers, std::size_t place) const {
    return {at<float>(buffers, place), padded_};
  }

  void plan_scratch(bool is_in_place);
  void plan_products(const KernelRequest& request);
  void begin_direction(const Buffers& buffers, std::int64_t d);
  Chunk begin_chunk(const Buffers& buffers, std::int64_t d, Range steps);
  void run_chunk(const Chunk& chunk);
  void* packing_memory(const Buffers& buffers, std::int64_t d, std::size_t part) const;
  float* take_workspace(const Buffers& buffers, std::int64_t d) const;
  void load_states(const float* states, std::int64_t d, float* rows) const;
  void load_kept_states(const Buffers& buffers, std::int64_t d, std::int64_t s);

  void run_steps(const Chunk& chunk, const Team& team);
  void prepare_row(const Chunk& chunk, std::int64_t s, std::int64_t row) const;
  void run_cell(const Chunk& chunk, std::int64_t s, const Team& team);
  void multiply(const Chunk& chunk, std::int64_t s, std::size_t part, std::size_t target,
                const Team& team);
  void write_states(const Buffers& buffers, std::int64_t d) const;

  const Node& node_;
  RecurrentAttrs attrs_;
  RecurrentExtents extents_;
  std::int64_t width_;   ///< Of a row of workspace.
  std::int64_t padded_;  ///< Columns of the rows of states.
  bool is_standard_;
  bool is_reset_first_;  ///< GRU without linear_before_reset.
  int threads_;

  ScratchLayout scratch_;
  RecurrentRows rows_;
  PackedSteps steps_;
  std::int64_t chunk_steps_;
  std::optional<RecurrentLayer> layer_;  ///< What computes steps again.
  std::vector<StatePart> parts_;
  std::vector<StateGradientProduct> dh_products_;  ///< One per part.
  /// Of each part, for packing R; nothing where dR's memory serves for that.
  std::vector<std::optional<std::size_t>> packed_R_;
  RecurrentWeightGradients weights_;
  std::optional<std::size_t> workspace_;       ///< Packed [width_]: where a copy is needed.
  std::size_t dh_ = 0, dc_ = 0, d_reset_ = 0;  ///< [N, padded]
  std::size_t first_c_ = 0;                    ///< [N, padded]: before the first step of a chunk.
  std::size_t values_ = 0, slopes_ = 0;        ///< [N, kMaxSlopeBlocks*H]
  std::size_t step_rows_ = 0;                  ///< [N]
};

RecurrentGradientKernel::RecurrentGradientKernel(const KernelRequest& request,
                                                 const RecurrentAttrs& attrs,
                                                 const RecurrentExtents& extents)
    : node_(request.node),
      attrs_(attrs),
      extents_(extents),
      width_(extents.workspace.batch),
      padded_(StateGradientProduct::padded(extents.H)),
      is_standard_(attrs.is_standard()),
      is_reset_first_(attrs.kind == &kGru && !attrs.linear_before_reset),
      threads_(useful_threads(extents.N * extents.H * extents.G * extents.H, extents.T,
                              request.threads)),
      rows_(request.node, attrs, extents, scratch_),
      steps_(rows_, extents.T),
      chunk_steps_(attrs.checkpoint_every > 0 ? std::min(attrs.checkpoint_every, extents.T)
                                              : extents.T),
      parts_(state_parts(attrs)),
      weights_(request, attrs, extents, chunk_steps_, rows_, steps_, scratch_) {
  if (attrs.checkpoint_every > 0) {
    layer_.emplace(request, attrs, extents, RecurrentLayer::Division{.shares = threads_}, scratch_);
  }
  // Sequences of their own lengths are packed, which workspace is not.
  plan_scratch(!layer_ && !request.has_input(recurrent_input::kSequenceLens) &&
               request.is_last_use(attrs.kind->input_count() + gradient_input::kWorkspace));
  plan_products(request);
}

void RecurrentGradientKernel::plan_scratch(bool is_in_place) {
  const std::int64_t N = extents_.N;
  const auto states = [&](bool is_needed = true) {
    return scratch_.add<float>(is_needed ? N * padded_ : 0);
  };
  if (!is_in_place) workspace_ = scratch_.add<float>(chunk_steps_ * N * width_);
  dh_ = states();
  dc_ = states();
  first_c_ = states(attrs_.kind->has_cell_state);
  d_reset_ = states(is_reset_first_);
  const std::int64_t blocks = is_standard_ ? 0 : N * kMaxSlopeBlocks * extents_.H;
  values_ = scratch_.add<float>(blocks);
  slopes_ = scratch_.add<float>(blocks);
  step_rows_ = scratch_.add<SequenceStep>(N);
}

void RecurrentGradientKernel::plan_products(const KernelRequest& request) {
  for (const StatePart& part : parts_) {
    dh_products_.emplace_back(
        StateGradientProduct::Extents{
            .H = extents_.H,
            .depth = part.gates.count() * extents_.H,
            .rows = extents_.N,
            .rows_vary = node_.input(recurrent_input::kSequenceLens) != nullptr,
            .threads = threads_},
        request.products, scratch_);
    // Without chunks dR is written when the steps are done.
    const std::size_t bytes = dh_products_.back().packed_bytes();
    const auto room = static_cast<std::size_t>(part.gates.count() * extents_.H * extents_.H);
    const bool fits = chunk_steps_ == extents_.T && is_wanted(kDr) && bytes <= room * sizeof(float);
    packed_R_.push_back(
        fits ? std::nullopt
             : std::optional(scratch_.add<std::byte>(static_cast<std::int64_t>(bytes))));
  }
}

void RecurrentGradientKernel::run(const Buffers& buffers) {
  rows_.prepare(buffers);
  weights_.clear(buffers);
  if (layer_) {
    layer_->prepare(buffers, {.workspace = at<float>(buffers, *workspace_), .packed = &steps_});
  }
  const std::int64_t steps = rows_.steps();
  const std::int64_t chunks =
      layer_ && steps > 0 ? kept_state_count(steps, attrs_.checkpoint_every) : 1;
  for (std::int64_t d = 0; d < extents_.D; ++d) {
    begin_direction(buffers, d);
    for (std::int64_t i = chunks; i-- > 0;) {
      const Range range{i * chunk_steps_, std::min((i + 1) * chunk_steps_, steps)};
      run_chunk(begin_chunk(buffers, d, range));
    }
    write_states(buffers, d);
  }
}

void RecurrentGradientKernel::run_chunk(const Chunk& chunk) {
  run_as_team(threads_, [&](const Team& team) {
    if (layer_) layer_->run_steps({team, {chunk.d, chunk.d + 1}}, chunk.steps);
    run_steps(chunk, team);
  });
  weights_.add(chunk.buffers, chunk.d, chunk.rows, rows_at(chunk.buffers, first_c_));
}

void RecurrentGradientKernel::begin_direction(const Buffers& buffers, std::int64_t d) {
  load_states(gradient(buffers, gradient_input::kDyh), d, at<float>(buffers, dh_));
  if (attrs_.kind->has_cell_state) {
    load_states(gradient(buffers, gradient_input::kDyc), d, at<float>(buffers, dc_));
    load_states(input(buffers, recurrent_input::kInitialC), d, at<float>(buffers, first_c_));
  }
  const std::int64_t H = extents_.H;
  const float* R = input(buffers, recurrent_input::kR) + d * extents_.G * H * H;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    dh_products_[i].prepare(R + parts_[i].gates.begin * H * H, packing_memory(buffers, d, i));
  }
}

RecurrentGradientKernel::Chunk RecurrentGradientKernel::begin_chunk(const Buffers& buffers,
                                                                    std::int64_t d, Range steps) {
  steps_.prepare(d, steps);
  weights_.prepare(buffers);
  if (!layer_) return {buffers, d, steps, take_workspace(buffers, d)};
  load_kept_states(buffers, d, steps.begin);
  return {buffers, d, steps, at<float>(buffers, *workspace_)};
}

/// Loads the states before step s, whose cell state workspace holds, into the layer.
void RecurrentGradientKernel::load_kept_states(const Buffers& buffers, std::int64_t d,
                                               std::int64_t s) {
  const std::int64_t H = extents_.H;
  const float* kept_states = gradient(buffers, gradient_input::kWorkspace);
  const float* Y = gradient(buffers, gradient_input::kY);
  const float* initial_h = input(buffers, recurrent_input::kInitialH);
  for (std::int64_t row = 0; row < rows_.running(extents_.N, s); ++row) {
    float* h = layer_->h_before(d, s) + row * layer_->state_stride();
    if (s > 0) {
      std::copy_n(Y + rows_.place(row, d, s - 1, extents_.y), H, h);
    } else if (initial_h != nullptr) {
      std::copy_n(initial_h + rows_.state_place(row, d), H, h);
    } else {
      std::fill_n(h, H, 0.0F);
    }
    if (!attrs_.kind->has_cell_state) continue;
    const float* c = kept_states +
                     kept_state_place(extents_, attrs_.checkpoint_every, d, s, rows_.sequence(row));
    std::copy_n(c, H, layer_->c(d) + row * layer_->state_stride());
    std::copy_n(c, H, at<float>(buffers, first_c_) + row * padded_);
  }
}

/// Where a part's rows of R are packed.
void* RecurrentGradientKernel::packing_memory(const Buffers& buffers, std::int64_t d,
                                              std::size_t part) const {
  if (packed_R_[part]) return at<std::byte>(buffers, *packed_R_[part]);
  const std::int64_t H = extents_.H;
  return buffers.output<float>(kDr) + (d * extents_.G + parts_[part].gates.begin) * H * H;
}

/// The direction's rows of workspace, packed and in memory that may be written.
float* RecurrentGradientKernel::take_workspace(const Buffers& buffers, std::int64_t d) const {
  const float* workspace = gradient(buffers, gradient_input::kWorkspace);
  if (!workspace_) return const_cast<float*>(workspace) + d * extents_.workspace.direction;
  auto* copy = at<float>(buffers, *workspace_);
  steps_.gather(workspace, extents_.workspace, width_, copy);
  return copy;
}

/// States [D,N,H] of one direction as rows; zeros where they are missing.
void RecurrentGradientKernel::load_states(const float* states, std::int64_t d, float* rows) const {
  std::fill_n(rows, extents_.N * padded_, 0.0F);
  if (states == nullptr) return;
  for (std::int64_t row = 0; row < extents_.N; ++row) {
    std::copy_n(states + rows_.state_place(row, d), extents_.H, rows + row * padded_);
  }
}

void RecurrentGradientKernel::run_steps(const Chunk& chunk, const Team& team) {
  for (std::int64_t s = chunk.steps.end; s-- > chunk.steps.begin;) {
    run_cell(chunk, s, team);
    // What step 0 hands on is the gradient of the initial state.
    if (s == 0 && !is_wanted(kDinitialH)) break;
    multiply(chunk, s, 0, dh_, team);
    if (parts_.size() > 1 && !is_reset_first_) multiply(chunk, s, 1, dh_, team);
    team.wait_for_others();
  }
}

/// The gradients by the gates' sums of one step.
void RecurrentGradientKernel::run_cell(const Chunk& chunk, std::int64_t s, const Team& team) {
  const Buffers& buffers = chunk.buffers;
  const Range own = team.share(steps_.count(s));
  for (std::int64_t row = own.begin; row < own.end; ++row) prepare_row(chunk, s, row);
  const float* P = attrs_.kind->has_cell_state ? input(buffers, recurrent_input::kP) : nullptr;
  const GradientStep step{.H = extents_.H,
                          .rows = at<SequenceStep>(buffers, step_rows_) + own.begin,
                          .row_count = own.count(),
                          .P = P == nullptr ? nullptr : P + chunk.d * 3 * extents_.H,
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
    multiply(chunk, s, 1, d_reset_, team);
    team.wait_for_others();
    run_gradient_part(GradientPart::kGruReset, step);
  }
  team.wait_for_others();
}

/// target += the gradients by the sums of a part's gates times their rows of R.
void RecurrentGradientKernel::multiply(const Chunk& chunk, std::int64_t s, std::size_t part,
                                       std::size_t target, const Team& team) {
  const float* gradients = chunk.rows + steps_.first(s) * width_ + parts_[part].block * extents_.H;
  dh_products_[part].add(chunk.buffers, team, steps_.count(s), gradients, width_,
                         at<float>(chunk.buffers, target));
}

void RecurrentGradientKernel::prepare_row(const Chunk& chunk, std::int64_t s,
                                          std::int64_t row) const {
  const Buffers& buffers = chunk.buffers;
  const std::int64_t d = chunk.d;
  const std::int64_t H = extents_.H;
  const auto row_of = [&](std::int64_t step) {
    return chunk.rows + (steps_.first(step) + row) * width_;
  };
  const float* dY = gradient(buffers, gradient_input::kDy);
  SequenceStep& result = at<SequenceStep>(buffers, step_rows_)[row];
  result = {.values = row_of(s),
            .last_h = attrs_.kind == &kGru ? weights_.last_h(buffers, d, s, row) : nullptr,
            .last_c = s == chunk.steps.begin ? rows_at(buffers, first_c_).of(row)
                                             : row_of(s - 1) + extents_.G * H,
            .dY = dY == nullptr ? nullptr : dY + rows_.place(row, d, s, extents_.y),
            .dh = at<float>(buffers, dh_) + row * padded_,
            .dc = at<float>(buffers, dc_) + row * padded_,
            .d_reset = at<float>(buffers, d_reset_) + row * padded_,
            .gradients = row_of(s)};
  if (is_standard_) return;
  auto* values = at<float>(buffers, values_) + row * kMaxSlopeBlocks * H;
  auto* slopes = at<float>(buffers, slopes_) + row * kMaxSlopeBlocks * H;
  write_slopes(attrs_, d, H, row_of(s), values, slopes);
  result.values = values;
  result.slopes = slopes;
}

void RecurrentGradientKernel::write_states(const Buffers& buffers, std::int64_t d) const {
  const auto write = [&](std::size_t output, std::size_t rows) {
    if (!is_wanted(output)) return;
    for (std::int64_t row = 0; row < extents_.N; ++row) {
      std::copy_n(rows_at(buffers, rows).of(row), extents_.H,
                  buffers.output<float>(output) + rows_.state_place(row, d));
    }
  };
  write(kDinitialH, dh_);
  write(kDinitialC, dc_);
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

}  // namespace gatefold::native
