#include "backend/kernels/recurrent/recurrent_layer.h"

#include <algorithm>
#include <array>
#include <limits>

namespace gatefold::native {
namespace {

using Form = RecurrentWeights::Form;

// The input projection is computed for chunks of steps: enough rows to use each panel of W often,
// and sums that stay in the cache until their step.
constexpr std::int64_t kChunkRows = 96;
constexpr std::int64_t kChunkBytes = 512 * 1024;

constexpr std::size_t kMostDirections = 2;
constexpr std::size_t kMostGroups = 2;

}  // namespace

RecurrentOutputs RecurrentOutputs::of(const Node& node, const RecurrentKind& kind,
                                      const Buffers& buffers) {
  const auto output = [&](std::size_t number) {
    return node.output(number) == nullptr ? nullptr : buffers.output<float>(number);
  };
  return {.Y = output(recurrent_output::kY),
          .Y_h = output(recurrent_output::kYh),
          .Y_c = kind.has_cell_state ? output(recurrent_output::kYc) : nullptr,
          .workspace = output(kind.output_count())};
}

RecurrentLayer::RecurrentLayer(const KernelRequest& request, const RecurrentAttrs& attrs,
                               const RecurrentExtents& extents, const Division& division,
                               ScratchLayout& scratch)
    : node_(request.node),
      attrs_(attrs),
      extents_(extents),
      shares_(division.shares),
      padded_(padded_hidden_size(attrs, extents.H)),
      precision_(RecurrentProducts::precision_of(request, attrs, extents)),
      W_(request, attrs, extents, recurrent_input::kW, RecurrentWeights::matrix_form(precision_)),
      R_(request, attrs, extents, recurrent_input::kR, RecurrentWeights::matrix_form(precision_)),
      input_bias_(request, attrs, extents, recurrent_input::kB, Form::kInputBias),
      state_bias_(request, attrs, extents, recurrent_input::kB, Form::kStateBias),
      is_standard_(attrs.is_standard()),
      rows_(request.node, attrs, extents, scratch) {
  if (attrs.kind->has_cell_state && request.has_input(recurrent_input::kP)) {
    P_.emplace(request, attrs, extents, recurrent_input::kP, Form::kPeepholes);
  }
  plan_groups();
  plan_chunks(division.chunk_steps);
  plan_scratch(scratch);
  if (is_reduced()) plan_products(scratch);
}

void RecurrentLayer::plan_groups() {
  for (const GateGroup gates : gate_groups(attrs_)) {
    const std::int64_t units = panel_units(gates);
    const auto gate_count = static_cast<std::int64_t>(gates_of(gates).size());
    groups_.push_back({gates, (extents_.H + units - 1) / units, gate_count * units});
  }
}

void RecurrentLayer::plan_chunks(std::int64_t most_steps) {
  const std::int64_t N = std::max<std::int64_t>(extents_.N, 1);
  const std::int64_t step_bytes =
      N * std::max<std::int64_t>(padded_, 1) * extents_.G * sizeof(float);
  const std::int64_t steps = std::max((kChunkRows + N - 1) / N, kChunkBytes / step_bytes);
  const std::int64_t most = std::min(most_steps, extents_.T);
  chunk_steps_ = std::clamp<std::int64_t>(steps, 1, std::max<std::int64_t>(most, 1));
}

void RecurrentLayer::plan_scratch(ScratchLayout& scratch) {
  const std::int64_t N = extents_.N;
  const std::int64_t state = N * padded_;
  packing_ =
      scratch.add<float>(W_.scratch_floats() + R_.scratch_floats() + input_bias_.scratch_floats() +
                         state_bias_.scratch_floats() + (P_ ? P_->scratch_floats() : 0));
  row_inputs_ = scratch.add<const float*>((shares_ + extents_.D - 1) * chunk_steps_ * N);
  for (std::int64_t d = 0; d < extents_.D; ++d) {
    DirectionPlaces& places = places_.emplace_back();
    for (std::size_t& h : places.h) h = scratch.add<float>(state);
    places.c = scratch.add<float>(attrs_.kind->has_cell_state ? state : 0);
    places.z = scratch.add<float>(groups_.size() > 1 ? state : 0);
    places.reset_h = scratch.add<float>(groups_.size() > 1 ? state : 0);
    places.x_starts = scratch.add<std::int64_t>(N);
    places.y_starts = scratch.add<std::int64_t>(N);
    places.workspace_starts = scratch.add<std::int64_t>(N);
    for (const Group& group : groups_) {
      const std::int64_t sums = group.panels * chunk_steps_ * N * group.width;
      places.sums.push_back(scratch.add<float>(is_reduced() ? 0 : sums));
    }
  }
}

void RecurrentLayer::plan_products(ScratchLayout& scratch) {
  // Between kept states there may be any number of steps.
  const bool has_lengths = node_.input(recurrent_input::kSequenceLens) != nullptr;
  const bool chunks_vary = has_lengths || attrs_.checkpoint_every > 0;
  RecurrentProducts::Extents products{
      .precision = precision_,
      .I = extents_.I,
      .H = extents_.H,
      .chunk_rows = row_counts(chunk_steps_ * extents_.N, chunks_vary),
      .step_rows = row_counts(extents_.N, has_lengths)};
  const std::int64_t last_rows = extents_.T % chunk_steps_ * extents_.N;
  if (!chunks_vary && last_rows != 0) products.chunk_rows.push_back(last_rows);
  for (std::int64_t d = 0; d < extents_.D; ++d) {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      products.panel_width = groups_[g].width;
      std::vector<Range> shares;
      for (int share = 0; share < shares_; ++share) shares.push_back(panels_of(share, d, g));
      places_[d].products.emplace_back(products, shares, scratch);
    }
  }
}

