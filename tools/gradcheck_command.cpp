#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "ir/error.h"
#include "tools/command.h"
#include "tools/gradients/gradient_check.h"
#include "tools/number_check.h"
#include "tools/output.h"
#include "tools/table.h"

namespace gatefold::tools {
namespace {

struct Options {
  LossProblemOptions problem{.differentiate_inputs = true, .make_up_data = true};
  GradientCheckOptions check;
  double kernel_tolerance = 1e-4;
};

std::string format_index(const std::vector<std::int64_t>& index) {
  return fmt::format("[{}]", fmt::join(index, ","));
}

/// Whether an error is within bounds; NaN is not.
bool is_fine(const GradientError& error, double tolerance) { return error.relative <= tolerance; }

std::string verdict(const GradientFinding& finding, const Options& options) {
  if (!is_fine(finding.differences, options.check.tolerance)) return "WRONG";
  return is_fine(finding.kernels, options.kernel_tolerance) ? "" : "KERNEL OFF";
}

void print_findings(const std::vector<GradientFinding>& findings, const Options& options) {
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"gradient by"},
               {"kind"},
               {"elements", kRight},
               {"checked", kRight},
               {"largest", kRight},
               {"error", kRight},
               {"at"},
               {"kernels", kRight},
               {"at"},
               {""}});
  for (const GradientFinding& finding : findings) {
    table.add_row({finding.variable->name, finding.variable->is_parameter ? "parameter" : "input",
                   format_count(finding.elements), format_count(finding.checked),
                   fmt::format("{:.3g}", finding.largest),
                   fmt::format("{:.1e}", finding.differences.relative),
                   format_index(finding.differences.index),
                   fmt::format("{:.1e}", finding.kernels.relative),
                   format_index(finding.kernels.index), verdict(finding, options)});
  }
  print("{}", table.to_string());
}

int run(Options& options) {
  options.check.seed = options.problem.seed;
  options.check.threads = options.problem.threads;
  const LossProblem problem = read_loss_problem(options.problem);
  if (problem.variables.empty()) fail("the model has no parameter and no floating-point input");
  const std::vector<GradientFinding> findings = check_gradients(problem, options.check);
  print_findings(findings, options);
  const auto bad = std::count_if(findings.begin(), findings.end(), [&](const auto& finding) {
    return !verdict(finding, options).empty();
  });
  const bool is_flat = std::all_of(findings.begin(), findings.end(),
                                   [](const auto& finding) { return finding.largest == 0; });
  if (is_flat) print("every gradient is zero, which tells nothing; try another --seed or --data\n");
  if (bad > 0) print("{} of {} gradients are off\n", bad, findings.size());
  return bad > 0 || is_flat ? kTestFailed : kSuccess;
}

std::function<int()> declare(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  add_loss_problem_options(parser, options->problem);
  parser
      .add_option("--samples", options->check.samples,
                  "Elements of a larger tensor that are checked; smaller ones are as a whole")
      ->check(positive_number())
      ->capture_default_str();
  parser
      .add_option("--time-limit", options->check.time_limit,
                  "Seconds after which no further elements are checked")
      ->capture_default_str();
  parser.add_option("--step", options->check.step, "Of the differences, times max(1, |element|)")
      ->check(positive_number())
      ->capture_default_str();
  parser.add_option("--tolerance", options->check.tolerance, "Of gradients against differences")
      ->capture_default_str();
  parser
      .add_option("--kernel-tolerance", options->kernel_tolerance,
                  "Of the kernels' gradients against those in double")
      ->capture_default_str();
  return [options] { return run(*options); };
}

}  // namespace

const Command kGradcheckCommand{
    .name = "gradcheck",
    .summary = "Compare a model's gradients with differences of its loss",
    .example =
        "gatefold gradcheck model.onnx --loss cross_entropy --dim batch=2\n\n"
        "Without --loss and --spec the loss is a weighted sum of all outputs. Data that are not\n"
        "given are random. The gradients are compared, in double on the plain evaluator, with\n"
        "central differences; then what the kernels compute with the gradients. Errors are\n"
        "relative to the tensor's largest gradient, or to a thousandth of the largest of all\n"
        "where that is more. At kinks (Relu at 0) smaller steps are tried, then any number\n"
        "between the slopes on both sides is right.",
    .declare = declare,
};

}  // namespace gatefold::tools
