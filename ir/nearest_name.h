#pragma once

#include <span>
#include <string_view>

namespace gatefold {

/// Returns the one of some names, at least one, that `name` becomes with the fewest edits
/// (inserting, deleting or replacing a letter): what a misspelt name probably means.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> names);

}  // namespace gatefold