/// The panels of a group in direction d that make up a share. All directions' panels are dealt out
/// in one row, but a single share is a direction as a whole.
Range RecurrentLayer::panels_of(int share, std::int64_t d, std::size_t group) const {
  const std::int64_t panels = groups_[group].panels;
  if (shares_ == 1) return {0, panels};
  const Range own = Team{share, shares_}.share(panels * extents_.D);
  const std::int64_t before = panels * d;
  return {std::clamp<std::int64_t>(own.begin - before, 0, panels),
          std::clamp<std::int64_t>(own.end - before, 0, panels)};
}

void RecurrentLayer::prepare(const Buffers& buffers, const RecurrentOutputs& outputs) {
  buffers_ = buffers;
  outputs_ = outputs;
  prepare_weights();
  rows_.prepare(buffers);
  for (std::int64_t d = 0; d < extents_.D; ++d) prepare_direction(d);
}

void RecurrentLayer::prepare_weights() {
  auto* scratch = at<float>(buffers_, packing_);
  const auto prepare = [&](RecurrentWeights& weights, std::size_t input) {
    const std::int64_t floats = weights.scratch_floats();
    weights.prepare(floats > 0 ? buffers_.input<float>(input) : nullptr, scratch);
    scratch += floats;
  };
  prepare(W_, recurrent_input::kW);
  prepare(R_, recurrent_input::kR);
  prepare(input_bias_, recurrent_input::kB);
  prepare(state_bias_, recurrent_input::kB);
  if (P_) prepare(*P_, recurrent_input::kP);
}

void RecurrentLayer::prepare_direction(std::int64_t d) {
  const DirectionPlaces& places = places_[d];
  const auto load = [&](std::size_t input, std::int64_t row, float* state) {
    const bool is_given = node_.input(input) != nullptr;
    float* end = state;
    if (is_given) {
      end =
          std::copy_n(buffers_.input<float>(input) + rows_.state_place(row, d), extents_.H, state);
    }
    std::fill(end, state + padded_, 0.0F);
  };
  for (std::int64_t row = 0; row < extents_.N; ++row) {
    at<std::int64_t>(buffers_, places.x_starts)[row] = rows_.start(row, d, extents_.x);
    at<std::int64_t>(buffers_, places.y_starts)[row] = rows_.start(row, d, extents_.y);
    at<std::int64_t>(buffers_, places.workspace_starts)[row] =
        outputs_.packed != nullptr ? row * extents_.workspace.batch
                                   : rows_.start(row, d, extents_.workspace);
    load(recurrent_input::kInitialH, row, h_before(d, 0) + row * padded_);
    if (attrs_.kind->has_cell_state) {
      load(recurrent_input::kInitialC, row, c(d) + row * padded_);
    }
  }
}

void RecurrentLayer::run_steps(const DirectionTeam& team, Range steps) {
  for (std::int64_t s = steps.begin; s < steps.end; s += chunk_steps_) {
    const Range chunk{s, std::min(s + chunk_steps_, steps.end)};
    project(team, chunk);
    run_projected(team, chunk);
  }
}

/// Where the running rows of X are, step by step, and how many there are.
std::int64_t RecurrentLayer::list_inputs(std::int64_t d, Range steps, const float** inputs) const {
  const auto* X = buffers_.input<float>(recurrent_input::kX);
  const auto* starts = at<std::int64_t>(buffers_, places_[d].x_starts);
  std::int64_t count = 0;
  std::int64_t rows = extents_.N;
  for (std::int64_t s = steps.begin; s < steps.end; ++s) {
    rows = rows_.running(rows, s);
    for (std::int64_t row = 0; row < rows; ++row) {
      inputs[count++] = X + starts[row] + s * rows_.step(d, extents_.x);
    }
  }
  return count;
}

