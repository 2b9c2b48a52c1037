#pragma once

#include <string_view>

#include "ir/infer.h"
#include "ir/tensor.h"

namespace gatefold::ops {

/// What two types have in common: extents that differ become unknown, and so do differing ranks.
/// An optional and what it may hold have the optional in common. Fails when the kinds or the
/// element types differ; `what` names the two in the message.
Type common_type(const InferContext& context, const Type& a, const Type& b, std::string_view what);

/// Joins tensors of one shape along a new axis (in [-rank-1, rank]); from back to front when
/// `reversed`. `empty` gives element type and extents when there are none.
Tensor stacked(const std::vector<Tensor>& slices, std::int64_t axis, bool reversed,
               const Type& empty);

}  // namespace gatefold::ops
