#include "backend/kernels/recurrent/recurrent_stack.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "backend/kernels/recurrent/recurrent_layer.h"
#include "backend/kernels/recurrent/wavefront.h"
#include "backend/recurrent_extents.h"
#include "ir/op_def.h"

namespace gatefold::native {
namespace {

// How often an upper layer gets something to do, if T is long enough for it.
constexpr std::int64_t kChunks = 32;
constexpr std::int64_t kMostChunkSteps = 32;
// Rows times gates of a chunk: rows enough for a pass over W to keep the registers full of sums.
constexpr std::int64_t kLeastChunkSums = 24;

// What makes threads for layers worth while, measured at N = 1 to 32 and H = 16 to 512: so many
// chunks before a team begins for each that comes later, multiplications of each team in a step and
// in a run, and a share of the threads' time in which they have something to do.
constexpr std::int64_t kLeastTeamChunks = 4;
constexpr double kLeastStepProducts = 16 * 1024;
constexpr double kLeastRunProducts = 1536 * 1024;
constexpr double kLeastBusyShare = 0.75;
// The weights, W and R, of each thread: what stays in its own cache.
constexpr std::int64_t kMostWeights = 160 * 1024;
// What a thread could multiply while it waits for others at the end of a step.
constexpr double kWaitProducts = 8 * 1024;

/// 6 where all layers are LSTM, else 8.
std::int64_t least_chunk_rows(const std::vector<RecurrentExtents>& layers) {
  std::int64_t rows = 0;
  for (const RecurrentExtents& layer : layers) {
    rows = std::max(rows, kLeastChunkSums / std::max<std::int64_t>(layer.G, 3));
  }
  return rows;
}

/// An even number: a row is multiplied faster together with another one.
std::int64_t chunk_steps_of(const std::vector<RecurrentExtents>& layers) {
  const std::int64_t T = layers.front().T;
  const std::int64_t N = std::max<std::int64_t>(layers.front().N, 1);
  const std::int64_t least = (least_chunk_rows(layers) / 2 + N - 1) / N;
  return 2 * std::clamp(T / (2 * kChunks), least, kMostChunkSteps / 2);
}

/// The threads of a run as teams of the same size.
struct TeamPlan {
  int teams = 1;
  int threads_each = 1;
};

/// How many threads are worth sharing each step of a layer.
int useful_threads_of(const RecurrentExtents& extents, int threads) {
  const auto& [T, N, H, G] = std::tie(extents.T, extents.N, extents.H, extents.G);
  return useful_threads(N * H * G * H, T, threads);
}

/// As many threads for each layer, as far as a step of every layer is worth them.
TeamPlan plan_teams(const std::vector<RecurrentExtents>& layers, int threads) {
  const int teams = std::clamp(threads, 1, static_cast<int>(layers.size()));
  int threads_each = threads / teams;
  for (const RecurrentExtents& layer : layers) {
    threads_each = useful_threads_of(layer, threads_each);
  }
  return {teams, threads_each};
}

std::vector<RecurrentExtents> extents_of(std::span<const KernelRequest* const> layers) {
  std::vector<RecurrentExtents> extents;
  for (const KernelRequest* layer : layers) {
    extents.push_back(recurrent_extents(*layer, read_recurrent_attrs(layer->node)));
  }
  return extents;
}

class RecurrentStackKernel : public Kernel {
 public:
  RecurrentStackKernel(std::span<const KernelRequest* const> layers, TeamPlan plan,
                       std::int64_t chunk_steps);

  void run(const Buffers& buffers) override;
  std::size_t scratch_bytes() const override { return scratch_.bytes(); }
  std::string implementation() const override {
    return "native wavefront" + suffix_of(layers_.front().steps.precision());
  }

 private:
  struct Layer {
    const Node& node;
    const RecurrentKind& kind;
    std::size_t first_input, first_output;
    RecurrentLayer steps;
  };
  /// A team's barrier, and what its first thread has taken for all of it.
  struct Crew {
    Barrier barrier;
    std::optional<Wavefront::Task> task;
  };

  void prepare(const Buffers& buffers);
  void run_thread(const Team& all);
  void run_chunks(const Team& team, Crew& crew, std::size_t layer);

