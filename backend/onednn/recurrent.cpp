#include "backend/onednn/recurrent.h"

#include <algorithm>

#include "backend/onednn/recurrent_arguments.h"
#include "backend/onednn/recurrent_weights.h"
#include "backend/recurrent_extents.h"

namespace gatefold::onednn {
namespace {

using Tag = dnnl::memory::format_tag;

ArgumentList list_arguments(const KernelRequest& request, const RecurrentExtents& extents,
                            const RecurrentFlavor& flavor, const RecurrentDirection& direction,
                            const RecurrentPrimitive& primitive) {
  using namespace recurrent_input;
  using namespace recurrent_output;
  const RecurrentLayouts& layouts = direction.layouts;
  const std::size_t d = direction.number;
  const std::int64_t state = static_cast<std::int64_t>(d) * extents.state.direction;
  const std::int64_t y = static_cast<std::int64_t>(d) * extents.y.direction;
  ArgumentList list(request);
  list.add_input(DNNL_ARG_SRC_LAYER, layouts.src_layer, kX, 0);
  list.add_input(DNNL_ARG_SRC_ITER, layouts.src_iter, kInitialH, state);
  list.add_input(DNNL_ARG_SRC_ITER_C, layouts.src_iter_c, kInitialC, state);
  RecurrentWeights(request, direction.attrs, extents, flavor).add_to(list, layouts, primitive, d);
  list.add_output(DNNL_ARG_DST_LAYER, layouts.dst_layer, kY, y);
  list.add_output(DNNL_ARG_DST_ITER, layouts.dst_iter, kYh, state);
  list.add_output(DNNL_ARG_DST_ITER_C, layouts.dst_iter_c, kYc, state);
  return list;
}

// oneDNN walks rows [T * N] where it can, also along an axis of extent 1.
dnnl::memory::desc sequence_layout(std::int64_t T, std::int64_t N, std::int64_t width,
                                   std::int64_t time, std::int64_t batch) {
  if (N == 1) batch = time;
  if (T == 1) time = N * batch;
  return {{T, N, width}, dnnl::memory::data_type::f32, dnnl::memory::dims{time, batch, 1}};
}

}  // namespace

RecurrentLayouts layouts_of(const KernelRequest& request, const RecurrentAttrs& attrs,
                            const RecurrentExtents& extents, const RecurrentFlavor& flavor,
                            const RecurrentStates& states) {
  const auto& [T, N, I, H, D, G, x, y, state, workspace] = extents;
  constexpr auto kFloat = dnnl::memory::data_type::f32;
  const bool has_cell_state = attrs.kind->has_cell_state;
  const dnnl::memory::desc state_layout({1, 1, N, H}, kFloat,
                                        dnnl::memory::dims{N * D * H, N * D * H, state.batch, 1});
  RecurrentLayouts layouts;
  layouts.src_layer = sequence_layout(T, N, I, x.time, x.batch);
  layouts.dst_layer = sequence_layout(T, N, H, y.time, y.batch);
  if (states.has_initial) layouts.src_iter = state_layout;
  if (states.has_initial && has_cell_state) layouts.src_iter_c = state_layout;
  if (states.has_last) layouts.dst_iter = state_layout;
  if (states.has_last && has_cell_state) layouts.dst_iter_c = state_layout;
  layouts.weights_layer = any_layout({1, 1, I, G, H});
  layouts.weights_iter = any_layout({1, 1, H, G, H});
  if (request.has_input(recurrent_input::kP)) {
    layouts.weights_peephole = layout_of({1, 1, 3, H}, Tag::ldgo);
  }
  layouts.bias = layout_of({1, 1, G + (flavor.splits_last_bias ? 1 : 0), H}, Tag::ldgo);
  return layouts;
}

bool takes_recurrent(const KernelRequest& request, const RecurrentAttrs& attrs,
                     const RecurrentExtents& extents) {
  using namespace recurrent_input;
  if (request.dtype(kX) != DataType::kFloat32 || attrs.clip || attrs.input_forget) return false;
  if (attrs.kind != &kRnn && !attrs.has_default_activations()) return false;
  if (request.has_input(kSequenceLens)) {
    if (request.constant(kSequenceLens) == nullptr) return false;
    const auto lengths = request.constant(kSequenceLens)->values<std::int32_t>();
    const auto is_full = [&](std::int32_t length) { return length == extents.T; };
    if (!std::all_of(lengths.begin(), lengths.end(), is_full)) return false;
  }
  return extents.T > 0 && extents.N > 0 && extents.I > 0 && extents.H > 0;
}

std::unique_ptr<Kernel> make_recurrent(const KernelRequest& request,
                                       const RecurrentFlavor& flavor) {
  const RecurrentAttrs attrs = read_recurrent_attrs(request.node);
  const RecurrentExtents extents = recurrent_extents(request, attrs);
  if (!takes_recurrent(request, attrs, extents)) return nullptr;
  const RecurrentLayouts layouts =
      layouts_of(request, attrs, extents, flavor,
                 {.has_initial = request.has_input(recurrent_input::kInitialH) ||
                                 request.has_input(recurrent_input::kInitialC),
                  .has_last = request.has_output(recurrent_output::kYh) ||
                              request.has_output(recurrent_output::kYc)});
  auto kernel = std::make_unique<RecurrentKernel>();
  for (std::size_t d = 0; d < attrs.directions.size(); ++d) {
    const RecurrentDirection direction{attrs, d, layouts};
    const auto primitive = flavor.describe(direction);
    if (!primitive) return nullptr;
    kernel->add_direction(*primitive,
                          list_arguments(request, extents, flavor, direction, *primitive));
  }
  return kernel;
}

}  // namespace gatefold::onednn
