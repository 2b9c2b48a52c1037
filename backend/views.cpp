#include "backend/views.h"

#include <algorithm>
#include <string_view>

#include "ir/op_def.h"

namespace gatefold {
namespace {

using Offset = std::optional<std::size_t>;
using ViewRule = Offset (*)(const KernelRequest& request, std::size_t index);

Offset whole(const KernelRequest& /*request*/, std::size_t index) {
  return index == 0 ? Offset(0) : std::nullopt;
}

// True when everything before `axis` has one element, so that a range along it is contiguous.
bool is_outermost(const Dims& dims, std::int64_t axis) {
  return std::all_of(dims.begin(), dims.begin() + axis, [](std::int64_t n) { return n == 1; });
}

std::size_t row_bytes(const KernelRequest& request, std::int64_t axis) {
  const Dims dims = request.input_dims(0);
  std::size_t bytes = size_of(request.dtype());
  for (std::size_t i = static_cast<std::size_t>(axis) + 1; i < dims.size(); ++i) bytes *= dims[i];
  return bytes;
}

std::int64_t positive(std::int64_t axis, const Dims& dims) {
  return axis < 0 ? axis + static_cast<std::int64_t>(dims.size()) : axis;
}

Offset cast(const KernelRequest& request, std::size_t /*index*/) {
  return request.dtype() == request.outputs[0].dtype ? Offset(0) : std::nullopt;
}

Offset dropout(const KernelRequest& request, std::size_t index) {
  const bool trains = request.has_input(2) &&
                      (request.constant(2) == nullptr || request.constant(2)->to_int64()[0] != 0);
  return index == 0 && !trains && !request.has_output(1) ? Offset(0) : std::nullopt;
}

Offset expand(const KernelRequest& request, std::size_t /*index*/) {
  return element_count(request.input_dims(0)) == element_count(request.output_dims(0))
             ? Offset(0)
             : std::nullopt;
}

Offset concat(const KernelRequest& request, std::size_t /*index*/) {
  return request.inputs.size() == 1 ? Offset(0) : std::nullopt;
}

Offset gather(const KernelRequest& request, std::size_t /*index*/) {
  const Tensor* indices = request.constant(1);
  const Dims dims = request.input_dims(0);
  const std::int64_t axis = positive(request.node.attr_int("axis"), dims);
  if (indices == nullptr || indices->size() != 1 || !is_outermost(dims, axis)) return std::nullopt;
  const std::int64_t row = indices->to_int64()[0];
  if (row < -dims[axis] || row >= dims[axis]) return std::nullopt;
  return (row < 0 ? row + dims[axis] : row) * row_bytes(request, axis);
}

// A slice is contiguous when everything before the deepest axis cut is left with one element.
Offset slice(const KernelRequest& request, std::size_t /*index*/) {
  const auto ints = [&](std::size_t input) { return request.constant(input)->to_int64(); };
  for (const std::size_t input : {1, 3, 4}) {
    if (request.has_input(input) && request.constant(input) == nullptr) return std::nullopt;
  }
  const Dims dims = request.input_dims(0);
  const Dims result = request.output_dims(0);
  const std::vector<std::int64_t> starts = ints(1);
  std::size_t offset = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (request.has_input(4) && ints(4)[i] != 1) return std::nullopt;
    const std::int64_t given = request.has_input(3) ? ints(3)[i] : static_cast<std::int64_t>(i);
    const std::int64_t axis = positive(given, dims);
    if (result[axis] == dims[axis]) continue;
    if (!is_outermost(result, axis)) return std::nullopt;
    const std::int64_t start = starts[i] < 0 ? starts[i] + dims[axis] : starts[i];
    offset += std::clamp<std::int64_t>(start, 0, dims[axis]) * row_bytes(request, axis);
  }
  return offset;
}

Offset split(const KernelRequest& request, std::size_t index) {
  const Dims dims = request.input_dims(0);
  const std::int64_t axis = positive(request.node.attr_int("axis"), dims);
  if (!is_outermost(dims, axis)) return std::nullopt;
  std::int64_t start = 0;
  for (std::size_t i = 0; i < index; ++i) {
    if (!request.has_output(i)) return std::nullopt;
    start += request.output_dims(i)[axis];
  }
  return start * row_bytes(request, axis);
}

// Moving axes of one element around moves nothing in memory.
Offset transpose(const KernelRequest& request, std::size_t /*index*/) {
  const Dims dims = request.input_dims(0);
  std::vector<std::int64_t> order = request.node.attr_ints("perm");
  if (order.empty()) {
    for (std::size_t i = dims.size(); i-- > 0;) order.push_back(static_cast<std::int64_t>(i));
  }
  std::erase_if(order, [&](std::int64_t axis) { return dims[axis] == 1; });
  return std::is_sorted(order.begin(), order.end()) ? Offset(0) : std::nullopt;
}

struct ViewEntry {
  std::string_view op;
  ViewRule rule;
};

constexpr ViewEntry kViews[] = {
    {"Cast", cast},       {"Concat", concat}, {"Dropout", dropout}, {"Expand", expand},
    {"Flatten", whole},   {"Gather", gather}, {"Identity", whole},  {"Reshape", whole},
    {"Slice", slice},     {"Split", split},   {"Squeeze", whole},   {"Transpose", transpose},
    {"Unsqueeze", whole},
};

const ViewEntry* find_view(const OpDef& op) {
  if (op.domain != kOnnxDomain) return nullptr;
  for (const ViewEntry& entry : kViews) {
    if (entry.op == op.name) return &entry;
  }
  return nullptr;
}

}  // namespace

bool can_be_view(const OpDef& op) { return find_view(op) != nullptr; }

Offset view_offset(const KernelRequest& request, std::size_t index) {
  const ViewEntry* entry = find_view(request.node.op());
  return entry == nullptr ? std::nullopt : entry->rule(request, index);
}

}  // namespace gatefold
