#include "passes/column_cut.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/recurrent_cell.h"

namespace gatefold {
namespace {

const Dim& last_dim(const Value& value) { return value.type().shape->back(); }

bool is_last_axis(std::int64_t axis, const Value& value) {
  return axis == -1 || axis == value.type().rank() - 1;
}

// Where part `index` of a Split begins.
std::optional<std::int64_t> offset_in_split(const Node& node, std::size_t index,
                                            const PassContext& context) {
  std::int64_t offset = 0;
  if (const Tensor* sizes = context.constant(node.input(1))) {
    const std::vector<std::int64_t> list = sizes->to_int64();
    for (std::size_t i = 0; i < index && i < list.size(); ++i) offset += list[i];
    return offset;
  }
  if (node.input(1) != nullptr) return std::nullopt;
  const std::int64_t parts = node.has_attr("num_outputs")
                                 ? node.attr_int("num_outputs")
                                 : static_cast<std::int64_t>(node.output_count());
  const std::int64_t total = last_dim(*node.input(0)).size();
  return static_cast<std::int64_t>(index) * ((total + parts - 1) / parts);
}

std::optional<std::int64_t> offset_in_slice(const Node& node, const PassContext& context) {
  const Value& source = *node.input(0);
  const Tensor* starts = context.constant(node.input(1));
  const Tensor* axes = context.constant(node.input(3));
  const Tensor* steps = context.constant(node.input(4));
  if (starts == nullptr || starts->size() != 1) return std::nullopt;
  if (axes == nullptr || (node.input(4) != nullptr && steps == nullptr)) return std::nullopt;
  if (steps != nullptr && steps->to_int64().front() != 1) return std::nullopt;
  if (!is_last_axis(axes->to_int64().front(), source)) return std::nullopt;
  const std::int64_t extent = last_dim(source).size();
  const std::int64_t start = starts->to_int64().front();
  return std::clamp<std::int64_t>(start < 0 ? start + extent : start, 0, extent);
}

// Consecutive columns.
std::optional<std::int64_t> offset_in_gather(const Node& node, const PassContext& context) {
  const Tensor* indices = context.constant(node.input(1));
  if (indices == nullptr || indices->rank() != 1 || indices->size() == 0) return std::nullopt;
  if (!is_last_axis(node.attr_int("axis"), *node.input(0))) return std::nullopt;
  const std::vector<std::int64_t> list = indices->to_int64();
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] != list.front() + static_cast<std::int64_t>(i)) return std::nullopt;
  }
  return list.front() < 0 ? std::nullopt : std::optional(list.front());
}

std::optional<ColumnCut> behind_block(const Node& gather, IndexRange columns,
                                      const PassContext& context) {
  const Node* reshape = producer_of(gather.input(0), "Reshape");
  const Tensor* index = context.constant(gather.input(1));
  if (reshape == nullptr || index == nullptr || index->rank() != 0) return std::nullopt;
  const Type& blocks = reshape->output()->type();
  Value& source = *reshape->input(0);
  if (!blocks.has_rank() || blocks.rank() != 3 || gather.attr_int("axis") != 1) return std::nullopt;
  const Dim& count = (*blocks.shape)[1];
  const Dim& size = blocks.shape->back();
  if (!count.is_known() || !size.is_known() || !has_known_columns(source)) return std::nullopt;
  if (source.type().rank() != 2 || !last_dim(source).is(count.size() * size.size())) {
    return std::nullopt;
  }
  std::int64_t block = index->to_int64().front();
  if (block < 0) block += count.size();
  const std::int64_t offset = block * size.size();
  return ColumnCut{&source, {columns.first + offset, columns.last + offset}};
}

// The part of a Concat side by side that holds all the columns.
std::optional<ColumnCut> behind_concat(const Node& concat, IndexRange columns) {
  if (!is_last_axis(concat.attr_int("axis"), *concat.output())) return std::nullopt;
  for (Value* part : concat.inputs()) {
    if (!has_known_columns(*part)) return std::nullopt;
    const std::int64_t size = last_dim(*part).size();
    if (columns.first < size) {
      return columns.last <= size ? std::optional(ColumnCut{part, columns}) : std::nullopt;
    }
    columns = {columns.first - size, columns.last - size};
  }
  return std::nullopt;
}

}  // namespace

bool has_known_columns(const Value& value) {
  return value.type().has_rank() && value.type().rank() > 0 && last_dim(value).is_known();
}

std::optional<ColumnCut> behind_cut(const Value& value, IndexRange columns,
                                    const PassContext& context) {
  const Node* node = value.producer();
  if (node == nullptr || !node->op().domain.empty()) return std::nullopt;
  const std::string_view op = node->op().name;
  if (op == "Concat" && has_known_columns(value)) return behind_concat(*node, columns);
  if (op != "Split" && op != "Slice" && op != "Gather") return std::nullopt;
  if (!has_known_columns(*node->input(0))) return std::nullopt;
  std::optional<std::int64_t> offset;
  if (op == "Gather") {
    if (auto block = behind_block(*node, columns, context)) return block;
    offset = offset_in_gather(*node, context);
  } else if (op == "Slice") {
    offset = offset_in_slice(*node, context);
  } else if (is_last_axis(node->attr_int("axis"), *node->input(0))) {
    offset = offset_in_split(*node, value.output_index(), context);
  }
  if (!offset) return std::nullopt;
  return ColumnCut{node->input(0), {columns.first + *offset, columns.last + *offset}};
}

}  // namespace gatefold
