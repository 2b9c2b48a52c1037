#include <algorithm>
#include <limits>
#include <memory>

#include "tools/bench_report.h"
#include "tools/bench_subject.h"
#include "tools/binding_options.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/inputs.h"
#include "tools/load_options.h"
#include "tools/output.h"
#include "tools/resident_memory.h"
#include "tools/stopwatch.h"

namespace gatefold::tools {
namespace {

namespace fs = std::filesystem;

/// A slow model is measured at least this often, however few seconds are given.
constexpr std::size_t kFewestRuns = 5;
/// The memory for the measurements is taken before the first one.
constexpr std::size_t kMostRuns = 1'000'000;

struct Options {
  fs::path path;
  std::vector<std::string> dims;
  std::vector<std::string> values;
  LoadOptions load;
  bool train = false;
  std::int64_t checkpoint_every = 0;
  double seconds = 2;
  std::uint64_t seed = 1;
  ReportParts parts;
  bool json = false;
};

std::vector<double> measure_latency(const BenchSubject& subject, double seconds) {
  std::vector<double> latency;
  latency.reserve(kMostRuns);
  const Stopwatch total;
  while (latency.size() < kMostRuns &&
         (latency.size() < kFewestRuns || total.seconds() < seconds)) {
    const Stopwatch run;
    subject.run();
    latency.push_back(run.seconds());
  }
  std::sort(latency.begin(), latency.end());
  return latency;
}

void warm_up(const BenchSubject& subject, double seconds) {
  const Stopwatch stopwatch;
  do {
    subject.run();
  } while (stopwatch.seconds() < seconds);
}

BenchSubject make_subject(const Options& options) {
  if (options.train) {
    return training_subject(options.path, options.checkpoint_every,
                            {.threads = options.load.threads,
                             .products = options.load.precision,
                             .reproducible = options.load.reproducible,
                             .kernels = options.load.kernels});
  }
  LoadOptions load_options = options.load;
  load_options.dims = parse_dim_sizes(options.dims);
  return inference_subject(options.path, load_options, parse_input_values(options.values),
                           options.seed);
}

Measurement measure(const Options& options) {
  Measurement result;
  const double memory_before = read_resident_memory().now;
  const BenchSubject subject = make_subject(options);
  result.model = subject.model.string();
  result.threads = options.load.threads;
  result.read = subject.read;
  result.compile = subject.compile;
  const Stopwatch first;
  subject.run();
  result.first = first.seconds();
  warm_up(subject, options.seconds / 10);
  result.peak_memory = read_resident_memory().peak;
  result.memory_growth = result.peak_memory - memory_before;
  result.latency = measure_latency(subject, options.seconds);
  if (options.parts.ops || options.parts.roofline) {
    subject.context->set_profiling(true);
    warm_up(subject, options.seconds / 2);
    const std::vector<StepProfile> steps = subject.context->profile();
    result.operators = by_operator(steps);
    if (options.parts.roofline) {
      result.limits = measure_machine_limits(options.load.threads, options.load.precision);
      result.roofline = compare_with(result.limits, steps);
    }
  }
  return result;
}

int run(const Options& options) {
  const Measurement result = measure(options);
  print_text(options.json ? to_json_text(result, options.parts) : to_text(result, options.parts));
  return kSuccess;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  parser
      .add_option("MODEL", options->path,
                  "ONNX model, or a test folder, whose first data set then gives the inputs")
      .required();
  add_dim_option(parser, options->dims);
  add_value_option(parser, options->values);
  parser
      .add_flag(
          "--train", options->train,
          "Measure a training step; MODEL is a folder with model.onnx, spec.json and data.npz")
      .excludes({"--dim", "--value"});
  parser
      .add_option("--checkpoint-every", options->checkpoint_every,
                  "Save memory: recompute recurrent layers in the backward step, this many time "
                  "steps at a time")
      .positive()
      .needs("--train");
  add_load_options(parser, options->load);
  parser.add_option("--seconds", options->seconds, "Measure for about this many seconds")
      .between(0, 86400)
      .show_default();
  parser.add_option("--seed", options->seed, "Seed for random inputs").show_default();
  parser.add_flag("--ops", options->parts.ops,
                  "Also show the time that each operator takes, and what has no kernel");
  parser.add_flag("--roofline", options->parts.roofline,
                  "Also compare each step with the limits of this machine");
  parser.add_flag("--json", options->json, "Print one JSON object instead of text");
  return [options] { return run(*options); };
}

}  // namespace

const Command kBenchCommand{
    .name = "bench",
    .summary = "Measure the latency of a model, or of its training step",
    .example = "gatefold bench model.onnx --dim batch=1 --dim time=32 --ops",
    .declare = declare,
};

}  // namespace gatefold::tools
