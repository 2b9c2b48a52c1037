#pragma once

#include <span>
#include <string_view>

namespace gatefold {

/// Of some names, at least one, the one that takes the fewest edits (a letter put in, left out or
/// exchanged) to make of `name`: what a misspelt name probably means.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> names);

}  // namespace gatefold
