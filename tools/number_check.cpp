#include "tools/number_check.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

namespace gatefold::tools {

CLI::Validator positive_number() {
  const auto complaint = [](std::string& text) {
    double number = 0;
    const bool is_fine = CLI::detail::lexical_cast(text, number) && number > 0;
    return is_fine ? std::string() : fmt::format("'{}' is not a number above 0", text);
  };
  return {complaint, "POSITIVE", "positive_number"};
}

}  // namespace gatefold::tools
