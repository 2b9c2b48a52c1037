#include "ir/ops/sub_graph_types.h"

#include <algorithm>
#include <cstring>

#include "ir/error.h"

namespace gatefold::ops {

Type common_type(const InferContext& context, const Type& a, const Type& b, std::string_view what) {
  if (a.kind == Type::Kind::kOptional && b.kind != a.kind) {
    return Type::optional_of(common_type(context, *a.element, b, what));
  }
  if (a.kind != b.kind || (a.is_tensor() && a.dtype != b.dtype)) {
    context.fail("{} are {} and {}; their types must be equal", what, to_string(a), to_string(b));
  }
  if (!a.is_tensor()) {
    Type common = a;
    common.element =
        std::make_shared<const Type>(common_type(context, *a.element, *b.element, what));
    return common;
  }
  if (!a.has_rank() || !b.has_rank() || a.rank() != b.rank()) return {a.dtype, std::nullopt};
  Shape shape = *a.shape;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (!shape[i].same_as((*b.shape)[i])) shape[i] = Dim();
  }
  return {a.dtype, shape};
}

Tensor stacked(const std::vector<Tensor>& slices, std::int64_t axis, bool reversed,
               const Type& empty) {
  Dims dims;
  if (slices.empty()) {
    for (const Dim& dim : empty.shape.value_or(Shape{})) {
      dims.push_back(dim.is_known() ? dim.size() : 0);
    }
  } else {
    dims = slices.front().dims();
  }
  const auto rank = static_cast<std::int64_t>(dims.size()) + 1;
  if (axis < -rank || axis >= rank) {
    fail("outputs of iterations, which have {} dimensions, cannot be stacked along axis {}",
         rank - 1, axis);
  }
  if (axis < 0) axis += rank;
  dims.insert(dims.begin() + axis, static_cast<std::int64_t>(slices.size()));
  const DataType dtype = slices.empty() ? empty.dtype : slices.front().dtype();
  Tensor result(dtype, dims);
  std::int64_t outer = 1;
  for (std::int64_t i = 0; i < axis; ++i) outer *= dims[i];
  for (std::size_t k = 0; k < slices.size(); ++k) {
    const Tensor& slice = slices[reversed ? slices.size() - 1 - k : k];
    if (slice.dims() != slices.front().dims()) {
      fail("outputs of different iterations have shapes {} and {} and cannot be stacked",
           to_string(slices.front().dims()), to_string(slice.dims()));
    }
    if (slice.size() == 0) continue;
    const std::size_t block = slice.bytes() / outer;
    for (std::int64_t o = 0; o < outer; ++o) {
      std::memcpy(result.raw() + (o * slices.size() + k) * block, slice.raw() + o * block, block);
    }
  }
  return result;
}

}  // namespace gatefold::ops
