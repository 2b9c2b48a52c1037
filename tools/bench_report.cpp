#include "tools/bench_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "ir/number_text.h"
#include "tools/table.h"

namespace gatefold::tools {
namespace {

using Json = nlohmann::ordered_json;
using Align = Table::Align;

constexpr double kMillisecond = 1e-3;
constexpr double kMicrosecond = 1e-6;
constexpr double kGiga = 1e9;

/// The smallest measured value that at least the given share of all values does not exceed.
double percentile(const std::vector<double>& ascending, double share) {
  const double rank = std::ceil(share * static_cast<double>(ascending.size()));
  return ascending[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

double total_seconds(const std::vector<OperatorTime>& operators) {
  double total = 0;
  for (const OperatorTime& row : operators) total += row.seconds;
  return total > 0 ? total : 1;
}

std::string ops_table(const Measurement& result) {
  Table table({{"op"},
               {"implementation"},
               {"share", Align::kRight},
               {"runs", Align::kRight},
               {"us a run", Align::kRight}});
  const double total = total_seconds(result.operators);
  for (const OperatorTime& row : result.operators) {
    const char* mark = row.lacks_kernel ? ", no kernel" : "";
    table.add_row({row.op, row.implementation + mark,
                   fmt::format("{:.1f} %", 100 * row.seconds / total), format_count(row.runs),
                   fmt::format("{:.2f}", row.microseconds_a_run())});
  }
  return table.to_string();
}

/// The speed of each memory with the largest working set that fills it to a half at most; of the
/// last one with the largest set of all.
std::string limits_text(const MachineLimits& limits) {
  std::vector<std::pair<std::string_view, double>> speeds;
  for (const MachineLimits::ReadSpeed& read : limits.reads) {
    const std::string_view memory = memory_of(2 * read.working_set, limits.threads);
    if (speeds.empty() || speeds.back().first != memory) speeds.emplace_back(memory, 0);
    speeds.back().second = read.bytes_per_second;
  }
  std::string text = fmt::format("{:.1f} GFLOP/s", limits.flops / kGiga);
  if (limits.reduced_flops > 0) {
    text += fmt::format(", {:.1f} in{}", limits.reduced_flops / kGiga, suffix_of(limits.reduced));
  }
  for (const auto& [memory, speed] : speeds) {
    text += fmt::format(", {} {:.1f} GB/s", memory, speed / kGiga);
  }
  return text;
}

std::string roofline_table(const Measurement& result) {
  Table table({{"op"},
               {"implementation"},
               {"us", Align::kRight},
               {"MFLOP", Align::kRight},
               {"KiB", Align::kRight},
               {"bound us", Align::kRight},
               {"by"},
               {"reached", Align::kRight}});
  for (const RooflineEntry& row : result.roofline) {
    table.add_row({row.op, row.implementation, fmt::format("{:.2f}", row.time.least / kMicrosecond),
                   fmt::format("{:.3f}", row.cost.flops() / 1e6),
                   fmt::format("{:.1f}", row.cost.bytes() / 1024),
                   fmt::format("{:.2f}", row.bound.seconds / kMicrosecond), row.bound.limit,
                   fmt::format("{:.0f} %", 100 * row.fraction())});
  }
  return table.to_string();
}

Json ops_json(const Measurement& result) {
  Json json = Json::array();
  const double total = total_seconds(result.operators);
  for (const OperatorTime& row : result.operators) {
    json.push_back({{"op", row.op},
                    {"implementation", row.implementation},
                    {"share", row.seconds / total},
                    {"runs", row.runs},
                    {"us_a_run", row.microseconds_a_run()},
                    {"lacks_kernel", row.lacks_kernel}});
  }
  return json;
}

Json limits_json(const MachineLimits& limits) {
  Json reads = Json::array();
  for (const MachineLimits::ReadSpeed& read : limits.reads) {
    reads.push_back(
        {{"kib", read.working_set / 1024}, {"gb_per_s", read.bytes_per_second / kGiga}});
  }
  Json json = {
      {"summary", limits_text(limits)}, {"gflops", limits.flops / kGiga}, {"reads", reads}};
  if (limits.reduced_flops > 0) json["reduced_gflops"] = limits.reduced_flops / kGiga;
  return json;
}

Json roofline_json(const Measurement& result) {
  Json json = Json::array();
  for (const RooflineEntry& row : result.roofline) {
    json.push_back({{"op", row.op},
                    {"implementation", row.implementation},
                    {"us", row.time.least / kMicrosecond},
                    {"flops", row.cost.flops()},
                    {"bytes", row.cost.bytes()},
                    {"flops_in_turn", row.cost.in_turn.flops},
                    {"bytes_in_turn", row.cost.in_turn.bytes},
                    {"bound_us", row.bound.seconds / kMicrosecond},
                    {"bound", row.bound.limit},
                    {"fraction", row.fraction()}});
  }
  return json;
}

}  // namespace

std::vector<OperatorTime> by_operator(const std::vector<StepProfile>& steps) {
  std::map<std::pair<std::string_view, std::string_view>, OperatorTime> sums;
  for (const StepProfile& step : steps) {
    OperatorTime& sum = sums[{step.op, step.implementation}];
    sum.op = step.op;
    sum.implementation = step.implementation;
    sum.seconds += step.time.seconds;
    sum.runs += step.time.runs;
    sum.lacks_kernel = step.lacks_kernel;
  }
  std::vector<OperatorTime> operators;
  operators.reserve(sums.size());
  for (auto& [key, sum] : sums) operators.push_back(std::move(sum));
  std::stable_sort(
      operators.begin(), operators.end(),
      [](const OperatorTime& a, const OperatorTime& b) { return a.seconds > b.seconds; });
  return operators;
}

std::string to_text(const Measurement& result, const ReportParts& parts) {
  std::string text = fmt::format(
      "{}\nread {}, compile {}, first run {}\n"
      "peak memory {:.1f} MiB, {:.1f} MiB more than before\n"
      "latency of {} runs on {} thread{}: min {}, median {}, p99 {}\n",
      result.model, format_seconds(result.read), format_seconds(result.compile),
      format_seconds(result.first), result.peak_memory, result.memory_growth,
      format_count(static_cast<std::int64_t>(result.latency.size())), result.threads,
      result.threads == 1 ? "" : "s", format_seconds(result.latency.front()),
      format_seconds(percentile(result.latency, 0.5)),
      format_seconds(percentile(result.latency, 0.99)));
  if (parts.ops) text += '\n' + ops_table(result);
  if (parts.roofline) {
    text += fmt::format("\nmachine: {}\n{}", limits_text(result.limits), roofline_table(result));
  }
  return text;
}

std::string to_json_text(const Measurement& result, const ReportParts& parts) {
  Json json{
      {"model", result.model},
      {"threads", result.threads},
      {"runs", result.latency.size()},
      {"min_ms", result.latency.front() / kMillisecond},
      {"median_ms", percentile(result.latency, 0.5) / kMillisecond},
      {"p99_ms", percentile(result.latency, 0.99) / kMillisecond},
      {"read_ms", result.read / kMillisecond},
      {"compile_ms", result.compile / kMillisecond},
      {"first_ms", result.first / kMillisecond},
      {"peak_rss_mib", result.peak_memory},
      {"rss_growth_mib", result.memory_growth},
  };
  if (parts.ops) json["ops"] = ops_json(result);
  if (parts.roofline) {
    json["machine"] = limits_json(result.limits);
    json["roofline"] = roofline_json(result);
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace gatefold::tools
