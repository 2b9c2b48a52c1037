#include "passes/loops/loop_rows.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>

#include "ir/op_def.h"
#include "passes/loops/loop_condition.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/spell_view.h"

namespace gatefold {
namespace {

const Dim& extent_of(const Value& value, std::int64_t axis) {
  return (*value.type().shape)[static_cast<std::size_t>(axis)];
}

// What is done to each element alone, or aligns the last axes of its operands.
constexpr std::array<std::string_view, 38> kElementwise = {"Abs",
                                                           "Add",
                                                           "And",
                                                           "Cast",
                                                           "Clip",
                                                           "Div",
                                                           "Elu",
                                                           "Equal",
                                                           "Erf",
                                                           "Exp",
                                                           "Gelu",
                                                           "Greater",
                                                           "GreaterOrEqual",
                                                           "HardSigmoid",
                                                           "HardSwish",
                                                           "LeakyRelu",
                                                           "Less",
                                                           "LessOrEqual",
                                                           "Log",
                                                           "MatMul",
                                                           "Max",
                                                           "Min",
                                                           "Mul",
                                                           "Neg",
                                                           "Not",
                                                           "Or",
                                                           "Pow",
                                                           "Reciprocal",
                                                           "Relu",
                                                           "Selu",
                                                           "Sigmoid",
                                                           "Softplus",
                                                           "Softsign",
                                                           "Sqrt",
                                                           "Sub",
                                                           "Sum",
                                                           "Tanh",
                                                           "Where"};
constexpr std::array<std::string_view, 4> kAlongAxis = {"Concat", "LayerNormalization",
                                                        "LogSoftmax", "Softmax"};

bool is_one_of(std::string_view op, std::span<const std::string_view> ops) {
  return std::find(ops.begin(), ops.end(), op) != ops.end();
}

// True when all inputs have an axis to spare in front of those that the operator looks at.
bool has_rows(const Node& node) {
  const std::string_view op = node.op().name;
  if (!node.op().domain.empty()) return false;
  if (op == "MatMul") {
    const auto is_matrix = [](const Value* value) {
      return value->type().has_rank() && value->type().rank() > 1;
    };
    return is_matrix(node.input(0)) && is_matrix(node.input(1));
  }
  if (op != "Gemm") return is_one_of(op, kElementwise) || is_one_of(op, kAlongAxis);
  return node.attr_int("transA") == 0 && node.attr_float("alpha") == 1.0F &&
         node.attr_float("beta") == 1.0F;
}

// Only an input of these may differ between iterations.
bool may_vary(const Node& node, std::size_t port) {
  const std::string_view op = node.op().name;
  return port == 0 || op == "Concat" || (is_one_of(op, kElementwise) && op != "Clip");
}

// Gemm of rows [T, N, K].
Value* build_gemm(const Node& gemm, const std::vector<Value*>& inputs, Rewriter& rewriter) {
  Value* weight = inputs[1];
  if (gemm.attr_int("transB") != 0) {
    weight = rewriter.add("Transpose", {weight}, {{"perm", std::vector<std::int64_t>{1, 0}}});
  }
  Value* product = rewriter.add("MatMul", {inputs[0], weight});
  const bool adds = inputs.size() > 2 && inputs[2] != nullptr;
  return adds ? rewriter.add("Add", {product, inputs[2]}) : product;
}

// The value for each of the rows [T, ..].
Value* repeat(Value* value, Value* rows, Rewriter& rewriter) {
  Value* time = rewriter.add("Shape", {rows}, {{"end", std::int64_t{1}}});
  Value* dims = rewriter.add("Shape", {value});
  dims = rewriter.add("Concat", {time, dims}, {{"axis", std::int64_t{0}}});
  return rewriter.add("Expand", {value, dims});
}

}  // namespace

std::optional<View> put_in(const View& rows, const View& view) {
  auto places = coordinates_of(view);
  if (!places) return std::nullopt;
  places->erase(places->begin(), places->end() - static_cast<std::ptrdiff_t>(rows.rank() - 1));
  places->insert(places->begin(), ViewIndex::along(0, view.rank()));
  return view_through(rows, view.extents, *places);
}

View Rows::in_order() const {
  const View view = view_of(*value);
  return backwards ? *reversed(view, 0) : view;
}

LoopRows::LoopRows(Rewriter& rewriter, const LoopView& loop)
    : rewriter_(rewriter),
      loop_(loop),
      counts_(rewriter.context(), &loop, [this](const View& view) { return behind(view); }) {
  if (!loop.is_scan()) {
    trips_ = counts_.read(loop.node().input(loop_port::kTripCount));
    if (!trips_) return;
    if (*trips_ == Count{.offset = trips_->offset}) time_ = trips_->offset;
    counts_.end_with(*trips_ - Count{.offset = 1});
    return;
  }
  const Value* sequence = loop.node().input(loop.carried_count());
  if (sequence == nullptr || !sequence->type().has_rank()) return;
  time_ = extent_of(*sequence,
                    positive_axis(loop.list_entry("scan_input_axes", 0), sequence->type().rank()));
  if (time_.is_known()) trips_ = Count{.offset = time_.size()};
  if (time_.is_symbol()) trips_ = Count{.terms = {{.extent = time_.symbol()}}};
}

View LoopRows::in_time(Value& value, std::int64_t rank) const {
  const Shape& shape = *value.type().shape;
  const std::size_t added = static_cast<std::size_t>(rank) - shape.size() + 1;
  Shape extents(added, Dim(1));
  extents.front() = time_;
  std::vector<ViewIndex> places;
  for (const Dim& extent : shape) {
    places.push_back(ViewIndex::along(extents.size(), added + shape.size()));
    extents.push_back(extent);
  }
  return view_at(value, extents, places);
}

bool LoopRows::is_outside(const Value& value) const {
  return value.graph() != &loop_.body() || value.has_data();
}

std::optional<View> LoopRows::outside(View view) {
  while (!is_outside(*view.source)) {
    auto next = behind(view);
    if (!next) {
      const auto& rows = rows_made(*view.source);
      next = rows ? put_in(*rows, view) : std::nullopt;
    }
    if (!next) return std::nullopt;
    view = std::move(*next);
  }
  if (view.source->graph() == &loop_.body()) {
    view.source = rewriter_.add_constant(view.source->name(), *view.source->data());
  }
  return view;
}

std::optional<View> LoopRows::behind(const View& view) {
  if (auto next = gatefold::behind(view)) return next;
  if (is_outside(*view.source)) return std::nullopt;
  if (view.source->producer() == nullptr) return read_input(view);
  if (const Node* node = producer_of(view.source, "Gather")) return read_gathered(view, *node);
  if (const Node* node = producer_of(view.source, "Slice")) return read_sliced(view, *node);
  const Node* squeeze = producer_of(view.source, "Squeeze");
  return squeeze == nullptr ? std::nullopt : read_squeezed(view, *squeeze);
}

// Axes of an extent that is not known but must be 1.
std::optional<View> LoopRows::read_squeezed(const View& view, const Node& squeeze) const {
  auto places = coordinates_of(view);
  const auto axes = moved_axes(squeeze, rewriter_);
  if (!places || !axes) return std::nullopt;
  for (const std::int64_t axis : *axes) {
    places->insert(places->begin() + axis, ViewIndex::constant(0, view.rank()));
  }
  return view_at(*squeeze.input(0), view.extents, *places);
}

// The number of the iteration, or what a Scan reads in it.
std::optional<View> LoopRows::read_input(const View& view) {
  const auto& inputs = loop_.body().inputs();
  const auto port = static_cast<std::size_t>(std::find(inputs.begin(), inputs.end(), view.source) -
                                             inputs.begin());
  ViewIndex time = ViewIndex::along(0, view.rank());
  if (!loop_.is_scan()) {
    Value* trips = loop_.node().input(loop_port::kTripCount);
    if (port != loop_port::kIteration || trips == nullptr) return std::nullopt;
    const auto number = [&](std::int64_t value) {
      return rewriter_.add_constant("number", Tensor::scalar<std::int64_t>(value));
    };
    if (numbers_ == nullptr) numbers_ = rewriter_.add("Range", {number(0), trips, number(1)});
    return view_at(*numbers_, view.extents, {time});
  }
  const std::size_t states = loop_.carried_count();
  auto places = coordinates_of(view);
  Value* sequence = loop_.node().input(port);
  if (port < states || !places || !sequence->type().has_rank()) return std::nullopt;
  if (loop_.list_entry("scan_input_directions", port - states) == 1) {
    time.offset = time.strides.front() = -1;
    time.ends = 1;
  }
  const std::int64_t axis =
      positive_axis(loop_.list_entry("scan_input_axes", port - states), sequence->type().rank());
  places->insert(places->begin() + axis, time);
  return view_at(*sequence, view.extents, *places);
}

std::optional<ViewIndex> LoopRows::position(const Count& count, const Dim& extent,
                                            std::size_t rank) const {
  auto first = index_along(count, extent, rank);
  const auto trips = trips_ ? index_along(*trips_, extent, rank) : std::nullopt;
  const std::int64_t step = count.per_iteration();
  if (!first || !trips || step == 0) return std::nullopt;
  if (std::count(first->strides.begin(), first->strides.end(), 0) + 1 != std::ssize(first->strides))
    return std::nullopt;
  ViewIndex last = *first;
  last.offset += step * (trips->offset - 1);
  last.ends += step * trips->ends;
  if (extent.is_known()) {
    if (std::max(first->offset, last.offset) < 0) {
      first->offset += extent.size();
      last.offset += extent.size();
    }
    const auto [low, high] = std::minmax(first->offset, last.offset);
    if (low < 0 || high >= extent.size() || trips->offset < 1) return std::nullopt;
    first->spare = extent.size() - std::abs(step) * trips->offset;
    return first;
  }
  if (first->ends == 0 && first->offset < 0) {
    ++first->ends;
    ++last.ends;
  }
  const ViewIndex& low = step > 0 ? *first : last;
  const ViewIndex& high = step > 0 ? last : *first;
  const bool is_within = low.ends == 0 && low.offset >= 0 && high.ends == 1 && high.offset < 0;
  if (!is_within || std::abs(step) != 1) return std::nullopt;
  first->spare = -trips->offset;
  return first;
}

std::optional<View> LoopRows::read_gathered(const View& view, const Node& gather) {
  Value* source = gather.input(0);
  Value* index = gather.input(1);
  auto places = coordinates_of(view);
  if (!places || !source->type().has_rank() || !index->type().has_rank()) return std::nullopt;
  const std::int64_t axis = positive_axis(gather.attr_int("axis"), source->type().rank());
  const auto first = places->begin() + axis;
  const auto count =
      counts_.read(view_at(*index, view.extents, {first, first + index->type().rank()}));
  const auto place = count ? position(*count, extent_of(*source, axis), view.rank()) : std::nullopt;
  if (!place) return std::nullopt;
  places->insert(places->erase(first, first + index->type().rank()), *place);
  return view_at(*source, view.extents, *places);
}

// A single row.
std::optional<View> LoopRows::read_sliced(const View& view, const Node& slice) {
  Value* source = slice.input(0);
  auto places = coordinates_of(view);
  const auto number = known_number(slice.input(3), rewriter_.context());
  const auto first = counts_.read(slice.input(1));
  const auto end = counts_.read(slice.input(2));
  const bool is_plain =
      slice.input(4) == nullptr || known_number(slice.input(4), rewriter_.context()) == 1;
  if (!places || !number || !source->type().has_rank() || !first || !end || !is_plain) {
    return std::nullopt;
  }
  // Counted from the end, the row before the end of the sequence has no index to stop at.
  if (*end - *first != Count{.offset = 1} || (first->offset < 0 && first->terms.empty())) {
    return std::nullopt;
  }
  const std::int64_t axis = positive_axis(*number, source->type().rank());
  const auto place = position(*first, extent_of(*source, axis), view.rank());
  if (!place) return std::nullopt;
  View row = view;
  for (std::size_t k = 0; k < view.rank(); ++k) {
    if ((*places)[static_cast<std::size_t>(axis)].strides[k] != 0) row.extents[k] = 1;
  }
  (*places)[static_cast<std::size_t>(axis)] = *place;
  return view_at(*source, row.extents, *places);
}

const std::optional<View>& LoopRows::rows_made(Value& value) {
  const auto known = made_.find(&value);
  if (known != made_.end()) return known->second;
  auto rows = make_rows(value);
  if (!rows) {
    rewriter_.no_match("'{}' cannot be computed for all iterations at once", value.name());
  }
  return made_[&value] = std::move(rows);
}

// Of a view [T, ..], in the order of the iterations or in the opposite one; in the one that costs
// nothing where that is left open.
std::optional<Rows> LoopRows::rows_of(const View& view, std::optional<bool> backwards) {
  auto rows = outside(view);
  const auto places = rows ? coordinates_of(*rows) : std::nullopt;
  if (!places) return std::nullopt;
  const bool runs_down = std::any_of(places->begin(), places->end(), [](const ViewIndex& index) {
    return index.strides.front() < 0;
  });
  if (backwards.value_or(runs_down)) rows = reversed(*rows, 0);
  Value* value = rows ? spell(rewriter_, *rows) : nullptr;
  if (value == nullptr) return std::nullopt;
  return Rows{value, backwards.value_or(runs_down)};
}

std::optional<Rows> LoopRows::map_node(const Node& node) {
  const std::int64_t rank = node.output()->type().rank();
  const bool joins = node.op().name == "Concat";
  if (!has_rows(node)) return std::nullopt;
  std::vector<Value*> inputs = node.inputs();
  std::optional<bool> backwards;
  std::vector<std::size_t> shared;
  std::size_t varying = 0;
  for (std::size_t port = 0; port < inputs.size(); ++port) {
    Value*& input = inputs[port];
    if (input == nullptr) continue;
    if (!input->type().has_rank() || input->type().rank() > rank) return std::nullopt;
    if (is_outside(*input)) {
      input = outside(in_time(*input))->source;
      shared.push_back(port);
      continue;
    }
    const auto rows =
        may_vary(node, port) ? rows_of(in_time(*input, rank), backwards) : std::nullopt;
    if (!rows) return std::nullopt;
    backwards = rows->backwards;
    input = rows->value;
    varying = port;
  }
  if (!backwards) return std::nullopt;
  for (std::size_t i = 0; joins && i < shared.size(); ++i) {
    inputs[shared[i]] = repeat(inputs[shared[i]], inputs[varying], rewriter_);
  }
  if (node.op().name == "Gemm") return Rows{build_gemm(node, inputs, rewriter_), *backwards};
  Attrs attrs = node.attrs();
  if (is_one_of(node.op().name, kAlongAxis)) {
    attrs["axis"] = positive_axis(node.attr_int("axis"), rank) + (joins ? 1 : -rank);
  }
  return Rows{rewriter_.add(node.op().name, inputs, attrs), *backwards};
}

}  // namespace gatefold
