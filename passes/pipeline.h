#pragma once

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace gatefold {

/// How to run a list of passes, and what to show of it.
struct PipelineOptions {
  bool training = false;         ///< See PassContext.
  bool verify = true;            ///< Check the whole graph after every pass that changed it.
  std::string print_after = {};  ///< A pass, or "all": show the graph after it.
  bool print_changed = false;    ///< Show the graph after each pass that changed it.
  std::string stop_after = {};   ///< Run no pass after this one.
  std::int64_t max_rewrites = std::numeric_limits<std::int64_t>::max();
  std::string explain = {};  ///< A pass whose near misses are shown.
  /// Receives what is to be shown, line by line or as whole graphs.
  std::function<void(const std::string& text)> show = [](const std::string&) {};
  /// When a pass fails: receives a text that reproduces it, the graph before the pass under a
  /// "# passes:" line, in the form of a pass test.
  std::function<void(const std::string& text)> reproducer = {};
};

/// What one pass did.
struct PassReport {
  std::string_view name;
  bool changed = false;
  double seconds = 0;
};

/// Names of the pipelines that run_passes understands beside single passes. What is in `required`,
/// and in the others as well, turns operators that cannot be executed into ones that can.
inline constexpr std::string_view kRequiredPipeline = "required";
inline constexpr std::string_view kInferencePipeline = "inference";
inline constexpr std::string_view kTrainingPipeline = "training";

/// Runs passes given as text: "fold-constants,remove-dead", or a pipeline's name. Throws Error for
/// a name that is not known, and whatever a pass or the verification throws, preceded by the pass's
/// name.
std::vector<PassReport> run_passes(Graph& graph, std::string_view passes,
                                   const PipelineOptions& options = {});

}  // namespace gatefold
