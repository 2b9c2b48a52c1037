#include "ir/ops/recurrent.h"

#include <tuple>

#include "backend/kernels.h"
#include "backend/plain/recurrent_layer.h"
#include "backend/recurrent_extents.h"

namespace gatefold::plain {
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
        threads_(plan_threads(extents, request.threads)),
        layer_(request, attrs, extents, {.shares = threads_.shares}, scratch_) {}

  void run(const Buffers& buffers) override;
  std::size_t scratch_bytes() const override { return scratch_.bytes(); }
  std::string implementation() const override { return "plain" + suffix_of(layer_.precision()); }

 private:
  void run_directions(const Team& team);

  const Node& node_;
  const RecurrentKind& kind_;
  ThreadPlan threads_;
  ScratchLayout scratch_;
  RecurrentLayer layer_;
};

void RecurrentKernel::run(const Buffers& buffers) {
  layer_.prepare(buffers, RecurrentOutputs::of(node_, kind_, buffers));
  if (threads_.shares > 1) {
    const Range directions{0, layer_.extents().D};
    run_as_team(threads_.shares, [&](const Team& team) {
      layer_.run_steps({team, directions}, {0, layer_.steps()});
    });
  } else {
    run_as_team(threads_.runs_apart ? static_cast<int>(layer_.extents().D) : 1,
                [&](const Team& team) { run_directions(team); });
  }
  layer_.finish();
}

/// One direction after the other, each as a whole: only one R wants to be in a cache.
void RecurrentKernel::run_directions(const Team& team) {
  const Range directions = team.share(layer_.extents().D);
  for (std::int64_t d = directions.begin; d < directions.end; ++d) {
    layer_.run_steps({{}, {d, d + 1}}, {0, layer_.steps()});
  }
}

}  // namespace

std::unique_ptr<Kernel> make_recurrent(const KernelRequest& request) {
  if (request.dtype(recurrent_input::kX) != DataType::kFloat32) return nullptr;
  const RecurrentAttrs attrs = read_recurrent_attrs(request.node);
  const RecurrentExtents extents = recurrent_extents(request, attrs);
  return std::make_unique<RecurrentKernel>(request, attrs, extents);
}

}  // namespace gatefold::plain
