#include "backend/onednn/recurrent_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

namespace gatefold::onednn {
namespace {

/// Blocks of numbers, one per letter, in another order of the letters.
struct BlockOrder {
  std::string_view from, to;
  std::int64_t block = 0;

  std::int64_t size() const { return static_cast<std::int64_t>(to.size()) * block; }
  void copy(const float* source, float* target) const {
    for (const char letter : to) {
      const auto place = static_cast<std::int64_t>(from.find(letter));
      target = std::copy_n(source + place * block, block, target);
    }
  }
};

/// The two halves of B as rows of H numbers, as a flavor wants them.
struct BiasRows {
  std::string_view from, to;
  bool splits_last = false;
  std::int64_t H = 0;

  std::int64_t gates() const { return static_cast<std::int64_t>(to.size()); }
  std::int64_t rows() const { return gates() + (splits_last ? 1 : 0); }
  /// Calls visit(row, row of the state's half, place of the gate in ONNX's order).
  template <typename Visit>
  void for_each_gate(const Visit& visit) const {
    for (std::int64_t i = 0; i < gates(); ++i) {
      const bool is_split = splits_last && i == gates() - 1;
      visit(i, is_split ? gates() : i, static_cast<std::int64_t>(from.find(to[i])));
    }
  }
  void join(const float* halves, float* joined) const {
    std::fill_n(joined, rows() * H, 0.0F);
    for_each_gate([&](std::int64_t row, std::int64_t state_row, std::int64_t gate) {
      for (std::int64_t j = 0; j < H; ++j) {
        joined[row * H + j] += halves[gate * H + j];
        joined[state_row * H + j] += halves[(gates() + gate) * H + j];
      }
    });
  }
  void split(const float* joined, float* halves) const {
    for_each_gate([&](std::int64_t row, std::int64_t state_row, std::int64_t gate) {
      std::copy_n(joined + row * H, H, halves + gate * H);
      std::copy_n(joined + state_row * H, H, halves + (gates() + gate) * H);
    });
  }
};

float* floats_at(const Binding& binding, const Buffers& buffers) {
  return reinterpret_cast<float*>(binding.find(buffers));
}

Binding binding_of(Binding::Place place, std::size_t port, std::int64_t offset) {
  return {.place = place, .port = port, .offset = static_cast<std::size_t>(offset) * sizeof(float)};
}

/// A reorder with its own scratch memory.
class Reorder {
 public:
  Reorder(ArgumentList& list, const dnnl::memory::desc& from, const dnnl::memory::desc& to)
      : primitive_(std::make_shared<PreparedPrimitive>(prepare_reorder(from, to))),
        scratch_(list.reserve(primitive_->scratch_bytes())) {}

  void run(const Buffers& buffers, const void* from, void* to) const {
    primitive_->set(0, from);
    primitive_->set(1, to);
    primitive_->execute(scratch_.find(buffers));
  }

