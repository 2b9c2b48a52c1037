#include "backend/placement.h"

#include <algorithm>
#include <string_view>

#include "backend/axis_walk.h"
#include "ir/index.h"
#include "ir/op_def.h"
#include "ir/ops/slice.h"

namespace gatefold {
namespace {

using MaybePlacement = std::optional<Placement>;
using ViewRule = MaybePlacement (*)(const KernelRequest& request, std::size_t index,
                                    const Dims& strides);
using PartsRule = std::vector<Placement> (*)(const KernelRequest& request, const Dims& strides);

std::vector<std::int64_t> order_of(const KernelRequest& request) {
  std::vector<std::int64_t> order = request.node.attr_ints("perm");
  if (!request.node.has_attr("perm")) {
    for (std::size_t i = request.input_dims(0).size(); i-- > 0;) {
      order.push_back(static_cast<std::int64_t>(i));
    }
  }
  return order;
}

/// The strides of the same elements, in the same order, under other extents; nothing where an axis
/// would have to go on from one walk to the next.
std::optional<Dims> reshape(const Dims& dims, const Dims& strides, const Dims& to) {
  if (is_dense(dims, strides)) return strides_of(to);
  const InlineVector<AxisWalk> walks = join_axes(dims, strides);
  Dims result(to.size(), 1);
  const AxisWalk* walk = walks.begin();
  std::int64_t walked = 1;
  for (std::size_t i = to.size(); i-- > 0;) {
    if (to[i] == 1) continue;
    if (walk == walks.end() || walk->extent % (walked * to[i]) != 0) return std::nullopt;
    result[i] = walked * walk->stride;
    walked *= to[i];
    if (walked != walk->extent) continue;
    ++walk;
    walked = 1;
  }
  return result;
}

MaybePlacement whole(const KernelRequest& request, std::size_t index, const Dims& strides) {
  if (index != 0) return std::nullopt;
  auto reshaped = reshape(request.input_dims(0), strides, request.output_dims());
  if (!reshaped) return std::nullopt;
  return Placement{0, std::move(*reshaped)};
}

MaybePlacement cast(const KernelRequest& request, std::size_t index, const Dims& strides) {
  if (request.dtype() != request.outputs[0].dtype) return std::nullopt;
  return whole(request, index, strides);
}

MaybePlacement dropout(const KernelRequest& request, std::size_t index, const Dims& strides) {
  const bool trains = request.has_input(2) &&
                      (request.constant(2) == nullptr || request.constant(2)->to_int64()[0] != 0);
  if (trains || request.has_output(1)) return std::nullopt;
  return whole(request, index, strides);
}

MaybePlacement expand(const KernelRequest& request, std::size_t /*index*/, const Dims& strides) {
  const Dims from = request.input_dims(0);
  const Dims to = request.output_dims();
  Placement view{0, Dims(to.size(), 0)};
  const std::size_t added = to.size() - from.size();
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] == to[added + i]) view.strides[added + i] = strides[i];
  }
  return view;
}

MaybePlacement concat(const KernelRequest& request, std::size_t index, const Dims& strides) {
  if (request.inputs.size() != 1) return std::nullopt;
  return whole(request, index, strides);
}

MaybePlacement gather(const KernelRequest& request, std::size_t /*index*/, const Dims& strides) {
  const Tensor* indices = request.constant(1);
  const std::int64_t axis = axis_of(request);
  if (indices == nullptr || indices->size() != 1) return std::nullopt;
  const std::int64_t extent = request.input_dims(0)[axis];
  const std::int64_t row = indices->to_int64()[0];
  if (row < -extent || row >= extent) return std::nullopt;
  Placement view{(row < 0 ? row + extent : row) * strides[axis], strides};
  const auto place = view.strides.erase(view.strides.begin() + axis);
  view.strides.insert(place, indices->dims().size(), 1);
  return view;
}

