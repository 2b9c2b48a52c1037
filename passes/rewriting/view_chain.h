#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "ir/view.h"

namespace gatefold {

/// A view and what it is further behind, nearest first: through all that only moves elements, and
/// from the final hidden state of a recurrence to the row of its Y. At most some dozens of views.
using ViewChain = std::vector<View>;

ViewChain chain_of(const View& view);

/// Returns the nearest view that two chains, which follow each other along `axis`, have as one;
/// nothing where they do not.
std::optional<View> joined(const ViewChain& first, const ViewChain& second, std::size_t axis);

/// Returns the view with one more axis, of extent 1.
View with_new_axis(const View& view, std::size_t axis);

}  // namespace gatefold
