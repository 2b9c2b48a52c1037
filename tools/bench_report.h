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

  double microseconds_a_run() const {
    return runs > 0 ? seconds * 1e6 / static_cast<double>(runs) : 0;
  }
};

/// Everything measured about one model. Times are in seconds, memory is in MiB.
struct Measurement {
  std::string model;
  int threads = 1;
  double read = 0;                      ///< From the file to a graph.
  double compile = 0;                   ///< Passes over it, until it is ready to run.
  double first = 0;                     ///< The first run, which plans and packs weights.
  std::vector<double> latency;          ///< Of every later run, ascending.
  double peak_memory = 0;               ///< Of the process, until it had run a few times.
  double memory_growth = 0;             ///< That without what there was before the file was read.
  std::vector<OperatorTime> operators;  ///< The most expensive first, where asked for.
  MachineLimits limits;                 ///< With what follows, where asked for.
  std::vector<RooflineRow> roofline;
};

/// Which parts of a report there shall be.
struct ReportParts {
  bool ops = false;       ///< Time by operator.
  bool roofline = false;  ///< Each step beside the machine's limits.
};

/// The measured steps summed by operator and implementation, the most expensive first.
std::vector<OperatorTime> by_operator(const std::vector<StepProfile>& steps);

std::string to_text(const Measurement& result, const ReportParts& parts);
/// One JSON object, with a line feed behind it.
std::string to_json_text(const Measurement& result, const ReportParts& parts);

}  // namespace gatefold::tools
