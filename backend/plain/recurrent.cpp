#include "ir/ops/recurrent.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "backend/kernels.h"
#include "backend/plain/recurrent_cell.h"
#include "backend/plain/recurrent_products.h"
#include "backend/plain/recurrent_rows.h"
#include "backend/plain/recurrent_weights.h"
#include "backend/plain/team.h"

namespace gatefold::plain {
namespace {

using Form = RecurrentWeights::Form;

// The input projection is computed for chunks of steps: enough rows to use each panel of W often,
// and sums that stay in the cache until their step.
constexpr std::int64_t kChunkRows = 96;
constexpr std::int64_t kChunkBytes = 512 * 1024;
// Multiplications of a run that are worth a thread for each direction.
constexpr std::int64_t kApartProducts = 256 * 1024;

/// A team and the directions it works on together. What there is to do is dealt out in as many
/// shares as threads were asked for, even if the team is smaller.
struct DirectionTeam : Team {
  Range directions;
};

/// LSTM, GRU or RNN in float32 with every option of the specification, or its training form. In
/// bfloat16 and int8 the products with W and R are oneDNN's, and the cell takes their results.
class RecurrentKernel : public Kernel {
 public:
  RecurrentKernel(const KernelRequest& request, const RecurrentAttrs& attrs,
                  const RecurrentExtents& extents);

  void run(const Buffers& buffers) override;
  std::size_t scratch_bytes() const override { return scratch_.bytes(); }
  std::string implementation() const override { return "plain" + suffix_of(precision_); }

 private:
  /// Where the numbers of one direction lie in scratch memory.
  struct DirectionPlaces {
    std::size_t h[2];  ///< [N, padded]; step s reads h[s % 2] and writes the other.
    std::size_t c, z, reset_h;
    std::size_t x_starts, y_starts, workspace_starts;  ///< [N]: of each row at its first step.
    std::vector<std::size_t> sums;            ///< Of each group: [panels, chunk rows, gates, units]
    std::vector<RecurrentProducts> products;  ///< Of each group, if reduced.
  };
  struct Chunk {
    std::int64_t first_step, end_step;
  };

  void plan_threads(int threads);
  void plan_chunks();
  void plan_scratch();
  void plan_products();
  std::int64_t panel_count(std::size_t group) const;
  std::int64_t panel_width(std::size_t group) const;
  Range panels_of(int share, std::int64_t d, std::size_t group) const;

  void prepare_weights(const Buffers& buffers);
  void prepare_direction(const Buffers& buffers, std::int64_t d);
  void run_team(const Buffers& buffers, const DirectionTeam& team);
  void project(const Buffers& buffers, const DirectionTeam& team, Chunk chunk);
  void run_steps(const Buffers& buffers, const DirectionTeam& team, Chunk chunk);
  void run_shares(const Buffers& buffers, const DirectionTeam& team, std::int64_t d,
                  std::size_t group, RecurrentStep& step, std::int64_t first_row);
  RecurrentStep make_step(const Buffers& buffers, std::int64_t d, std::size_t group,
                          std::int64_t s) const;
  void write_last_states(const Buffers& buffers, std::int64_t d) const;
  bool is_reduced() const { return precision_ != ProductPrecision::kFloat32; }
  float* output(const Buffers& buffers, std::size_t index) const {
    return node_.output(index) == nullptr ? nullptr : buffers.output<float>(index);
  }
  const Node& node_;
  RecurrentAttrs attrs_;
  RecurrentExtents extents_;
  std::vector<GateGroup> groups_;
  std::int64_t padded_;
  ProductPrecision precision_;
  RecurrentWeights W_, R_, input_bias_, state_bias_;
  std::optional<RecurrentWeights> P_;
  bool is_standard_;
  int threads_ = 1;
  bool runs_apart_ = false;  // Each direction has a thread of its own.
  std::int64_t chunk_steps_ = 1;