  TeamPlan plan_;
  std::int64_t chunk_steps_;
  ScratchLayout scratch_;
  std::vector<Layer> layers_;
  std::vector<const void*> inputs_;  ///< Those of a run, with X of the upper layers.
  std::vector<Crew> crews_;
  Wavefront wavefront_;
};

RecurrentStackKernel::RecurrentStackKernel(std::span<const KernelRequest* const> layers,
                                           TeamPlan plan, std::int64_t chunk_steps)
    : plan_(plan), chunk_steps_(chunk_steps), crews_(plan.teams), wavefront_(layers.size()) {
  std::size_t outputs = 0;
  for (const KernelRequest* layer : layers) {
    const RecurrentAttrs attrs = read_recurrent_attrs(layer->node);
    layers_.push_back(
        {layer->node, *attrs.kind, inputs_.size(), outputs,
         RecurrentLayer(*layer, attrs, recurrent_extents(*layer, attrs),
                        {.shares = plan.threads_each, .chunk_steps = chunk_steps}, scratch_)});
    inputs_.resize(inputs_.size() + layer->node.input_count());
    outputs += layer->node.output_count();
  }
}

void RecurrentStackKernel::run(const Buffers& buffers) {
  prepare(buffers);
  const std::int64_t steps = layers_.front().steps.steps();
  wavefront_.begin((steps + chunk_steps_ - 1) / chunk_steps_);
  run_as_team(plan_.teams * plan_.threads_each, [&](const Team& all) { run_thread(all); });
  for (const Layer& layer : layers_) layer.steps.finish();
}

void RecurrentStackKernel::prepare(const Buffers& buffers) {
  std::copy_n(buffers.inputs, inputs_.size(), inputs_.begin());
  const float* below = nullptr;
  for (Layer& layer : layers_) {
    const Buffers own{&inputs_[layer.first_input], buffers.outputs + layer.first_output,
                      buffers.scratch};
    if (below != nullptr) inputs_[layer.first_input + recurrent_input::kX] = below;
    const RecurrentOutputs outputs = RecurrentOutputs::of(layer.node, layer.kind, own);
    layer.steps.prepare(own, outputs);
    below = outputs.Y;
  }
}

/// The threads that there are, which may be fewer than were asked for, make up the teams.
void RecurrentStackKernel::run_thread(const Team& all) {
  const int teams = std::min(plan_.teams, all.threads);
  const int number = ((all.thread + 1) * teams - 1) / all.threads;
  const Range threads = Team{number, teams}.share(all.threads);
  Crew& crew = crews_[number];
  const Team team{static_cast<int>(all.thread - threads.begin), static_cast<int>(threads.count()),
                  &crew.barrier};
  run_chunks(team, crew, number);
}

void RecurrentStackKernel::run_chunks(const Team& team, Crew& crew, std::size_t layer) {
  while (true) {
    if (team.thread == 0) crew.task = wavefront_.take(layer);
    team.wait_for_others();
    const std::optional<Wavefront::Task> task = crew.task;
    if (!task) return;
    layer = task->layer;
    RecurrentLayer& steps = layers_[layer].steps;
    const std::int64_t first = task->chunk * chunk_steps_;
    // At the end of the last step the team's threads have waited for one another.
    steps.run_steps({team, {0, 1}}, {first, std::min(first + chunk_steps_, steps.steps())});
    if (team.thread == 0) wavefront_.finish(*task);
  }
}

/// Whether elements of two tensors with the same memory are in the same places.
bool are_same(const RecurrentExtents::Strides& Y, const RecurrentExtents::Strides& X) {
  return Y.time == X.time && Y.batch == X.batch;
}

/// Multiplications of a step.
double products_of(const RecurrentExtents& extents) {
  const auto& [N, I, H, G] = std::tie(extents.N, extents.I, extents.H, extents.G);
  return static_cast<double>(N * G * H * (I + H));
}

/// Whether each thread has its share of the weights in a cache of its own: those of its layer and,
/// if teams change layers, of all.
bool are_weights_near(const std::vector<RecurrentExtents>& layers, const TeamPlan& plan) {
  std::int64_t all = 0;
  std::int64_t most = 0;
  for (const RecurrentExtents& layer : layers) {
    const std::int64_t weights = layer.G * layer.H * (layer.I + layer.H);
    all += weights;
    most = std::max(most, weights);
  }
  return std::max(most, all / plan.teams) <= kMostWeights * plan.threads_each;
}

/// How many threads' work is done for a layer of its own, whose threads wait at every step.
double speed_apart(const RecurrentExtents& extents, int threads) {
  const int useful = useful_threads_of(extents, threads);
  const double products = products_of(extents) / useful;
  return useful == 1 ? 1 : useful * products / (products + kWaitProducts);
}

/// The same for a stack, whose teams begin one after the other, a chunk apart.
double speed_together(const TeamPlan& plan, std::int64_t chunks) {
  const auto count = static_cast<double>(chunks);
  return plan.teams * plan.threads_each * count / (count + plan.teams - 1);
}

/// Whether teams have enough to do between waiting for one another, and all of them about as much.
bool are_busy(const std::vector<RecurrentExtents>& layers, const TeamPlan& plan) {
  double products = 0;
  double most = 0;
  for (const RecurrentExtents& layer : layers) {
    products += products_of(layer);
    most = std::max(most, products_of(layer));
  }
  const double even = products / plan.teams;
  return even >= std::max(kLeastStepProducts, kLeastBusyShare * most) &&
         even * static_cast<double>(layers.front().T) >= kLeastRunProducts;
}

}  // namespace

bool is_stack_layer(const KernelRequest& request) {
  const std::string_view op = request.node.op().name;
  const auto is_forward = [&](const RecurrentKind* kind) {
    return op == kind->op || op == kind->training_op;
  };
  constexpr std::array kKinds{&kLstm, &kGru, &kRnn};
  if (std::none_of(kKinds.begin(), kKinds.end(), is_forward)) return false;
  const bool has_checkpoints = request.node.find_attr("checkpoint_every") != nullptr &&
                               request.node.attr_int("checkpoint_every") > 0;
  return request.dtype() == DataType::kFloat32 && !has_checkpoints &&
         request.node.attr_string("direction") != "bidirectional";
}

bool can_stack(const KernelRequest& lower, const KernelRequest& upper) {
  const RecurrentAttrs below = read_recurrent_attrs(lower.node);
  const RecurrentAttrs above = read_recurrent_attrs(upper.node);
  const RecurrentExtents from = recurrent_extents(lower, below);
  const RecurrentExtents to = recurrent_extents(upper, above);
  return below.directions[0].is_reverse == above.directions[0].is_reverse &&
         lower.node.input(recurrent_input::kSequenceLens) ==
             upper.node.input(recurrent_input::kSequenceLens) &&
         from.T == to.T && from.N == to.N && from.H == to.I && are_same(from.y, to.x);
}

bool gains_from_stack(std::span<const KernelRequest* const> layers) {
  const int threads = layers.front()->threads;
  const std::vector<RecurrentExtents> extents = extents_of(layers);
  const TeamPlan plan = plan_teams(extents, threads);
  const std::int64_t chunks = extents.front().T / chunk_steps_of(extents);
  return plan.teams > 1 && chunks >= kLeastTeamChunks * (plan.teams - 1) &&
         are_busy(extents, plan) && are_weights_near(extents, plan) &&
         std::all_of(extents.begin(), extents.end(), [&](const RecurrentExtents& layer) {
           return speed_together(plan, chunks) >= speed_apart(layer, threads);
         });
}

KernelWithValues make_recurrent_stack(std::span<const KernelRequest* const> layers) {
  KernelWithValues stack;
  for (const KernelRequest* layer : layers) {
    const std::size_t x = stack.inputs.size() + recurrent_input::kX;
    for (const Value* value : layer->node.inputs()) stack.inputs.push_back(value);
    if (layer != layers.front()) stack.inputs[x] = nullptr;
    for (std::size_t i = 0; i < layer->node.output_count(); ++i) {
      stack.outputs.push_back(layer->node.output(i));
    }
  }
  const std::vector<RecurrentExtents> extents = extents_of(layers);
  stack.kernel = std::make_unique<RecurrentStackKernel>(
      layers, plan_teams(extents, layers.front()->threads), chunk_steps_of(extents));
  return stack;
}

}  // namespace gatefold::native
