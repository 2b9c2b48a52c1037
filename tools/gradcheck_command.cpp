#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "ir/error.h"
#include "ir/number_text.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/gradients/gradient_check.h"
#include "tools/output.h"
#include "tools/table.h"

namespace gatefold::tools {
namespace {

struct Options {
  LossProblemOptions problem{.differentiate_inputs = true, .make_up_data = true};
  GradientCheckOptions check;
  double kernel_tolerance = 1e-4;
  bool shows_elements = false;
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

/// Each element that was checked, with its gradient from the graph and from differences.
void print_elements(const std::vector<GradientFinding>& findings) {
  constexpr auto kRight = Table::Align::kRight;
  Table table(
      {{"gradient by"}, {"at"}, {"value", kRight}, {"gradient", kRight}, {"difference", kRight}});
  for (const GradientFinding& finding : findings) {
    for (const ComparedElement& element : finding.compared) {
      table.add_row({finding.variable->name, format_index(element.index),
                     fmt::format("{:.6g}", element.number), fmt::format("{:.6f}", element.gradient),
                     fmt::format("{:.6f}", element.difference)});
    }
  }
  print("{}\n", table.to_string());
}

int run(Options& options) {
  options.check.seed = options.problem.seed;
  options.check.threads = options.problem.threads;
  const LossProblem problem = read_loss_problem(options.problem);
  if (problem.variables.empty()) fail("the model has no parameter and no floating-point input");
  const std::vector<GradientFinding> findings = check_gradients(problem, options.check);
  if (options.shows_elements) print_elements(findings);
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

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  parser
      .add_option("MODEL", options->problem.model,
                  "ONNX model (.onnx or .onnxtxt), or the folder of a project, which brings its "
                  "loss and data")
      .required();
  add_loss_problem_options(parser, options->problem);
  parser
      .add_option("--samples", options->check.samples,
                  "Check this many elements of each tensor, or all elements of a smaller one")
      .positive()
      .show_default();
  parser.add_flag("--elements", options->shows_elements,
                  "Also show each element that is checked, its gradient, and the difference "
                  "(f(w + h) - f(w - h)) / 2h");
  parser
      .add_option("--time-limit", options->check.time_limit,
                  "Check no further elements after this many seconds")
      .show_default();
  parser
      .add_option("--step", options->check.step,
                  "Step of the finite differences, relative to max(1, |element|)")
      .positive()
      .show_default();
  parser
      .add_option("--tolerance", options->check.tolerance,
                  "Allow this error of the gradients against the differences")
      .show_default();
  parser
      .add_option("--kernel-tolerance", options->kernel_tolerance,
                  "Allow this error of the kernels' gradients against those computed in double")
      .show_default();
  return [options] { return run(*options); };
}

}  // namespace

const Command kGradcheckCommand{
    .name = "gradcheck",
    .summary = "Check a model's gradients against finite differences of its loss",
    .example =
        "gatefold gradcheck model.onnx --loss cross_entropy --dim batch=2\n\n"
        "Without --loss and --spec the loss is a random weighted sum of all outputs. Inputs\n"
        "without data are random. Two checks are made: the gradients, computed in double by the\n"
        "plain evaluator, against central differences; and the gradients that the kernels compute\n"
        "against those in double. An error is relative to the largest gradient in its tensor, or\n"
        "to a thousandth of the largest gradient of all tensors if that is more. Where a\n"
        "difference disagrees, smaller steps are tried; at a kink (Relu at 0) every number "
        "between\n"
        "the slopes on its two sides is accepted.",
    .declare = declare,
};

}  // namespace gatefold::tools
