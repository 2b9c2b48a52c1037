#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatefold {

/// Returns the parts of a text between separators: one more than there are separators, some of them
/// empty.
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace gatefold
