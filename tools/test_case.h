#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/kernel_choice.h"
#include "backend/product_precision.h"
#include "tools/compare.h"

namespace gatefold::tools {

struct TestOptions {
  Tolerance tolerance;
  int threads = 1;
  ProductPrecision products = ProductPrecision::kFloat32;
  KernelChoice kernels = KernelChoice::kFastest;
  bool optimize = true;  ///< Run the inference pipeline on models first.
  bool update = false;   ///< Rewrite what pass tests expect instead of comparing.
};

struct TestOutcome {
  enum class Verdict : std::int8_t { kPassed, kFailed, kSkipped };

  Verdict verdict = Verdict::kPassed;
  /// Why it failed or was skipped, or what of a passed test was not compared; may be empty then.
  std::string message;
  double seconds = 0;
};

/// A kind of test kept as files: how to recognise one and how to run it.
struct TestKind {
  std::string_view name;
  /// True for a file or folder that is a test of this kind, as far as can be seen from outside.
  bool (*matches)(const std::filesystem::path& path);
  /// Never throws Error: what goes wrong is a failure.
  TestOutcome (*run)(const std::filesystem::path& path, const TestOptions& options);
};

/// Every kind, in the order in which a path is offered to them.
std::span<const TestKind* const> test_kinds();

/// A folder in the form of ONNX's backend tests: a model and the outputs it must give for inputs.
extern const TestKind kModelTest;

/// A folder with a model, a plan to train it (`spec.json`), the batches of each step (`data.npz`)
/// and the losses, gradients and weights to expect (`expected.npz`).
extern const TestKind kTrainingTest;

/// A file of ONNX text: "# passes: LIST", a graph, "# expect", and the graph that the passes must
/// make of it, which must also compute the same. "# training" in the head keeps parameters open.
extern const TestKind kPassTest;

/// A data set of a model test: the tensor files of its inputs, in order, and those there are of its
/// outputs, by number.
struct DataSet {
  std::string name;
  std::vector<std::filesystem::path> inputs;
  std::map<std::size_t, std::filesystem::path> outputs;
};

/// The folders test_data_set_* of a model test, in order of their numbers; those without files are
/// left out. Throws Error when a number of an input is missing.
std::vector<DataSet> find_data_sets(const std::filesystem::path& folder);

struct TestCase {
  const TestKind* kind = nullptr;
  std::filesystem::path path;
};

/// The tests at and below the paths, sorted, each once. `name_pattern` (a shell pattern; empty:
/// all) must match the last part of a test's path. Throws Error for a path that does not exist.
std::vector<TestCase> find_tests(const std::vector<std::filesystem::path>& paths,
                                 const std::string& name_pattern);

/// Runs the test in a process of its own, so that a crash is a failure like any other.
TestOutcome run_isolated(const TestCase& test, const TestOptions& options);

/// The results in JUnit's XML form.
std::string junit_report(std::span<const TestCase> tests, std::span<const TestOutcome> outcomes);

}  // namespace gatefold::tools
