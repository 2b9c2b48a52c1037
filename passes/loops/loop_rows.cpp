#include "passes/loops/loop_rows.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/loops/loop_condition.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/element_function.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/spell_view.h"

namespace gatefold {
namespace {

const Dim& extent_of(const Value& value, std::int64_t axis) {
  return (*value.type().shape)[static_cast<std::size_t>(axis)];
}

bool works_along_axis(const Node& node) {
  return is_one_of(node.op().name, {"Concat", "LayerNormalization", "LogSoftmax", "Softmax"});
}

// True for what is done to each element alone, or aligns the last axes of its operands.
bool is_aligned(const Node& node) {
  return ElementFunction::knows(node) ||
         is_one_of(node.op().name, {"Erf", "Gelu", "HardSwish", "MatMul"});
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
  if (op != "Gemm") return is_aligned(node) || works_along_axis(node);
  return node.attr_int("transA") == 0 && node.attr_float("alpha") == 1.0F &&
         node.attr_float("beta") == 1.0F;
}

// Only an input of these may differ between iterations.
bool may_vary(const Node& node, std::size_t port) {
  const std::string_view op = node.op().name;
  return port == 0 || op == "Concat" || (is_aligned(node) && op != "Clip");
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
  const auto trips = counts_.trips();
  if (trips && *trips == Count{.offset = trips->offset}) time_ = trips->offset;
  if (loop.is_scan() && trips && !trips->terms.empty()) time_ = Dim(trips->terms.front().extent);
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
  const Node* gather = producer_of(view.source, "Gather");
  return gather == nullptr ? std::nullopt : read_gathered(view, *gather);
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

std::optional<View> LoopRows::read_gathered(const View& view, const Node& gather) {
  Value* source = gather.input(0);
  Value* index = gather.input(1);
  auto places = coordinates_of(view);
  if (!places || !source->type().has_rank() || !index->type().has_rank()) return std::nullopt;
  const std::int64_t axis = positive_axis(gather.attr_int("axis"), source->type().rank());
  const auto first = places->begin() + axis;
  const auto count =
      counts_.read(view_at(*index, view.extents, {first, first + index->type().rank()}));
  const auto place =
      count ? counts_.position(*count, extent_of(*source, axis), view.rank()) : std::nullopt;
  if (!place) return std::nullopt;
  places->insert(places->erase(first, first + index->type().rank()), *place);
  return view_at(*source, view.extents, *places);
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
  if (works_along_axis(node)) {
    attrs["axis"] = positive_axis(node.attr_int("axis"), rank) + (joins ? 1 : -rank);
  }
  return Rows{rewriter_.add(node.op().name, inputs, attrs), *backwards};
}

}  // namespace gatefold
