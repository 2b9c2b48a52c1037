#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/evaluate.h"
#include "ir/print.h"
#include "passes/pipeline.h"
#include "session/arrays/files.h"
#include "tests/attribute_variants.h"
#include "tools/compare.h"
#include "tools/inputs.h"
#include "tools/output.h"
#include "tools/pass_text.h"

namespace gatefold::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kVariants = 12;
constexpr std::uint64_t kInputSeed = 1;
constexpr std::int64_t kOpenExtent = 3;
// What a pipeline folds is rounded to the element type.
constexpr double kPassTolerance = 1e-9;
constexpr double kPipelineTolerance = 1e-5;

std::vector<fs::path> pass_cases() {
  std::vector<fs::path> paths;
  for (const auto& entry :
       fs::recursive_directory_iterator(fs::path(GATEFOLD_SOURCE_DIR) / "tests/passes")) {
    if (entry.path().extension() == ".onnxtxt") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// What a graph computes for made-up inputs.
struct Computed {
  std::vector<Datum> inputs;
  std::vector<Datum> outputs;
};

// Nothing where attributes are such that the graph cannot be computed.
std::optional<Computed> compute(Graph& graph) {
  try {
    run_passes(graph, kRequiredPipeline);
    Computed result;
    result.inputs = tools::random_inputs(graph, kInputSeed, kOpenExtent);
    result.outputs = evaluate(graph, result.inputs, Precision::kDouble);
    return result;
  } catch (const Error&) {
    return std::nullopt;
  }
}

// What is wrong with the graph after the passes; "" when it computes the same.
std::string find_fault(Graph& graph, std::string_view passes, bool training,
                       const Computed& expected, double tolerance) {
  try {
    run_passes(graph, passes, {.training = training});
    const std::vector<Datum> actual = evaluate(graph, expected.inputs, Precision::kDouble);
    for (std::size_t i = 0; i < expected.outputs.size(); ++i) {
      const auto difference =
          tools::find_difference(actual[i], expected.outputs[i], {tolerance, tolerance});
      if (difference) return "output '" + graph.outputs()[i].name + "': " + *difference;
    }
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

void check_variant(const fs::path& path, std::uint64_t seed, VariantCoverage& coverage) {
  const tools::PassText text = tools::parse_pass_text(read_file(path));
  const Model model = parse_model(text.before, path.string());
  const std::vector<std::string> changed = vary_attributes(*model.graph, seed);
  if (changed.empty()) return;
  const auto after = model.graph->clone();
  const std::string varied = print(*model.graph);
  const auto expected = compute(*model.graph);
  if (!expected) return coverage.add_refused();
  coverage.add_compared(changed);
  const std::string_view pipeline = text.training ? kTrainingPipeline : kInferencePipeline;
  for (const auto& [passes, tolerance] : {std::pair{std::string_view(text.passes), kPassTolerance},
                                          std::pair{pipeline, kPipelineTolerance}}) {
    const std::string fault =
        find_fault(*after->clone(), passes, text.training, *expected, tolerance);
    EXPECT_EQ(fault, "") << passes << " of " << path << " with other attributes:\n" << varied;
  }
}

// Neither a pass nor a pipeline may rely on attributes that the cases happen to have.
TEST(PassVariants, ComputeTheSameWithOtherAttributes) {
  VariantCoverage coverage;
  for (const fs::path& path : pass_cases()) {
    coverage.add_case();
    for (std::uint64_t seed = 1; seed <= kVariants; ++seed) check_variant(path, seed, coverage);
  }
  coverage.report();
  EXPECT_GT(coverage.compared(), 500);
}

}  // namespace
}  // namespace gatefold::test
