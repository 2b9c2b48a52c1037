#include "backend/onednn/recurrent.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "backend/recurrent_extents.h"

namespace gatefold::onednn {
namespace {

using Tag = dnnl::memory::format_tag;

/// The numbers of one recurrent node as oneDNN wants them, for all directions.
class RecurrentConstants {
 public:
  RecurrentConstants(const KernelRequest& request, const RecurrentAttrs& attrs,
                     const RecurrentExtents& extents, const RecurrentFlavor& flavor)
      : request_(request), attrs_(attrs), extents_(extents), flavor_(flavor) {}

  /// W or R [D,G*H,K] of one direction in `layout`.
  Tensor weights(std::size_t input, std::size_t d, const dnnl::memory::desc& layout) const {
    const Tensor& source = *request_.constant(input);
    const std::int64_t K = source.dims()[2];
    const std::string key = fmt::format("onednn {} {} {}", flavor_.gates, d, key_of(layout));
    return request_.packed.get(source, key, [&] {
      const std::int64_t block = extents_.H * K;
      const float* part = source.data<float>() + static_cast<std::int64_t>(d) * extents_.G * block;
      const Tensor ordered = blocks_in_order(part, attrs_.kind->gates, flavor_.gates, block);
      Tensor packed(DataType::kUint8, {static_cast<std::int64_t>(layout.get_size())});
      reorder(ordered.raw(), layout_of({1, 1, K, extents_.G, extents_.H}, Tag::ldgoi), packed.raw(),
              layout);
      return packed;
    });
  }

  /// B [D,2*G*H] of one direction as [rows, H].
  Tensor bias(std::size_t d) const {
    const std::int64_t H = extents_.H;
    if (!request_.has_input(recurrent_input::kB)) {
      return Tensor(DataType::kFloat32, {bias_rows(), H});
    }
    const Tensor& source = *request_.constant(recurrent_input::kB);
    const std::string key = fmt::format("onednn bias {} {} {}", flavor_.gates,
                                        flavor_.splits_last_bias ? "split" : "joined", d);
    return request_.packed.get(source, key, [&] {
      const std::int64_t size = extents_.G * H;
      const float* part = source.data<float>() + static_cast<std::int64_t>(d) * 2 * size;
      const Tensor input = blocks_in_order(part, attrs_.kind->gates, flavor_.gates, H);
      const Tensor state = blocks_in_order(part + size, attrs_.kind->gates, flavor_.gates, H);
      Tensor joined(DataType::kFloat32, {bias_rows(), H});
      std::copy_n(input.data<float>(), size, joined.data<float>());
      const std::int64_t summed = flavor_.splits_last_bias ? size - H : size;
      for (std::int64_t i = 0; i < summed; ++i) joined.data<float>()[i] += state.data<float>()[i];
      std::copy(state.data<float>() + summed, state.data<float>() + size,
                joined.data<float>() + size);
      return joined;
    });
  }

  /// P [D,3*H] of one direction.
  Tensor peepholes(std::size_t d) const {
    const Tensor& source = *request_.constant(recurrent_input::kP);
    return request_.packed.get(source, fmt::format("onednn {} {}", flavor_.peepholes, d), [&] {
      return blocks_in_order(source.data<float>() + static_cast<std::int64_t>(d) * 3 * extents_.H,
                             attrs_.kind->peepholes, flavor_.peepholes, extents_.H);
    });
  }

  std::int64_t bias_rows() const { return extents_.G + (flavor_.splits_last_bias ? 1 : 0); }

 private:
  static Tensor blocks_in_order(const float* source, std::string_view from, std::string_view to,
                                std::int64_t block) {
    Tensor result(DataType::kFloat32, {static_cast<std::int64_t>(to.size()) * block});
    float* target = result.data<float>();
    for (const char gate : to) {
      target =
          std::copy_n(source + static_cast<std::int64_t>(from.find(gate)) * block, block, target);
    }
    return result;
  }

  const KernelRequest& request_;
  const RecurrentAttrs& attrs_;
  const RecurrentExtents& extents_;
  const RecurrentFlavor& flavor_;
};

/// Memory of an argument that is found anew in each run.
struct Binding {
  std::size_t argument;
  std::size_t port;
  std::size_t offset;  ///< In bytes.
  const void* (*find)(const Buffers& buffers, const Binding& binding);
};

const void* find_in_input(const Buffers& buffers, const Binding& binding) {
  return buffers.input<std::byte>(binding.port) + binding.offset;
}
const void* find_in_output(const Buffers& buffers, const Binding& binding) {
  return buffers.output<std::byte>(binding.port) + binding.offset;
}
const void* find_in_scratch(const Buffers& buffers, const Binding& binding) {
  return static_cast<std::byte*>(buffers.scratch) + binding.offset;
}

/// The arguments of one direction's primitive, with their numbers or where these are found.
class ArgumentList {
 public:
  explicit ArgumentList(const KernelRequest& request) : request_(request) {}

