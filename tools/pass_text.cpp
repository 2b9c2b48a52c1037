#include "tools/pass_text.h"

#include <sstream>
#include <string_view>

namespace gatefold::tools {
namespace {

constexpr std::string_view kPassesLine = "# passes:";
constexpr std::string_view kTrainingLine = "# training";
constexpr std::string_view kExpectLine = "# expect";

}  // namespace

PassText parse_pass_text(const std::string& text) {
  PassText parts;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line += '\n';
    if (parts.has_expected) {
      parts.expected += line;
      continue;
    }
    parts.head += line;
    if (line.starts_with(kPassesLine)) {
      parts.passes = line.substr(kPassesLine.size(), line.size() - kPassesLine.size() - 1);
    }
    parts.training = parts.training || line.starts_with(kTrainingLine);
    parts.has_expected = line.starts_with(kExpectLine);
    if (!parts.has_expected) parts.before += line;
  }
  return parts;
}

}  // namespace gatefold::tools
