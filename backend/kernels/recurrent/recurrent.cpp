#include "ir/ops/recurrent.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "backend/kernels.h"
#include "backend/kernels/recurrent/recurrent_layer.h"
#include "backend/recurrent_extents.h"

namespace gatefold::native {
namespace {

// Multiplications of a run that are worth a thread for each direction.
constexpr std::int64_t kApartProducts = 256 * 1024;

/// How the threads of a run are put to use.
struct ThreadPlan {
  int shares = 1;           ///< Threads that work on each step together.
  bool runs_apart = false;  ///< Each direction has a thread of its own.
};

ThreadPlan plan_threads(const RecurrentExtents& extents, int threads) {
  const auto& [T, N, I, H, D, G] =
      std::tie(extents.T, extents.N, extents.I, extents.H, extents.D, extents.G);
  const int useful = useful_threads(D * N * H * G * H, T, threads);
  const bool runs_apart =
      D > 1 && threads >= D && useful <= D && T * N * D * G * H * (I + H) >= kApartProducts;
  return {runs_apart ? 1 : useful, runs_apart};
}

/// An LSTM, GRU or RNN node, or its training form: one RecurrentLayer from its first step to its
/// last.
class RecurrentKernel : public Kernel {
 public:
  RecurrentKernel(const KernelRequest& request, const RecurrentAttrs& attrs,
                  const RecurrentExtents& extents)
      : node_(request.node),
        kind_(*attrs.kind),
        every_(attrs.checkpoint_every),
        threads_(plan_threads(extents, request.threads)),
        layer_(request, attrs, extents, {.shares = threads_.shares}, scratch_) {}

  void run(const Buffers& buffers) override;
  std::size_t scratch_bytes() const override { return scratch_.bytes(); }
  std::string implementation() const override { return "native" + suffix_of(layer_.precision()); }

 private:
  void run_steps(Range steps);
  void run_directions(const Team& team, Range steps);
  void write_kept_states(float* kept_states, std::int64_t s) const;

  const Node& node_;
  const RecurrentKind& kind_;
  std::int64_t every_;  ///< Steps between kept cell states; 0: no step is recomputed.
  ThreadPlan threads_;
  ScratchLayout scratch_;
  RecurrentLayer layer_;
};

void RecurrentKernel::run(const Buffers& buffers) {
  RecurrentOutputs outputs = RecurrentOutputs::of(node_, kind_, buffers);
  float* kept_states = every_ > 0 ? std::exchange(outputs.workspace, nullptr) : nullptr;
  layer_.prepare(buffers, outputs);
  if (kept_states != nullptr) {
    const auto& [T, N, I, H, D, G, x, y, state, workspace] = layer_.extents();
    std::fill_n(kept_states, D * kept_state_count(T, every_) * N * H, 0.0F);
  }
  const std::int64_t steps = layer_.steps();
  const std::int64_t part = kept_states == nullptr ? steps : every_;
  for (std::int64_t s = 0; s < steps; s += part) {
    if (kept_states != nullptr) write_kept_states(kept_states, s);
    run_steps({s, std::min(s + part, steps)});
  }
  layer_.finish();
}

void RecurrentKernel::run_steps(Range steps) {
  if (threads_.shares > 1) {
    const Range directions{0, layer_.extents().D};
    run_as_team(threads_.shares, [&](const Team& team) {
      layer_.run_steps({team, directions}, steps);
    });
  } else {
    run_as_team(threads_.runs_apart ? static_cast<int>(layer_.extents().D) : 1,
                [&](const Team& team) { run_directions(team, steps); });
  }
}

/// One direction after the other, each as a whole: only one R wants to be in a cache.
void RecurrentKernel::run_directions(const Team& team, Range steps) {
  const Range directions = team.share(layer_.extents().D);
  for (std::int64_t d = directions.begin; d < directions.end; ++d) {
    layer_.run_steps({{}, {d, d + 1}}, steps);
  }
}

/// The cell states before step s: see recurrent_training.h.
void RecurrentKernel::write_kept_states(float* kept_states, std::int64_t s) const {
  const RecurrentExtents& extents = layer_.extents();
  for (std::int64_t d = 0; d < extents.D; ++d) {
    for (std::int64_t row = 0; row < layer_.rows().running(extents.N, s); ++row) {
      std::copy_n(
          layer_.c(d) + row * layer_.state_stride(), extents.H,
          kept_states + kept_state_place(extents, every_, d, s, layer_.rows().sequence(row)));
    }
  }
}

}  // namespace

std::unique_ptr<Kernel> make_recurrent(const KernelRequest& request) {
  if (request.dtype(recurrent_input::kX) != DataType::kFloat32) return nullptr;
  const RecurrentAttrs attrs = read_recurrent_attrs(request.node);
  const RecurrentExtents extents = recurrent_extents(request, attrs);
  return std::make_unique<RecurrentKernel>(request, attrs, extents);
}

}  // namespace gatefold::native
