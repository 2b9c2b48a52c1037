#include <array>
#include <memory>

#include "ir/error.h"
#include "session/arrays/files.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/kernels_option.h"
#include "tools/output.h"
#include "tools/precision_option.h"
#include "tools/test_case.h"

namespace gatefold::tools {
namespace {

using Verdict = TestOutcome::Verdict;

struct Options {
  std::vector<std::filesystem::path> paths;
  TestOptions test;
  std::string filter;
  std::filesystem::path junit;
};

void print_outcome(const TestCase& test, const TestOutcome& outcome) {
  constexpr std::array<std::string_view, 3> kVerdicts{"PASSED", "FAILED", "SKIPPED"};
  if (outcome.verdict == Verdict::kPassed && outcome.message.empty()) return;
  print("{} {}\n    {}\n", kVerdicts[static_cast<std::size_t>(outcome.verdict)], test.path.string(),
        outcome.message);
}

/// What rounding operands changes in outputs, as a part of their largest number.
double rounding_error(ProductPrecision precision) {
  if (precision == ProductPrecision::kInt8) return 1e-1;
  return precision == ProductPrecision::kBfloat16 ? 2e-2 : 0;
}

int run(Options options) {
  options.test.tolerance.of_largest = rounding_error(options.test.products);
  const std::vector<TestCase> tests = find_tests(options.paths, options.filter);
  std::array<int, 3> counts{};
  std::vector<TestOutcome> outcomes;
  for (const TestCase& test : tests) {
    outcomes.push_back(run_isolated(test, options.test));
    print_outcome(test, outcomes.back());
    ++counts[static_cast<std::size_t>(outcomes.back().verdict)];
  }
  const auto [passed, failed, skipped] = counts;
  if (!options.junit.empty()) write_file(options.junit, junit_report(tests, outcomes));
  if (passed + failed == 0) {
    fail(
        "no test found; a test is a folder with model.onnx and test_data_set_0{}",
        options.filter.empty() ? "" : fmt::format(", named as --filter '{}' says", options.filter));
  }
  print("{} passed, {} failed, {} skipped\n", passed, failed, skipped);
  return failed == 0 ? kSuccess : kTestFailed;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  parser.add_option("PATH", options->paths, "Folders to search for tests, at any depth").required();
  parser
      .add_option("--rtol", options->test.tolerance.relative,
                  "Allow this difference relative to the expected number")
      .not_negative()
      .show_default();
  parser
      .add_option("--atol", options->test.tolerance.absolute,
                  "Allow this absolute difference in addition")
      .not_negative()
      .show_default();
  parser.add_option("--filter", options->filter, "Run only the tests whose folder name matches")
      .type_name("GLOB");
  parser.add_option("--junit", options->junit, "Also write the results to this file as JUnit XML")
      .type_name("FILE");
  parser.add_option("--threads", options->test.threads, "Run each model with this many threads")
      .between(1, 1024)
      .show_default();
  add_precision_option(parser, options->test.products);
  add_kernels_option(parser, options->test.kernels);
  parser.add_flag("--no-optimize", options->test.optimize,
                  "Run the models as they are, without passes", false);
  parser.add_flag("--update", options->test.update,
                  "Rewrite the pass tests, so that they expect what the passes give");
  return [options] { return run(*options); };
}

}  // namespace

const Command kTestCommand{
    .name = "test",
    .summary = "Run models on test data and compare the results with what is expected",
    .example = "gatefold test examples/models --filter '*lstm*'",
    .declare = declare,
};

}  // namespace gatefold::tools