  void add_constant(int number, const dnnl::memory::desc& layout, Tensor numbers) {
    arguments.push_back({number, layout, numbers.raw()});
    constants.push_back(std::move(numbers));
  }
  /// A missing input is zeros; nothing is added for an empty layout. Offsets are in elements.
  void add_input(int number, const dnnl::memory::desc& layout, std::size_t port,
                 std::int64_t offset) {
    const auto bytes = static_cast<std::int64_t>(layout.get_size());
    if (bytes == 0) return;
    if (!request_.has_input(port)) {
      return add_constant(number, layout, Tensor(DataType::kUint8, {bytes}));
    }
    bindings.push_back({arguments.size(), port, offset * sizeof(float), find_in_input});
    arguments.push_back({number, layout});
  }
  /// An unwanted output is written to scratch memory.
  void add_output(int number, const dnnl::memory::desc& layout, std::size_t port,
                  std::int64_t offset) {
    if (layout.get_size() == 0) return;
    if (request_.has_output(port)) {
      bindings.push_back({arguments.size(), port, offset * sizeof(float), find_in_output});
    } else {
      bindings.push_back({arguments.size(), 0, scratch_bytes, find_in_scratch});
      scratch_bytes += (layout.get_size() + 63) / 64 * 64;
    }
    arguments.push_back({number, layout});
  }

  std::vector<Argument> arguments;
  std::vector<Binding> bindings;
  std::vector<Tensor> constants;
  std::size_t scratch_bytes = 0;

 private:
  const KernelRequest& request_;
};

ArgumentList list_arguments(const KernelRequest& request, const RecurrentExtents& extents,
                            const RecurrentFlavor& flavor, const RecurrentDirection& direction,
                            const RecurrentPrimitive& primitive) {
  using namespace recurrent_input;
  using namespace recurrent_output;
  const RecurrentLayouts& layouts = direction.layouts;
  const RecurrentConstants constants(request, direction.attrs, extents, flavor);
  const std::size_t d = direction.number;
  const std::int64_t state = static_cast<std::int64_t>(d) * extents.state.direction;
  const std::int64_t y = static_cast<std::int64_t>(d) * extents.y.direction;
  ArgumentList list(request);
  list.add_input(DNNL_ARG_SRC_LAYER, layouts.src_layer, kX, 0);
  list.add_input(DNNL_ARG_SRC_ITER, layouts.src_iter, kInitialH, state);
  list.add_input(DNNL_ARG_SRC_ITER_C, layouts.src_iter_c, kInitialC, state);
  list.add_constant(DNNL_ARG_WEIGHTS_LAYER, primitive.weights_layer,
                    constants.weights(kW, d, primitive.weights_layer));
  list.add_constant(DNNL_ARG_WEIGHTS_ITER, primitive.weights_iter,
                    constants.weights(kR, d, primitive.weights_iter));
  if (request.has_input(kP)) {
    list.add_constant(DNNL_ARG_WEIGHTS_PEEPHOLE, layouts.weights_peephole, constants.peepholes(d));
  }
  list.add_constant(DNNL_ARG_BIAS, layouts.bias, constants.bias(d));
  list.add_output(DNNL_ARG_DST_LAYER, layouts.dst_layer, kY, y);
  list.add_output(DNNL_ARG_DST_ITER, layouts.dst_iter, kYh, state);
  list.add_output(DNNL_ARG_DST_ITER_C, layouts.dst_iter_c, kYc, state);
  return list;
}

/// One uni-directional primitive per direction.
class RecurrentKernel : public Kernel {
 public:
  void add_direction(const RecurrentPrimitive& primitive, ArgumentList list) {
    directions_.push_back({PreparedPrimitive(primitive.primitive, primitive, list.arguments),
                           std::move(list.bindings), std::move(list.constants)});
    shared_bytes_ = std::max(shared_bytes_, list.scratch_bytes);
    primitive_bytes_ = std::max(primitive_bytes_, directions_.back().primitive.scratch_bytes());
  }

