#pragma once

#include <fmt/core.h>

#include <stdexcept>
#include <string>

namespace gatefold {

/// A mistake in what the user gave us: a damaged file, a wrong shape, an unknown operator, missing
/// data. The message says where, what is, what should be, and what to do; lower case, no final
/// period. Mistakes of our own are `assert`s, never an Error.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws an Error whose message is formatted as by fmt::vformat.
[[noreturn]] void fail_with(fmt::string_view format, fmt::format_args args);

/// Throws an Error whose message is formatted as by fmt::format.
template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  fail_with(format, fmt::make_format_args(args...));
}

}  // namespace gatefold