  ScratchLayout scratch_;
  RecurrentRows rows_;
  std::size_t packing_ = 0;     ///< Weights that are not constant, packed.
  std::size_t row_inputs_ = 0;  ///< [threads or directions, chunk rows]: pointers into X.
  std::vector<DirectionPlaces> places_;
};

RecurrentKernel::RecurrentKernel(const KernelRequest& request, const RecurrentAttrs& attrs,
                                 const RecurrentExtents& extents)
    : node_(request.node),
      attrs_(attrs),
      extents_(extents),
      groups_(gate_groups(attrs)),
      padded_(padded_hidden_size(attrs, extents.H)),
      precision_(RecurrentProducts::precision_of(request, attrs, extents)),
      W_(request, attrs, extents, recurrent_input::kW, RecurrentWeights::matrix_form(precision_)),
      R_(request, attrs, extents, recurrent_input::kR, RecurrentWeights::matrix_form(precision_)),
      input_bias_(request, attrs, extents, recurrent_input::kB, Form::kInputBias),
      state_bias_(request, attrs, extents, recurrent_input::kB, Form::kStateBias),
      is_standard_(attrs.is_standard()),
      rows_(request.node, attrs, extents, scratch_) {
  if (request.has_input(recurrent_input::kP)) {
    P_.emplace(request, attrs, extents, recurrent_input::kP, Form::kPeepholes);
  }
  plan_threads(request.threads);
  plan_chunks();
  plan_scratch();
  if (is_reduced()) plan_products();
}

std::int64_t RecurrentKernel::panel_count(std::size_t group) const {
  const std::int64_t units = panel_units(groups_[group]);
  return (extents_.H + units - 1) / units;
}

std::int64_t RecurrentKernel::panel_width(std::size_t group) const {
  const auto gates = static_cast<std::int64_t>(gates_of(groups_[group]).size());
  return gates * panel_units(groups_[group]);
}

void RecurrentKernel::plan_threads(int threads) {
  const auto& [T, N, I, H, D, G] =
      std::tie(extents_.T, extents_.N, extents_.I, extents_.H, extents_.D, extents_.G);
  threads_ = useful_threads(D * N * H * G * H, T, threads);
  runs_apart_ =
      D > 1 && threads >= D && threads_ <= D && T * N * D * G * H * (I + H) >= kApartProducts;
  if (runs_apart_) threads_ = 1;
}

void RecurrentKernel::plan_chunks() {
  const std::int64_t N = std::max<std::int64_t>(extents_.N, 1);
  const std::int64_t step_bytes =
      N * std::max<std::int64_t>(padded_, 1) * extents_.G * sizeof(float);
  const std::int64_t steps = std::max((kChunkRows + N - 1) / N, kChunkBytes / step_bytes);
  chunk_steps_ = std::clamp<std::int64_t>(steps, 1, std::max<std::int64_t>(extents_.T, 1));
}

void RecurrentKernel::plan_scratch() {
  const std::int64_t N = extents_.N;
  const std::int64_t state = N * padded_;
  packing_ =
      scratch_.add<float>(W_.scratch_floats() + R_.scratch_floats() + input_bias_.scratch_floats() +
                          state_bias_.scratch_floats() + (P_ ? P_->scratch_floats() : 0));
  row_inputs_ =
      scratch_.add<const float*>(std::max<std::int64_t>(threads_, extents_.D) * chunk_steps_ * N);
  for (std::int64_t d = 0; d < extents_.D; ++d) {
    DirectionPlaces& places = places_.emplace_back();
    for (std::size_t& h : places.h) h = scratch_.add<float>(state);
    places.c = scratch_.add<float>(attrs_.kind->has_cell_state ? state : 0);
    places.z = scratch_.add<float>(groups_.size() > 1 ? state : 0);
    places.reset_h = scratch_.add<float>(groups_.size() > 1 ? state : 0);
    places.x_starts = scratch_.add<std::int64_t>(N);
    places.y_starts = scratch_.add<std::int64_t>(N);
    places.workspace_starts = scratch_.add<std::int64_t>(N);
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const std::int64_t sums = panel_count(g) * chunk_steps_ * N * panel_width(g);
      places.sums.push_back(scratch_.add<float>(is_reduced() ? 0 : sums));
    }
  }
}

void RecurrentKernel::plan_products() {
  const bool has_lengths = node_.input(recurrent_input::kSequenceLens) != nullptr;
  RecurrentProducts::Extents products{
      .precision = precision_,
      .I = extents_.I,
      .H = extents_.H,
      .chunk_rows = row_counts(chunk_steps_ * extents_.N, has_lengths),
      .step_rows = row_counts(extents_.N, has_lengths)};
  const std::int64_t last_rows = extents_.T % chunk_steps_ * extents_.N;
  if (!has_lengths && last_rows != 0) products.chunk_rows.push_back(last_rows);
  for (std::int64_t d = 0; d < extents_.D; ++d) {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      products.panel_width = panel_width(g);
      std::vector<Range> shares;
      for (int share = 0; share < threads_; ++share) shares.push_back(panels_of(share, d, g));
      places_[d].products.emplace_back(products, shares, scratch_);
    }
  }
}

/// The panels of a group in direction d that make up a share. All directions' panels are dealt out
/// in one row, but one thread does a direction as a whole.
Range RecurrentKernel::panels_of(int share, std::int64_t d, std::size_t group) const {
  const std::int64_t panels = panel_count(group);
  if (threads_ == 1) return {0, panels};
  const Range own = Team{share, threads_}.share(panels * extents_.D);
  const std::int64_t before = panels * d;
  return {std::clamp<std::int64_t>(own.begin - before, 0, panels),
          std::clamp<std::int64_t>(own.end - before, 0, panels)};
}