  void run(const Buffers& buffers) override {
    for (Direction& direction : directions_) {
      for (const Binding& binding : direction.bindings) {
        direction.primitive.set(binding.argument, binding.find(buffers, binding));
      }
      direction.primitive.execute(static_cast<std::byte*>(buffers.scratch) + shared_bytes_);
    }
  }
  std::size_t scratch_bytes() const override { return shared_bytes_ + primitive_bytes_; }
  std::size_t bytes() const override { return directions_.size() * PreparedPrimitive::kBytes; }
  std::string implementation() const override { return directions_[0].primitive.implementation(); }

 private:
  struct Direction {
    PreparedPrimitive primitive;
    std::vector<Binding> bindings;
    std::vector<Tensor> constants;
  };

  std::vector<Direction> directions_;
  std::size_t shared_bytes_ = 0;  ///< Unwanted outputs, for one direction at a time.
  std::size_t primitive_bytes_ = 0;
};

// oneDNN walks rows [T * N] where it can, also along an axis of extent 1.
dnnl::memory::desc sequence_layout(std::int64_t T, std::int64_t N, std::int64_t width,
                                   std::int64_t time, std::int64_t batch) {
  if (N == 1) batch = time;
  if (T == 1) time = N * batch;
  return {{T, N, width}, dnnl::memory::data_type::f32, dnnl::memory::dims{time, batch, 1}};
}

RecurrentLayouts layouts_of(const KernelRequest& request, const RecurrentAttrs& attrs,
                            const RecurrentExtents& extents, const RecurrentFlavor& flavor) {
  const auto& [T, N, I, H, D, G, x, y, state, workspace] = extents;
  constexpr auto kFloat = dnnl::memory::data_type::f32;
  const bool has_cell_state = attrs.kind->has_cell_state;
  const dnnl::memory::desc state_layout({1, 1, N, H}, kFloat,
                                        dnnl::memory::dims{N * D * H, N * D * H, state.batch, 1});
  const bool has_initial = request.has_input(recurrent_input::kInitialH) ||
                           request.has_input(recurrent_input::kInitialC);
  const bool has_last =
      request.has_output(recurrent_output::kYh) || request.has_output(recurrent_output::kYc);
  RecurrentLayouts layouts;
  layouts.src_layer = sequence_layout(T, N, I, x.time, x.batch);
  layouts.dst_layer = sequence_layout(T, N, H, y.time, y.batch);
  if (has_initial) layouts.src_iter = state_layout;
  if (has_initial && has_cell_state) layouts.src_iter_c = state_layout;
  if (has_last) layouts.dst_iter = state_layout;
  if (has_last && has_cell_state) layouts.dst_iter_c = state_layout;
  layouts.weights_layer = any_layout({1, 1, I, G, H});
  layouts.weights_iter = any_layout({1, 1, H, G, H});
  if (request.has_input(recurrent_input::kP)) {
    layouts.weights_peephole = layout_of({1, 1, 3, H}, Tag::ldgo);
  }
  layouts.bias = layout_of({1, 1, G + (flavor.splits_last_bias ? 1 : 0), H}, Tag::ldgo);
  return layouts;
}

bool is_possible(const KernelRequest& request, const RecurrentAttrs& attrs,
                 const RecurrentExtents& extents) {
  using namespace recurrent_input;
  if (request.dtype(kX) != DataType::kFloat32 || attrs.clip || attrs.input_forget) return false;
  if (attrs.kind != &kRnn && !attrs.has_default_activations()) return false;
  for (const std::size_t input : {kW, kR, kB, kP}) {
    if (request.has_input(input) && request.constant(input) == nullptr) return false;
  }
  if (request.has_input(kSequenceLens)) {
    if (request.constant(kSequenceLens) == nullptr) return false;
    const auto lengths = request.constant(kSequenceLens)->values<std::int32_t>();
    const auto is_full = [&](std::int32_t length) { return length == extents.T; };
    if (!std::all_of(lengths.begin(), lengths.end(), is_full)) return false;
  }
  return extents.T > 0 && extents.N > 0 && extents.I > 0 && extents.H > 0;
}

}  // namespace

std::unique_ptr<Kernel> make_recurrent(const KernelRequest& request,
                                       const RecurrentFlavor& flavor) {
  const RecurrentAttrs attrs = read_recurrent_attrs(request.node);
  const RecurrentExtents extents = recurrent_extents(request, attrs);
  if (!is_possible(request, attrs, extents)) return nullptr;
  const RecurrentLayouts layouts = layouts_of(request, attrs, extents, flavor);
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
