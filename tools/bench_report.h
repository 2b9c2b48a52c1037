#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend/executable.h"
#include "backend/plan/machine_limits.h"
#include "tools/roofline.h"

namespace gatefold::tools {

/// Time spent in one operator, as one implementation computes it.
struct OperatorTime {
  std::string op;
  std::string implementation;
  double seconds = 0;
  std::int64_t runs = 0;
  bool lacks_kernel = false;  ///< See StepProfile.

  double microseconds_a_run() const {
    return runs > 0 ? seconds * 1e6 / static_cast<double>(runs) : 0;
  }
};

/// Everything measured about one model. Times are in seconds, memory is in MiB.
struct Measurement {
  std::string model;
  int threads = 1;
  double read = 0;                      ///< Time to read the file into a graph.
  double compile = 0;                   ///< Time to make the graph ready to run.
  double first = 0;                     ///< Time of the first run, which plans and packs weights.
  std::vector<double> latency;          ///< Times of the later runs, ascending.
  double peak_memory = 0;               ///< Of the process, measured after a few runs.
  double memory_growth = 0;             ///< Less the memory in use before reading the file.
  std::vector<OperatorTime> operators;  ///< The most expensive first, if asked for.
  MachineLimits limits;                 ///< Measured for the roofline, if asked for.
  std::vector<RooflineEntry> roofline;
};

/// The optional parts of a report.
struct ReportParts {
  bool ops = false;       ///< Time by operator.
  bool roofline = false;  ///< Each step compared with the machine's limits.
};

/// Sums the measured steps by operator and implementation, the most expensive first.
std::vector<OperatorTime> by_operator(const std::vector<StepProfile>& steps);

std::string to_text(const Measurement& result, const ReportParts& parts);
/// Formats a report as one JSON object, followed by a line feed.
std::string to_json_text(const Measurement& result, const ReportParts& parts);

}  // namespace gatefold::tools
