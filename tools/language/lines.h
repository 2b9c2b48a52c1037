#pragma once

#include <functional>
#include <string>
#include <vector>

namespace gatefold::tools {

/// Calls a function with each text of a command line, or, if there are none, with each line of
/// standard input. Throws Error when standard input cannot be read, and what the function throws,
/// with the place of the text where there are several.
void for_each_text(const std::vector<std::string>& texts,
                   const std::function<void(const std::string&)>& use);

}  // namespace gatefold::tools
