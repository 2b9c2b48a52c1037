#pragma once

#include <optional>

#include "ir/view.h"
#include "passes/pass.h"

/// What is known of the elements of a view [N, H] of weights.
namespace gatefold {

/// Returns the number that all elements are; nothing where they differ or are not known.
std::optional<double> number_in(const View& view, const PassContext& context);
/// Returns the first row, [1, H], where all rows are surely the same; nothing for others.
std::optional<View> row_of(const View& view, const PassContext& context);
/// True for zeros, constants or made for all rows.
bool is_zero(const View& view, const PassContext& context);
/// True for a state that is a constant of zeros, and for what a gate leaves of it.
bool is_zero_state(const View& view, const PassContext& context);

}  // namespace gatefold