 private:
  std::shared_ptr<PreparedPrimitive> primitive_;
  Binding scratch_;
};

/// Where an input that is written anew for oneDNN comes from.
struct Source {
  std::size_t port;
  std::int64_t start;
  std::string key;  ///< Of what is made of it where it is a constant.
};

/// Adds an argument that `rearrange` makes of an input: once where that is a constant, else in each
/// run.
template <typename Rearrange>
void add_rearranged(const KernelRequest& request, ArgumentList& list, int number,
                    const dnnl::memory::desc& layout, const Source& source,
                    const Rearrange& rearrange) {
  if (const Tensor* constant = request.constant(source.port)) {
    return list.add_constant(number, layout, request.packed.get(*constant, source.key, [&] {
      Tensor made(DataType::kUint8, {static_cast<std::int64_t>(layout.get_size())});
      rearrange(constant->data<float>() + source.start, reinterpret_cast<float*>(made.raw()));
      return made;
    }));
  }
  const Binding from = binding_of(Binding::Place::kInput, source.port, source.start);
  const Binding to = list.add_scratch(number, layout);
  list.before.push_back(
      [=](const Buffers& buffers) { rearrange(floats_at(from, buffers), floats_at(to, buffers)); });
}

/// Memory of an argument that starts as zeros in each run.
Binding add_sum(ArgumentList& list, int number, const dnnl::memory::desc& layout) {
  const Binding place = list.add_scratch(number, layout);
  list.before.push_back([place, bytes = layout.get_size()](const Buffers& buffers) {
    std::memset(place.find(buffers), 0, bytes);
  });
  return place;
}

}  // namespace

dnnl::memory::desc RecurrentWeights::blocks_layout(std::int64_t columns) const {
  return layout_of({1, 1, columns, extents_.G, extents_.H}, dnnl::memory::format_tag::ldgoi);
}

void RecurrentWeights::add_matrix(ArgumentList& list, const Matrix& matrix, std::size_t d) const {
  const BlockOrder order{attrs_.kind->gates, flavor_.gates, extents_.H * matrix.columns};
  const std::int64_t start = static_cast<std::int64_t>(d) * order.size();
  const dnnl::memory::desc blocks = blocks_layout(matrix.columns);
  if (const Tensor* source = request_.constant(matrix.port)) {
    const std::string key = fmt::format("onednn {} {} {}", flavor_.gates, d, key_of(matrix.layout));
    return list.add_constant(matrix.number, matrix.layout, request_.packed.get(*source, key, [&] {
      Tensor ordered(DataType::kFloat32, {order.size()});
      order.copy(source->data<float>() + start, ordered.data<float>());
      Tensor packed(DataType::kUint8, {static_cast<std::int64_t>(matrix.layout.get_size())});
      reorder(ordered.raw(), blocks, packed.raw(), matrix.layout);
      return packed;
    }));
  }
  const Binding source = binding_of(Binding::Place::kInput, matrix.port, start);
  const Binding target = list.add_scratch(matrix.number, matrix.layout);
  const Binding ordered = list.reserve(blocks.get_size());
  const Reorder reorder(list, blocks, matrix.layout);
  list.before.push_back([=](const Buffers& buffers) {
    order.copy(floats_at(source, buffers), floats_at(ordered, buffers));
    reorder.run(buffers, ordered.find(buffers), target.find(buffers));
  });
}

void RecurrentWeights::add_matrix_gradient(ArgumentList& list, const Matrix& matrix,
                                           std::size_t d) const {
  const Binding source = add_sum(list, matrix.number, matrix.layout);
  if (!request_.has_output(matrix.port)) return;
  const BlockOrder order{flavor_.gates, attrs_.kind->gates, extents_.H * matrix.columns};
  const dnnl::memory::desc blocks = blocks_layout(matrix.columns);
  const Binding target =
      binding_of(Binding::Place::kOutput, matrix.port, static_cast<std::int64_t>(d) * order.size());
  const Binding ordered = list.reserve(blocks.get_size());
  const Reorder reorder(list, matrix.layout, blocks);
  list.after.push_back([=](const Buffers& buffers) {
    reorder.run(buffers, source.find(buffers), ordered.find(buffers));
    order.copy(floats_at(ordered, buffers), floats_at(target, buffers));
  });
}

void RecurrentWeights::add_bias(ArgumentList& list, const dnnl::memory::desc& layout,
                                std::size_t d) const {
  constexpr std::size_t kB = recurrent_input::kB;
  const BiasRows rows{attrs_.kind->gates, flavor_.gates, flavor_.splits_last_bias, extents_.H};
  const std::int64_t start = static_cast<std::int64_t>(d) * 2 * extents_.G * extents_.H;
  if (!request_.has_input(kB)) return list.add_zeros(DNNL_ARG_BIAS, layout);
  const std::string key = fmt::format("onednn bias {} {} {}", flavor_.gates, rows.rows(), d);
  add_rearranged(request_, list, DNNL_ARG_BIAS, layout, {kB, start, key},
                 [rows](const float* from, float* to) { rows.join(from, to); });
}

void RecurrentWeights::add_bias_gradient(ArgumentList& list, const dnnl::memory::desc& layout,
                                         std::size_t d) const {
  constexpr std::size_t kDb = recurrent_gradient_output::kDb;
  const Binding source = add_sum(list, DNNL_ARG_DIFF_BIAS, layout);
  if (!request_.has_output(kDb)) return;
  const BiasRows rows{attrs_.kind->gates, flavor_.gates, flavor_.splits_last_bias, extents_.H};
  const Binding target = binding_of(Binding::Place::kOutput, kDb,
                                    static_cast<std::int64_t>(d) * 2 * extents_.G * extents_.H);
  list.after.push_back([=](const Buffers& buffers) {
    rows.split(floats_at(source, buffers), floats_at(target, buffers));
  });
}

void RecurrentWeights::add_peepholes(ArgumentList& list, const dnnl::memory::desc& layout,
                                     std::size_t d) const {
  constexpr std::size_t kP = recurrent_input::kP;
  if (!request_.has_input(kP)) return;
  const BlockOrder order{attrs_.kind->peepholes, flavor_.peepholes, extents_.H};
  const std::int64_t start = static_cast<std::int64_t>(d) * order.size();
  const std::string key = fmt::format("onednn {} {}", flavor_.peepholes, d);
  add_rearranged(request_, list, DNNL_ARG_WEIGHTS_PEEPHOLE, layout, {kP, start, key},
                 [order](const float* from, float* to) { order.copy(from, to); });
}

void RecurrentWeights::add_peephole_gradient(ArgumentList& list, const dnnl::memory::desc& layout,
                                             std::size_t d) const {
  constexpr std::size_t kDp = recurrent_gradient_output::kDp;
  if (layout.get_size() == 0) return;
  const Binding source = add_sum(list, DNNL_ARG_DIFF_WEIGHTS_PEEPHOLE, layout);
  if (!request_.has_output(kDp)) return;
  const BlockOrder order{flavor_.peepholes, attrs_.kind->peepholes, extents_.H};
  const Binding target =
      binding_of(Binding::Place::kOutput, kDp, static_cast<std::int64_t>(d) * order.size());
  list.after.push_back([=](const Buffers& buffers) {
    order.copy(floats_at(source, buffers), floats_at(target, buffers));
  });
}

void RecurrentWeights::add_to(ArgumentList& list, const RecurrentLayouts& layouts,
                              const RecurrentPrimitive& primitive, std::size_t d) const {
  using namespace recurrent_input;
  add_matrix(list, {DNNL_ARG_WEIGHTS_LAYER, kW, extents_.I, primitive.weights_layer}, d);
  add_matrix(list, {DNNL_ARG_WEIGHTS_ITER, kR, extents_.H, primitive.weights_iter}, d);
  add_peepholes(list, layouts.weights_peephole, d);
  add_bias(list, layouts.bias, d);
}

void RecurrentWeights::add_gradients_to(ArgumentList& list, const RecurrentLayouts& layouts,
                                        const RecurrentPair& pair, std::size_t d) const {
  using namespace recurrent_gradient_output;
  add_matrix_gradient(list, {DNNL_ARG_DIFF_WEIGHTS_LAYER, kDw, extents_.I, pair.diff_weights_layer},
                      d);
  add_matrix_gradient(list, {DNNL_ARG_DIFF_WEIGHTS_ITER, kDr, extents_.H, pair.diff_weights_iter},
                      d);
  add_peephole_gradient(list, layouts.weights_peephole, d);
  add_bias_gradient(list, layouts.bias, d);
}

}  // namespace gatefold::onednn
