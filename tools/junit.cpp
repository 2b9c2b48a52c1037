#include <algorithm>

#include "tools/output.h"
#include "tools/test_case.h"

namespace gatefold::tools {
namespace {

using Verdict = TestOutcome::Verdict;

/// Text as an XML attribute's value. Anything but printable ASCII becomes '?': XML forbids most
/// control characters and any malformed UTF-8.
std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\n':
        escaped += "&#10;";
        break;
      default:
        escaped += c >= ' ' && c <= '~' ? c : '?';
    }
  }
  return escaped;
}

std::string result_element(const TestOutcome& outcome) {
  const std::string message = escape(outcome.message);
  switch (outcome.verdict) {
    case Verdict::kFailed:
      return fmt::format("<failure message=\"{}\"/>", message);
    case Verdict::kSkipped:
      return fmt::format("<skipped message=\"{}\"/>", message);
    case Verdict::kPassed:
      break;
  }
  return message.empty() ? "" : fmt::format("<system-out>{}</system-out>", message);
}

}  // namespace

std::string junit_report(std::span<const TestCase> tests, std::span<const TestOutcome> outcomes) {
  const auto count = [&](Verdict verdict) {
    return std::count_if(outcomes.begin(), outcomes.end(),
                         [&](const TestOutcome& outcome) { return outcome.verdict == verdict; });
  };
  double seconds = 0;
  for (const TestOutcome& outcome : outcomes) seconds += outcome.seconds;
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n"
      "<testsuite name=\"gatefold\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" "
      "time=\"{:.3f}\">\n",
      outcomes.size(), count(Verdict::kFailed), count(Verdict::kSkipped), seconds);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const std::filesystem::path& path = tests[i].path;
    xml += fmt::format("<testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">{}</testcase>\n",
                       escape(path.parent_path().string()), escape(path.filename().string()),
                       outcomes[i].seconds, result_element(outcomes[i]));
  }
  return xml + "</testsuite>\n</testsuites>\n";
}

}  // namespace gatefold::tools
