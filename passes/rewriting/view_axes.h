#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "ir/view.h"

namespace gatefold {

/// Returns the view with these of its axes, in this order; the elements of the others are taken at
/// their coordinates 0.
View with_axes(const View& view, const std::vector<std::size_t>& axes);
/// Returns the view read backwards along an axis; nothing where the end of that is not known.
std::optional<View> reversed(const View& view, std::size_t axis);

}  // namespace gatefold
