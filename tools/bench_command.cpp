#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "ir/error.h"
#include "tools/bench_subject.h"
#include "tools/binding_options.h"
#include "tools/command.h"
#include "tools/output.h"
#include "tools/precision_option.h"
#include "tools/table.h"

namespace gatefold::tools {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr double kMillisecond = 1e-3;
/// A slow model is measured at least this often, however few seconds are given.
constexpr std::size_t kFewestRuns = 5;
/// The memory for the measurements is taken before the first one.
constexpr std::size_t kMostRuns = 1'000'000;

struct Options {
  fs::path path;
  std::vector<std::string> dims;
  std::vector<std::string> values;
  int threads = 1;
  ProductPrecision products = ProductPrecision::kFloat32;
  bool optimize = true;
  bool train = false;
  double seconds = 2;
  std::uint64_t seed = 1;
  bool ops = false;
  bool json = false;
};

/// Time spent in one operator, as one implementation computes it.
struct OperatorTime {
  std::string op;
  std::string implementation;
  double seconds = 0;
  std::int64_t runs = 0;

  double microseconds_a_run() const {
    return runs > 0 ? seconds * 1e6 / static_cast<double>(runs) : 0;
  }
};

/// Everything measured about one model. Times are in seconds.
struct Measurement {
  std::string model;
  int threads = 1;
  double load = 0;              ///< From the file to ready to run.
  double first = 0;             ///< The first run, which plans and packs weights.
  std::vector<double> latency;  ///< Of every later run, ascending.
  double peak_rss_mib = 0;
  std::vector<OperatorTime> operators;  ///< The most expensive first.
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double peak_rss_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// The smallest measured value that at least the given share of all values does not exceed.
double percentile(const std::vector<double>& ascending, double share) {
  const double rank = std::ceil(share * static_cast<double>(ascending.size()));
  return ascending[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

std::vector<double> measure_latency(const BenchSubject& subject, double seconds) {
  std::vector<double> latency;
  latency.reserve(kMostRuns);
  const auto start = Clock::now();
  while (latency.size() < kMostRuns &&
         (latency.size() < kFewestRuns || seconds_since(start) < seconds)) {
    const auto run_start = Clock::now();
    subject.run();
    latency.push_back(seconds_since(run_start));
  }
  std::sort(latency.begin(), latency.end());
  return latency;
}

void warm_up(const BenchSubject& subject, double seconds) {
  const auto start = Clock::now();
  do {
    subject.run();
  } while (seconds_since(start) < seconds);
}

/// The measured steps summed by operator and implementation, the most expensive first.
std::vector<OperatorTime> by_operator(const std::vector<StepProfile>& steps) {
  std::map<std::pair<std::string_view, std::string_view>, OperatorTime> sums;
  for (const StepProfile& step : steps) {
    OperatorTime& sum = sums[{step.op, step.implementation}];
    sum.op = step.op;
    sum.implementation = step.implementation;
    sum.seconds += step.seconds;
    sum.runs += step.runs;
  }
  std::vector<OperatorTime> operators;
  operators.reserve(sums.size());
  for (auto& [key, sum] : sums) operators.push_back(std::move(sum));
  std::stable_sort(
      operators.begin(), operators.end(),
      [](const OperatorTime& a, const OperatorTime& b) { return a.seconds > b.seconds; });
  return operators;
}

BenchSubject load(const Options& options) {
  if (options.train)
    return training_subject(options.path,
                            {.threads = options.threads, .products = options.products});
  return inference_subject(options.path,
                           {parse_dim_sizes(options.dims), parse_input_values(options.values),
                            options.threads, options.products, options.optimize},
                           options.seed);
}

Measurement measure(const Options& options) {
  Measurement result;
  const auto start = Clock::now();
  const BenchSubject subject = load(options);
  result.load = seconds_since(start);
  result.model = subject.model.string();
  result.threads = options.threads;
  const auto first_start = Clock::now();
  subject.run();
  result.first = seconds_since(first_start);
  warm_up(subject, options.seconds / 10);
  result.latency = measure_latency(subject, options.seconds);
  result.peak_rss_mib = peak_rss_mib();
  if (options.ops) {
    subject.context->set_profiling(true);
    warm_up(subject, options.seconds / 2);
    result.operators = by_operator(subject.context->profile());
  }
  return result;
}

double total_seconds(const std::vector<OperatorTime>& operators) {
  double total = 0;
  for (const OperatorTime& row : operators) total += row.seconds;
  return total > 0 ? total : 1;
}

std::string ops_table(const std::vector<OperatorTime>& operators) {
  using Align = Table::Align;
  Table table({{"op"},
               {"implementation"},
               {"share", Align::kRight},
               {"runs", Align::kRight},
               {"us a run", Align::kRight}});
  const double total = total_seconds(operators);
  for (const OperatorTime& row : operators) {
    table.add_row({row.op, row.implementation, fmt::format("{:.1f} %", 100 * row.seconds / total),
                   format_count(row.runs), fmt::format("{:.2f}", row.microseconds_a_run())});
  }
  return table.to_string();
}

nlohmann::ordered_json to_json(const Measurement& result, bool with_ops) {
  nlohmann::ordered_json json{
      {"model", result.model},
      {"threads", result.threads},
      {"runs", result.latency.size()},
      {"min_ms", result.latency.front() / kMillisecond},
      {"median_ms", percentile(result.latency, 0.5) / kMillisecond},
      {"p99_ms", percentile(result.latency, 0.99) / kMillisecond},
      {"load_ms", result.load / kMillisecond},
      {"first_ms", result.first / kMillisecond},
      {"peak_rss_mib", result.peak_rss_mib},
  };
  if (!with_ops) return json;
  json["ops"] = nlohmann::ordered_json::array();
  const double total = total_seconds(result.operators);
  for (const OperatorTime& row : result.operators) {
    json["ops"].push_back({{"op", row.op},
                           {"implementation", row.implementation},
                           {"share", row.seconds / total},
                           {"runs", row.runs},
                           {"us_a_run", row.microseconds_a_run()}});
  }
  return json;
}

int run(const Options& options) {
  const Measurement result = measure(options);
  if (options.json) {
    using nlohmann::ordered_json;
    print("{}\n",
          to_json(result, options.ops).dump(2, ' ', false, ordered_json::error_handler_t::replace));
    return kSuccess;
  }
  print("{}\n", result.model);
  print("load {}, first run {}, peak memory {:.1f} MiB\n", format_seconds(result.load),
        format_seconds(result.first), result.peak_rss_mib);
  print("latency of {} runs on {} thread{}: min {}, median {}, p99 {}\n",
        format_count(static_cast<std::int64_t>(result.latency.size())), result.threads,
        result.threads == 1 ? "" : "s", format_seconds(result.latency.front()),
        format_seconds(percentile(result.latency, 0.5)),
        format_seconds(percentile(result.latency, 0.99)));
  if (options.ops) print("\n{}", ops_table(result.operators));
  return kSuccess;
}

std::function<int()> declare(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser
      .add_option("MODEL", options->path,
                  "A model, or a test folder: then inputs are those of its first data set")
      ->required();
  add_dim_option(parser, options->dims);
  add_value_option(parser, options->values);
  parser
      .add_flag("--train", options->train,
                "Measure a training step: MODEL is a folder with model.onnx, spec.json, data.npz")
      ->excludes("--dim")
      ->excludes("--value");
  parser.add_option("--threads", options->threads, "Threads that compute one run")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  add_precision_option(parser, options->products);
  parser.add_option("--seconds", options->seconds, "How long to measure")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  parser.add_option("--seed", options->seed, "Seed of random inputs")->capture_default_str();
  parser.add_flag("--ops", options->ops, "Also show where the time goes, by operator");
  parser.add_flag("--json", options->json, "Print one JSON object");
  parser.add_flag("!--no-optimize", options->optimize, "Run the model as it is, without passes")
      ->excludes("--train");
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
