#include <algorithm>
#include <cstring>

#include "backend/onednn/recurrent_arguments.h"
#include "backend/onednn/recurrent_weights.h"
#include "backend/recurrent_extents.h"

namespace gatefold::onednn {
namespace {

bool are_same(const RecurrentAttrs& a, const RecurrentAttrs& b) {
  const auto is_same = [&](const RecurrentAttrs::Direction& x, const RecurrentAttrs::Direction& y) {
    return x.is_reverse == y.is_reverse && x.activations == y.activations;
  };
  return a.batch_first == b.batch_first && a.clip == b.clip && a.input_forget == b.input_forget &&
         a.linear_before_reset == b.linear_before_reset &&
         a.checkpoint_every == b.checkpoint_every &&
         std::equal(a.directions.begin(), a.directions.end(), b.directions.begin(),
                    b.directions.end(), is_same);
}

/// Whether oneDNN's gradient may stand behind a training node: it goes backwards through the same
/// layer, and asks for nothing that oneDNN does not give.
bool is_partner(const Node& training, const RecurrentAttrs& attrs, const Use& use) {
  const RecurrentKind& kind = *attrs.kind;
  const Node& user = *use.user;
  if (user.op().name != kind.gradient_op) return false;
  if (use.index != kind.input_count() + recurrent_gradient_input::kWorkspace) return false;
  if (!are_same(attrs, read_recurrent_attrs(user))) return false;
  for (std::size_t i = 0; i < kind.input_count(); ++i) {
    const Value* own = i < training.input_count() ? training.input(i) : nullptr;
    if (user.input(i) != own) return false;
  }
  const auto wants = [&](std::size_t output) {
    return output < user.output_count() && user.output(output) != nullptr;
  };
  const bool lacks_peepholes = kind.has_cell_state && wants(recurrent_gradient_output::kDp) &&
                               user.input(recurrent_input::kP) == nullptr;
  return !wants(kind.state_gradient_output()) && !lacks_peepholes;
}

/// Whether all that reads the workspace of a training node can read oneDNN's.
bool has_partners_only(const Node& training, const RecurrentAttrs& attrs) {
  const std::size_t output = attrs.kind->output_count();
  const Value* workspace = output < training.output_count() ? training.output(output) : nullptr;
  if (workspace == nullptr || workspace->output_uses() > 0) return false;
  return std::all_of(workspace->uses().begin(), workspace->uses().end(),
                     [&](const Use& use) { return is_partner(training, attrs, use); });
}

/// What a training node and its gradient have in common; no directions where oneDNN does not take
/// them both.
struct Training {
  /// Where the parts of a direction's workspace begin, in elements: what the forward primitive
  /// leaves there, and its last states, which the backward one reads as well.
  struct Places {
    std::int64_t primitive = 0, last_h = 0, last_c = 0;
  };

  Training(const KernelRequest& request, const RecurrentFlavor& flavor)
      : attrs(read_recurrent_attrs(request.node)),
        extents(attrs, check_recurrent_shapes(request.node, attrs, request.inputs)),
        layouts(
            layouts_of(request, attrs, extents, flavor, {.has_initial = true, .has_last = true})) {
    if (!is_taken(request)) return;
    for (std::size_t d = 0; d < attrs.directions.size(); ++d) {
      if (const auto pair = flavor.describe_pair({attrs, d, layouts})) directions.push_back(*pair);
    }
    if (directions.size() < attrs.directions.size()) directions.clear();
    for (const RecurrentPair& pair : directions) {
      Places& part = places.emplace_back();
      part.primitive = add_elements(pair.workspace.get_size() / sizeof(float) + 1);
      part.last_h = add_elements(extents.N * extents.state.batch);
      part.last_c = add_elements(attrs.kind->has_cell_state ? extents.N * extents.state.batch : 0);
    }
  }

  /// From the first element of a direction's states to behind the last one.
  std::int64_t state_span() const { return (extents.N - 1) * extents.state.batch + extents.H; }

