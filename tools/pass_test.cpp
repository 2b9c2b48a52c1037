#include <fmt/format.h>

#include <sstream>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/evaluate.h"
#include "ir/print.h"
#include "passes/pipeline.h"
#include "session/arrays/files.h"
#include "tools/inputs.h"
#include "tools/output.h"
#include "tools/pass_text.h"
#include "tools/test_case.h"

namespace gatefold::tools {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::int64_t kAnyExtent = 3;

std::string first_difference(const std::string& actual, const std::string& expected) {
  std::istringstream actual_lines(actual);
  std::istringstream expected_lines(expected);
  std::string a;
  std::string b;
  for (int number = 1;; ++number) {
    const bool has_a = static_cast<bool>(std::getline(actual_lines, a));
    const bool has_b = static_cast<bool>(std::getline(expected_lines, b));
    if (!has_a && !has_b) return {};
    if (has_a && has_b && a == b) continue;
    return fmt::format("line {} after '# expect' is\n      {}\n    but should be\n      {}", number,
                       has_a ? a : "(nothing)", has_b ? b : "(nothing)");
  }
}

// Both graphs must compute the same, whatever the text says.
void compare_results(const Graph& before, const Graph& after) {
  const std::vector<Datum> inputs = random_inputs(before, kSeed, kAnyExtent);
  const auto expected = evaluate(before, inputs, Precision::kDouble);
  const auto actual = evaluate(after, inputs, Precision::kDouble);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto difference = find_difference(actual[i], expected[i], {1e-9, 1e-9});
    if (difference) {
      fail("output '{}' changes when evaluated: {}", before.outputs()[i].name, *difference);
    }
  }
}

void check(const std::filesystem::path& path, const TestOptions& options) {
  const PassText test = parse_pass_text(read_file(path));
  if (test.passes.empty()) fail("a line '# passes: LIST' is missing");
  if (!test.has_expected) fail("a line '# expect' is missing");
  const Model before = parse_model(test.before, path.string());
  run_passes(*before.graph, kRequiredPipeline);
  const Model model = parse_model(test.before, path.string());
  run_passes(*model.graph, test.passes, {.training = test.training});
  const std::string printed = print(*model.graph);
  compare_results(*before.graph, *model.graph);
  if (options.update) {
    write_file(path, test.head + printed);
    return;
  }
  const std::string difference = first_difference(printed, test.expected);
  if (!difference.empty()) fail("{}", difference);
  for (const PassReport& report :
       run_passes(*model.graph, test.passes, {.training = test.training})) {
    if (report.changed) fail("pass '{}' changes the result when run again", report.name);
  }
}

bool matches(const std::filesystem::path& path) {
  if (path.extension() != ".onnxtxt" || !std::filesystem::is_regular_file(path)) return false;
  return !parse_pass_text(read_file(path)).passes.empty();
}

TestOutcome run(const std::filesystem::path& path, const TestOptions& options) {
  try {
    check(path, options);
  } catch (const std::exception& error) {
    return {TestOutcome::Verdict::kFailed, error.what()};
  }
  return {};
}

}  // namespace

const TestKind kPassTest{.name = "pass", .matches = matches, .run = run};

}  // namespace gatefold::tools
