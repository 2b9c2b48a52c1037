#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace gatefold::tools {

/// Writes to standard output. If its reader has gone away, the text is dropped, and the command
/// continues to its own exit code. Throws Error when writing fails for another reason.
void print_text(std::string_view text);

template <typename... Args>
void print(fmt::format_string<Args...> format, Args&&... args) {
  print_text(fmt::format(format, std::forward<Args>(args)...));
}

/// Hands everything printed to the operating system. Throws Error as print_text does.
void flush_output();

}  // namespace gatefold::tools