  RecurrentAttrs attrs;
  RecurrentExtents extents;
  RecurrentLayouts layouts;
  std::vector<RecurrentPair> directions;
  std::vector<Places> places;
  std::int64_t workspace_elements = 0;

 private:
  bool is_taken(const KernelRequest& request) const {
    const bool is_gradient = request.node.op().name == attrs.kind->gradient_op;
    const std::size_t workspace = attrs.kind->input_count() + recurrent_gradient_input::kWorkspace;
    if (request.kernels != KernelChoice::kOnednn) return false;
    if (is_gradient && !request.has_input(workspace)) return false;
    const Node* training = is_gradient ? request.node.input(workspace)->producer() : &request.node;
    return training != nullptr && training->op().name == attrs.kind->training_op &&
           attrs.checkpoint_every == 0 && !request.has_input(recurrent_input::kSequenceLens) &&
           takes_recurrent(request, attrs, extents) && has_partners_only(*training, attrs);
  }

  std::int64_t add_elements(std::size_t count) {
    constexpr std::size_t kLine = 16;
    const std::int64_t place = workspace_elements;
    workspace_elements += static_cast<std::int64_t>((count + kLine - 1) / kLine * kLine);
    return place;
  }
};

/// The part of an input or output of states, or of Y, that belongs to direction d.
struct Starts {
  std::int64_t state, y;
};

Starts starts_of(const RecurrentExtents& extents, std::size_t d) {
  const auto direction = static_cast<std::int64_t>(d);
  return {direction * extents.state.direction, direction * extents.y.direction};
}

ArgumentList training_arguments(const KernelRequest& request, const RecurrentFlavor& flavor,
                                const Training& training, std::size_t d) {
  using namespace recurrent_input;
  using namespace recurrent_output;
  const RecurrentLayouts& layouts = training.layouts;
  const RecurrentPair& pair = training.directions[d];
  const Starts start = starts_of(training.extents, d);
  ArgumentList list(request);
  list.add_input(DNNL_ARG_SRC_LAYER, layouts.src_layer, kX, 0);
  list.add_input(DNNL_ARG_SRC_ITER, layouts.src_iter, kInitialH, start.state);
  list.add_input(DNNL_ARG_SRC_ITER_C, layouts.src_iter_c, kInitialC, start.state);
  RecurrentWeights(request, training.attrs, training.extents, flavor)
      .add_to(list, layouts, pair.forward, d);
  list.add_output(DNNL_ARG_DST_LAYER, layouts.dst_layer, kY, start.y);
  const Binding last_h = list.add_output(DNNL_ARG_DST_ITER, layouts.dst_iter, kYh, start.state);
  const Binding last_c = list.add_output(DNNL_ARG_DST_ITER_C, layouts.dst_iter_c, kYc, start.state);
  const std::size_t workspace = training.attrs.kind->output_count();
  const Training::Places& places = training.places[d];
  list.add_output(DNNL_ARG_WORKSPACE, pair.workspace, workspace, places.primitive);
  list.after.push_back([=, span = training.state_span(),
                        has_c = training.attrs.kind->has_cell_state](const Buffers& buffers) {
    auto* kept = buffers.output<float>(workspace);
    std::memcpy(kept + places.last_h, last_h.find(buffers), span * sizeof(float));
    if (has_c) std::memcpy(kept + places.last_c, last_c.find(buffers), span * sizeof(float));
  });
  return list;
}

/// dX of the second direction is added to that of the first.
void add_input_gradient(ArgumentList& list, const Training& training, std::size_t d) {
  constexpr std::size_t kDx = recurrent_gradient_output::kDx;
  const dnnl::memory::desc& layout = training.layouts.src_layer;
  if (d == 0 || !list.request().has_output(kDx)) {
    list.add_output(DNNL_ARG_DIFF_SRC_LAYER, layout, kDx, 0);
    return;
  }
  const Binding part = list.add_scratch(DNNL_ARG_DIFF_SRC_LAYER, layout);
  const std::int64_t size = element_count(list.request().output_dims(kDx));
  list.after.push_back([=](const Buffers& buffers) {
    const auto* numbers = reinterpret_cast<const float*>(part.find(buffers));
    auto* sum = buffers.output<float>(kDx);
    for (std::int64_t i = 0; i < size; ++i) sum[i] += numbers[i];
  });
}

ArgumentList gradient_arguments(const KernelRequest& request, const RecurrentFlavor& flavor,
                                const Training& training, std::size_t d) {
  using namespace recurrent_input;
  using namespace recurrent_gradient_output;
  namespace gradient_input = recurrent_gradient_input;
  const RecurrentLayouts& layouts = training.layouts;
  const RecurrentPair& pair = training.directions[d];
  const std::size_t first = training.attrs.kind->input_count();
  const Starts start = starts_of(training.extents, d);
  const RecurrentWeights weights(request, training.attrs, training.extents, flavor);
  ArgumentList list(request);
  list.add_input(DNNL_ARG_SRC_LAYER, layouts.src_layer, kX, 0);
  list.add_input(DNNL_ARG_SRC_ITER, layouts.src_iter, kInitialH, start.state);
  list.add_input(DNNL_ARG_SRC_ITER_C, layouts.src_iter_c, kInitialC, start.state);
  weights.add_to(list, layouts, pair.backward, d);
  list.add_input(DNNL_ARG_DST_LAYER, layouts.dst_layer, first + gradient_input::kY, start.y);
  const std::size_t workspace = first + gradient_input::kWorkspace;
  const Training::Places& places = training.places[d];
  list.add_input(DNNL_ARG_DST_ITER, layouts.dst_iter, workspace, places.last_h);
  list.add_input(DNNL_ARG_DST_ITER_C, layouts.dst_iter_c, workspace, places.last_c);
  list.add_input(DNNL_ARG_WORKSPACE, pair.workspace, workspace, places.primitive);
  list.add_input(DNNL_ARG_DIFF_DST_LAYER, layouts.dst_layer, first + gradient_input::kDy, start.y);
  list.add_input(DNNL_ARG_DIFF_DST_ITER, layouts.dst_iter, first + gradient_input::kDyh,
                 start.state);
  list.add_input(DNNL_ARG_DIFF_DST_ITER_C, layouts.dst_iter_c, first + gradient_input::kDyc,
                 start.state);
  add_input_gradient(list, training, d);
  list.add_output(DNNL_ARG_DIFF_SRC_ITER, layouts.src_iter, kDinitialH, start.state);
  list.add_output(DNNL_ARG_DIFF_SRC_ITER_C, layouts.src_iter_c, kDinitialC, start.state);
  weights.add_gradients_to(list, layouts, pair, d);
  return list;
}

}  // namespace

std::unique_ptr<Kernel> make_recurrent_training(const KernelRequest& request,
                                                const RecurrentFlavor& flavor) {
  const Training training(request, flavor);
  if (training.directions.empty()) return nullptr;
  auto kernel = std::make_unique<RecurrentKernel>();
  for (std::size_t d = 0; d < training.directions.size(); ++d) {
    kernel->add_direction(training.directions[d].forward,
                          training_arguments(request, flavor, training, d));
  }
  kernel->set_output_bytes(training.attrs.kind->output_count(),
                           static_cast<std::size_t>(training.workspace_elements) * sizeof(float));
  return kernel;
}

std::unique_ptr<Kernel> make_recurrent_gradient(const KernelRequest& request,
                                                const RecurrentFlavor& flavor) {
  const Training training(request, flavor);
  if (training.directions.empty()) return nullptr;
  auto kernel = std::make_unique<RecurrentKernel>();
  for (std::size_t d = 0; d < training.directions.size(); ++d) {
    kernel->add_direction(training.directions[d].backward,
                          gradient_arguments(request, flavor, training, d));
  }
  return kernel;
}

}  // namespace gatefold::onednn