MaybePlacement slice(const KernelRequest& request, std::size_t /*index*/, const Dims& strides) {
  std::vector<std::int64_t> numbers[5];
  for (std::size_t i = 1; i < request.inputs.size(); ++i) {
    if (!request.has_input(i)) continue;
    if (request.constant(i) == nullptr) return std::nullopt;
    numbers[i] = request.constant(i)->to_int64();
  }
  Placement view{0, strides};
  const auto ranges =
      ops::slice_ranges({numbers[1], numbers[2], numbers[3], numbers[4]}, request.input_dims(0));
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].count != 0) view.offset += ranges[i].start * strides[i];
    view.strides[i] *= ranges[i].step;
  }
  return view;
}

MaybePlacement split(const KernelRequest& request, std::size_t index, const Dims& strides) {
  const std::int64_t axis = axis_of(request);
  std::int64_t start = 0;
  for (std::size_t i = 0; i < index; ++i) {
    if (!request.has_output(i)) return std::nullopt;
    start += request.output_dims(i)[axis];
  }
  return Placement{start * strides[axis], strides};
}

MaybePlacement transpose(const KernelRequest& request, std::size_t /*index*/, const Dims& strides) {
  Placement view;
  for (const std::int64_t axis : order_of(request)) view.strides.push_back(strides[axis]);
  return view;
}

std::vector<Placement> whole_part(const KernelRequest& request, const Dims& strides) {
  const Dims from = request.input_dims(0);
  if (element_count(from) != element_count(request.output_dims())) return {};
  if (!view_of(request, 0, strides_of(from))) return {};
  auto reshaped = reshape(request.output_dims(), strides, from);
  if (!reshaped) return {};
  return {{0, std::move(*reshaped)}};
}

std::vector<Placement> transpose_part(const KernelRequest& request, const Dims& strides) {
  const std::vector<std::int64_t> order = order_of(request);
  Placement part{0, Dims(strides.size())};
  for (std::size_t i = 0; i < order.size(); ++i) part.strides[order[i]] = strides[i];
  return {part};
}

std::vector<Placement> concat_parts(const KernelRequest& request, const Dims& strides) {
  const std::int64_t axis = axis_of(request);
  std::vector<Placement> parts;
  std::int64_t start = 0;
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    parts.push_back({start * strides[axis], strides});
    start += request.input_dims(i)[axis];
  }
  return parts;
}

struct ViewEntry {
  std::string_view op;
  ViewRule view;
  PartsRule parts = nullptr;
};

constexpr ViewEntry kViews[] = {
    {"Cast", cast, whole_part},
    {"Concat", concat, concat_parts},
    {"Dropout", dropout, whole_part},
    {"Expand", expand, whole_part},
    {"Flatten", whole, whole_part},
    {"Gather", gather},
    {"Identity", whole, whole_part},
    {"Reshape", whole, whole_part},
    {"Slice", slice},
    {"Split", split},
    {"Squeeze", whole, whole_part},
    {"Transpose", transpose, transpose_part},
    {"Unsqueeze", whole, whole_part},
};

const ViewEntry* find_view(const OpDef& op) {
  if (op.domain != kOnnxDomain) return nullptr;
  for (const ViewEntry& entry : kViews) {
    if (entry.op == op.name) return &entry;
  }
  return nullptr;
}

}  // namespace

bool is_dense(const Dims& dims, const Dims& strides) {
  if (element_count(dims) < 2) return true;
  std::int64_t expected = 1;
  for (std::size_t i = dims.size(); i-- > 0;) {
    if (dims[i] == 1) continue;
    if (strides[i] != expected) return false;
    expected *= dims[i];
  }
  return true;
}

bool can_be_view(const OpDef& op) { return find_view(op) != nullptr; }

MaybePlacement view_of(const KernelRequest& request, std::size_t index, const Dims& strides) {
  const ViewEntry* entry = find_view(request.node.op());
  return entry == nullptr ? std::nullopt : entry->view(request, index, strides);
}

std::vector<Placement> parts_of(const KernelRequest& request, const Dims& strides) {
  const ViewEntry* entry = find_view(request.node.op());
  return entry == nullptr || entry->parts == nullptr ? std::vector<Placement>()
                                                     : entry->parts(request, strides);
}

}  // namespace gatefold
