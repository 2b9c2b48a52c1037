#include "passes/pipeline.h"

#include <fmt/ranges.h>

#include <chrono>
#include <unordered_set>

#include "ir/error.h"
#include "ir/nearest_name.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "passes/passes.h"

namespace gatefold {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

const Pass& pass_named(std::string_view name) {
  if (const Pass* pass = find_pass(name)) return *pass;
  std::vector<std::string_view> names;
  for (const Pass& pass : all_passes()) names.push_back(pass.name);
  fail("unknown pass '{}'; did you mean '{}'? known are: {}, {}, {}, {}", name,
       nearest_name(name, names), kRequiredPipeline, kInferencePipeline, kTrainingPipeline,
       fmt::join(names, ", "));
}

std::vector<const Pass*> parse(std::string_view text) {
  std::vector<const Pass*> list;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view name = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (name.empty()) continue;
    if (const auto pipeline = pipeline_text(name)) {
      for (const Pass* pass : parse(*pipeline)) list.push_back(pass);
    } else {
      list.push_back(&pass_named(name));
    }
  }
  return list;
}

/// Passes that have left the graph as it was since it was last changed, and so would again.
using IdlePasses = std::unordered_set<const Pass*>;

/// Runs one pass with everything the options ask for around it.
PassReport run_pass(Graph& graph, const Pass& pass, PassContext& context, IdlePasses& idle,
                    const PipelineOptions& options) {
  context.explain = {};
  if (options.explain == pass.name) {
    context.explain = [&](const std::string& reason) { options.show(reason + "\n"); };
  }
  const std::string before = options.reproducer ? print(graph) : std::string();
  PassReport report{pass.name};
  const double start = now();
  try {
    report.changed = !idle.contains(&pass) && pass.run(graph, context);
    if (report.changed) {
      context.stepless.clear();
      idle.clear();
      if (options.verify) verify(graph);
    } else {
      idle.insert(&pass);
    }
  } catch (const Error& error) {
    if (options.reproducer) options.reproducer(fmt::format("# passes: {}\n{}", pass.name, before));
    fail("pass '{}': {}", pass.name, error.what());
  }
  report.seconds = now() - start;
  const bool wanted = options.print_after == "all" || options.print_after == pass.name;
  if (wanted || (options.print_changed && report.changed)) {
    options.show(fmt::format("# after {}\n{}", pass.name, print(graph)));
  }
  return report;
}

}  // namespace

std::vector<PassReport> run_passes(Graph& graph, std::string_view passes,
                                   const PipelineOptions& options) {
  for (const std::string& name : {options.stop_after, options.explain, options.print_after}) {
    if (!name.empty() && name != "all") pass_named(name);
  }
  PassContext context;
  context.training = options.training;
  context.rewrites_left = options.max_rewrites;
  IdlePasses idle;
  std::vector<PassReport> reports;
  for (const Pass* pass : parse(passes)) {
    reports.push_back(run_pass(graph, *pass, context, idle, options));
    if (options.stop_after == pass->name) break;
  }
  return reports;
}

}  // namespace gatefold