void RecurrentLayer::project(const DirectionTeam& team, Range steps) {
  const std::int64_t capacity = chunk_steps_ * extents_.N;
  const float** inputs =
      at<const float*>(buffers_, row_inputs_) + (team.directions.begin + team.thread) * capacity;
  for (std::int64_t d = team.directions.begin; d < team.directions.end; ++d) {
    const std::int64_t count = list_inputs(d, steps, inputs);
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const InputProjection projection{.I = extents_.I,
                                       .rows = count,
                                       .X = inputs,
                                       .W = W_.of(d, g),
                                       .bias = input_bias_.of(d, g),
                                       .sums = at<float>(buffers_, places_[d].sums[g]),
                                       .row_capacity = capacity};
      for (int share = team.thread; share < shares_; share += team.threads) {
        if (is_reduced()) {
          places_[d].products[g].project(buffers_, share, inputs, count, W_.panels_of(d, g),
                                         projection.bias);
        } else {
          project_input(groups_[g].gates, projection, panels_of(share, d, g));
        }
      }
    }
  }
}

/// Makes a step that of a group in direction d, but for what changes from one to the next.
void RecurrentLayer::begin_steps(std::int64_t d, std::size_t group, RecurrentStep& step) const {
  const DirectionPlaces& places = places_[d];
  step.H = extents_.H;
  step.panel_stride = chunk_steps_ * extents_.N * groups_[group].width;
  step.row_stride = groups_[group].width;
  step.R = R_.of(d, group);
  step.R_bias = state_bias_.of(d, group);
  step.P = P_ ? P_->of(d, 0) : nullptr;
  step.state_stride = padded_;
  step.c = c(d);
  step.z = at<float>(buffers_, places.z);
  step.reset_h = at<float>(buffers_, places.reset_h);
  step.Y = outputs_.Y;
  step.Y_starts = at<std::int64_t>(buffers_, places.y_starts);
  step.workspace = outputs_.workspace;
  step.workspace_starts = at<std::int64_t>(buffers_, places.workspace_starts);
  step.activations = attrs_.directions[d].activations;
  step.is_standard = is_standard_;
  step.clip = attrs_.clip.value_or(std::numeric_limits<float>::infinity());
  step.input_forget = attrs_.input_forget;
}

void RecurrentLayer::move_to(std::int64_t s, std::int64_t d, RecurrentStep& step) const {
  step.last_h = h_before(d, s);
  step.h = h_before(d, s + 1);
  step.Y_step = s * rows_.step(d, extents_.y);
  step.workspace_step = outputs_.packed != nullptr
                            ? outputs_.packed->first(s) * extents_.workspace.batch
                            : s * rows_.step(d, extents_.workspace);
  step.from_behind = s % 2 == 1;
}

/// Runs the steps that were projected last.
void RecurrentLayer::run_projected(const DirectionTeam& team, Range steps) {
  std::array<std::array<std::optional<RecurrentStep>, kMostGroups>, kMostDirections> parts;
  for (std::int64_t d = team.directions.begin; d < team.directions.end; ++d) {
    for (std::size_t g = 0; g < groups_.size(); ++g) begin_steps(d, g, parts[d][g].emplace());
  }
  std::int64_t rows = extents_.N;
  std::int64_t first_row = 0;
  for (std::int64_t s = steps.begin; s < steps.end; ++s) {
    rows = rows_.running(rows, s);
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      for (std::int64_t d = team.directions.begin; d < team.directions.end; ++d) {
        RecurrentStep& step = *parts[d][g];
        step.rows = rows;
        move_to(s, d, step);
        run_shares(team, d, g, first_row, step);
      }
      team.wait_for_others();
    }
    first_row += rows;
  }
}

/// Runs a step for this thread's shares. Its rows begin at `first_row` of those projected.
void RecurrentLayer::run_shares(const DirectionTeam& team, std::int64_t d, std::size_t group,
                                std::int64_t first_row, RecurrentStep& step) {
  const GateGroup gates = groups_[group].gates;
  const float* states = gates == GateGroup::kGruHidden ? step.reset_h : step.last_h;
  step.from_input = at<float>(buffers_, places_[d].sums[group]) + first_row * step.row_stride;
  for (int share = team.thread; share < shares_; share += team.threads) {
    if (is_reduced()) {
      places_[d].products[group].multiply(buffers_, share, states, first_row,
                                          R_.panels_of(d, group), step);
    }
    run_step(gates, step, panels_of(share, d, group));
  }
}

void RecurrentLayer::finish() const {
  for (std::int64_t d = 0; d < extents_.D; ++d) {
    write_last_states(d);
    rows_.clear_padding(outputs_.Y, extents_.y, d, extents_.H);
    rows_.clear_padding(outputs_.workspace, extents_.workspace, d, extents_.workspace.batch);
  }
}

void RecurrentLayer::write_last_states(std::int64_t d) const {
  const auto write = [&](float* output, const float* state, std::int64_t row) {
    if (output == nullptr) return;
    std::copy_n(state + row * padded_, extents_.H, output + rows_.state_place(row, d));
  };
  for (std::int64_t row = 0; row < extents_.N; ++row) {
    write(outputs_.Y_h, h_before(d, rows_.length(row)), row);
    write(outputs_.Y_c, c(d), row);
  }
}

}  // namespace gatefold::native