void RecurrentKernel::prepare_weights(const Buffers& buffers) {
  auto* scratch = at<float>(buffers, packing_);
  const auto prepare = [&](RecurrentWeights& weights, std::size_t input) {
    const std::int64_t floats = weights.scratch_floats();
    weights.prepare(floats > 0 ? buffers.input<float>(input) : nullptr, scratch);
    scratch += floats;
  };
  prepare(W_, recurrent_input::kW);
  prepare(R_, recurrent_input::kR);
  prepare(input_bias_, recurrent_input::kB);
  prepare(state_bias_, recurrent_input::kB);
  if (P_) prepare(*P_, recurrent_input::kP);
}

void RecurrentKernel::prepare_direction(const Buffers& buffers, std::int64_t d) {
  const DirectionPlaces& places = places_[d];
  const auto load = [&](std::size_t input, std::int64_t row, float* state) {
    const bool is_given = node_.input(input) != nullptr;
    float* end = state;
    if (is_given) {
      end = std::copy_n(buffers.input<float>(input) + rows_.state_place(row, d), extents_.H, state);
    }
    std::fill(end, state + padded_, 0.0F);
  };
  for (std::int64_t row = 0; row < extents_.N; ++row) {
    at<std::int64_t>(buffers, places.x_starts)[row] = rows_.start(row, d, extents_.x);
    at<std::int64_t>(buffers, places.y_starts)[row] = rows_.start(row, d, extents_.y);
    at<std::int64_t>(buffers, places.workspace_starts)[row] =
        rows_.start(row, d, extents_.workspace);
    load(recurrent_input::kInitialH, row, at<float>(buffers, places.h[0]) + row * padded_);
    if (attrs_.kind->has_cell_state) {
      load(recurrent_input::kInitialC, row, at<float>(buffers, places.c) + row * padded_);
    }
  }
}

void RecurrentKernel::run(const Buffers& buffers) {
  prepare_weights(buffers);
  rows_.prepare(buffers);
  for (std::int64_t d = 0; d < extents_.D; ++d) prepare_direction(buffers, d);
  if (threads_ == 1) {
    // A direction as a whole: only one R wants to be in a cache.
    run_as_team(runs_apart_ ? static_cast<int>(extents_.D) : 1, [&](const Team& team) {
      const Range directions = team.share(extents_.D);
      for (std::int64_t d = directions.begin; d < directions.end; ++d) {
        run_team(buffers, {{}, {d, d + 1}});
      }
    });
  } else {
    run_as_team(threads_, [&](const Team& team) { run_team(buffers, {team, {0, extents_.D}}); });
  }
  for (std::int64_t d = 0; d < extents_.D; ++d) {
    write_last_states(buffers, d);
    rows_.clear_padding(output(buffers, recurrent_output::kY), extents_.y, d, extents_.H);
    rows_.clear_padding(output(buffers, attrs_.kind->output_count()), extents_.workspace, d,
                        extents_.workspace.batch);
  }
}

void RecurrentKernel::run_team(const Buffers& buffers, const DirectionTeam& team) {
  const std::int64_t steps = rows_.steps();
  for (std::int64_t s = 0; s < steps; s += chunk_steps_) {
    const Chunk chunk{s, std::min(s + chunk_steps_, steps)};
    project(buffers, team, chunk);
    run_steps(buffers, team, chunk);
  }
}

void RecurrentKernel::project(const Buffers& buffers, const DirectionTeam& team, Chunk chunk) {
  const auto* X = buffers.input<float>(recurrent_input::kX);
  const std::int64_t capacity = chunk_steps_ * extents_.N;
  const float** inputs =
      at<const float*>(buffers, row_inputs_) + (team.directions.begin + team.thread) * capacity;
  for (std::int64_t d = team.directions.begin; d < team.directions.end; ++d) {
    const auto* starts = at<std::int64_t>(buffers, places_[d].x_starts);
    std::int64_t count = 0;
    std::int64_t rows = extents_.N;
    for (std::int64_t s = chunk.first_step; s < chunk.end_step; ++s) {
      rows = rows_.running(rows, s);
      for (std::int64_t row = 0; row < rows; ++row) {
        inputs[count++] = X + starts[row] + s * rows_.step(d, extents_.x);
      }
    }
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const InputProjection projection{.I = extents_.I,
                                       .rows = count,
                                       .X = inputs,
                                       .W = W_.of(d, g),
                                       .bias = input_bias_.of(d, g),
                                       .sums = at<float>(buffers, places_[d].sums[g]),
                                       .row_capacity = capacity};
      for (int share = team.thread; share < threads_; share += team.threads) {
        if (is_reduced()) {
          places_[d].products[g].project(buffers, share, inputs, count, W_.panels_of(d, g),
                                         projection.bias);
        } else {
          project_input(groups_[g], projection, panels_of(share, d, g));
        }
      }
    }
  }
}

RecurrentStep RecurrentKernel::make_step(const Buffers& buffers, std::int64_t d, std::size_t group,
                                         std::int64_t s) const {
  const DirectionPlaces& places = places_[d];
  RecurrentStep step;
  step.H = extents_.H;
  step.panel_stride = chunk_steps_ * extents_.N * panel_width(group);
  step.row_stride = panel_width(group);
  step.from_input = at<float>(buffers, places.sums[group]);
  step.R = R_.of(d, group);
  step.R_bias = state_bias_.of(d, group);
  step.P = P_ ? P_->of(d, 0) : nullptr;
  step.state_stride = padded_;
  step.last_h = at<float>(buffers, places.h[s % 2]);
  step.h = at<float>(buffers, places.h[(s + 1) % 2]);
  step.c = at<float>(buffers, places.c);
  step.z = at<float>(buffers, places.z);
  step.reset_h = at<float>(buffers, places.reset_h);
  step.Y = output(buffers, recurrent_output::kY);
  step.Y_step = s * rows_.step(d, extents_.y);
  step.Y_starts = at<std::int64_t>(buffers, places.y_starts);
  step.workspace = output(buffers, attrs_.kind->output_count());
  step.workspace_step = s * rows_.step(d, extents_.workspace);
  step.workspace_starts = at<std::int64_t>(buffers, places.workspace_starts);
  step.activations = attrs_.directions[d].activations;
  step.is_standard = is_standard_;
  step.clip = attrs_.clip.value_or(std::numeric_limits<float>::infinity());
  step.input_forget = attrs_.input_forget;
  step.from_behind = s % 2 == 1;
  return step;
}

void RecurrentKernel::run_steps(const Buffers& buffers, const DirectionTeam& team, Chunk chunk) {
  std::int64_t rows = extents_.N;
  std::int64_t first_row = 0;
  for (std::int64_t s = chunk.first_step; s < chunk.end_step; ++s) {
    rows = rows_.running(rows, s);
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      for (std::int64_t d = team.directions.begin; d < team.directions.end; ++d) {
        RecurrentStep step = make_step(buffers, d, g, s);
        step.rows = rows;
        run_shares(buffers, team, d, g, step, first_row);
      }
      team.wait_for_others();
    }
    first_row += rows;
  }
}

/// Runs a step for this thread's shares. Its rows begin at `first_row` of those projected.
void RecurrentKernel::run_shares(const Buffers& buffers, const DirectionTeam& team, std::int64_t d,
                                 std::size_t group, RecurrentStep& step, std::int64_t first_row) {
  const float* states = groups_[group] == GateGroup::kGruHidden ? step.reset_h : step.last_h;
  step.from_input += first_row * step.row_stride;
  for (int share = team.thread; share < threads_; share += team.threads) {
    if (is_reduced()) {
      places_[d].products[group].multiply(buffers, share, states, first_row, R_.panels_of(d, group),
                                          step);
    }
    run_step(groups_[group], step, panels_of(share, d, group));
  }
}

void RecurrentKernel::write_last_states(const Buffers& buffers, std::int64_t d) const {
  float* Y_h = output(buffers, recurrent_output::kYh);
  float* Y_c = attrs_.kind->has_cell_state ? output(buffers, recurrent_output::kYc) : nullptr;
  for (std::int64_t row = 0; row < extents_.N; ++row) {
    const std::int64_t place = rows_.state_place(row, d);
    const auto* h = at<float>(buffers, places_[d].h[rows_.length(row) % 2]) + row * padded_;
    if (Y_h != nullptr) std::copy_n(h, extents_.H, Y_h + place);
    const auto* c = at<float>(buffers, places_[d].c) + row * padded_;
    if (Y_c != nullptr) std::copy_n(c, extents_.H, Y_c + place);
  }
}

}  // namespace

std::unique_ptr<Kernel> make_recurrent(const KernelRequest& request) {
  if (request.dtype(recurrent_input::kX) != DataType::kFloat32) return nullptr;
  const RecurrentAttrs attrs = read_recurrent_attrs(request.node);
  const RecurrentExtents extents(attrs,
                                 check_recurrent_shapes(request.node, attrs, request.inputs));
  return std::make_unique<RecurrentKernel>(request, attrs, extents);
}

}  // namespace gatefold::plain
