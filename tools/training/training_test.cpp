#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "session/arrays/files.h"
#include "session/arrays/npz.h"
#include "session/training/training_record.h"
#include "tools/test_case.h"

namespace gatefold::tools {
namespace {

namespace fs = std::filesystem;
using Verdict = TestOutcome::Verdict;
using Arrays = std::map<std::string, Tensor>;

/// How far numbers may be off.
struct TrainingTolerance : TrainingPlan::Tolerance {
  double stray_part = 0;      ///< This part of all weights may be off by up to ...
  double stray_distance = 0;  ///< ... this much.
  bool has_weights = true;    ///< False leaves weights out of the comparison.
};

/// What an expectation in float32 says about products in bfloat16: an optimizer may turn a small
/// error of a gradient into a large one of a weight.
TrainingTolerance bfloat16_tolerance(TrainingTolerance tolerance) {
  tolerance.loss_relative = std::max(tolerance.loss_relative, 2e-2);
  tolerance.gradient = std::max(tolerance.gradient, 5e-2);
  tolerance.has_weights = false;
  return tolerance;
}

// Optimizers that divide by the gradient's own size move elements whose gradient is rounding noise
// anywhere.
TrainingTolerance tolerance_of(const TrainingPlan& plan) {
  TrainingTolerance tolerance;
  static_cast<TrainingPlan::Tolerance&>(tolerance) = plan.tolerance;
  if (plan.step.optimizer.type != "sgd") {
    tolerance.stray_part = 1e-3;
    tolerance.stray_distance = 0.1 * *with_defaults(plan.step.optimizer).learning_rate;
  }
  return tolerance;
}

std::vector<Batch> read_batches(const fs::path& path) {
  const Arrays arrays = read_npz(path);
  std::vector<Batch> batches;
  for (const auto& [name, array] : arrays) {
    if (array.rank() == 0)
      fail("'{}': array '{}' is a scalar; its first axis must be the steps", path.string(), name);
    if (batches.empty()) batches.resize(static_cast<std::size_t>(array.dims().front()));
    if (array.dims().front() != static_cast<std::int64_t>(batches.size())) {
      fail("'{}': array '{}' holds {} steps but others {}", path.string(), name,
           array.dims().front(), batches.size());
    }
    for (std::size_t i = 0; i < batches.size(); ++i) {
      batches[i][name] = entry_of(array, static_cast<std::int64_t>(i));
    }
  }
  if (batches.empty()) fail("'{}' holds no steps", path.string());
  return batches;
}

/// Compares a run with what is expected of it, array by array.
class Comparison {
 public:
  Comparison(const Arrays& expected, const TrainingRecord& actual,
             const TrainingTolerance& tolerance)
      : expected_(expected), actual_(actual), tolerance_(tolerance) {}

  /// Throws Error naming the first number that is off.
  void run() {
    for (const auto& [key, array] : expected_) {
      if (key == "losses") check(key, array, {tolerance_.loss_relative, tolerance_.loss_absolute});
      if (key.starts_with("grad/")) check(key, array, {0, tolerance_.gradient * largest(array)});
    }
    for (const auto& [key, array] : expected_) {
      const bool is_weight = key.starts_with("after1/") || key.starts_with("final/");
      if (is_weight && tolerance_.has_weights) check_weight(key, array);
    }
    if (strays_ >
        static_cast<std::int64_t>(tolerance_.stray_part * static_cast<double>(weights_))) {
      fail("{} of {} weights are off; the first is {}", strays_, weights_, first_stray_);
    }
  }

 private:
  const Tensor& actual(const std::string& key, const Tensor& expected) const {
    const auto found = actual_.find(key);
    if (found == actual_.end()) fail("'{}' is expected, but nothing of that name is trained", key);
    if (found->second.dims() != expected.dims()) {
      fail("'{}' has extents {}, expected {}", key, to_string(found->second.dims()),
           to_string(expected.dims()));
    }
    return found->second;
  }

  static double largest(const Tensor& array) {
    double largest = 0;
    for (std::int64_t i = 0; i < array.size(); ++i) {
      largest = std::max(largest, std::abs(array.number_at(i)));
    }
    return largest;
  }

  static std::string describe(const std::string& key, std::int64_t index, double actual,
                              double expected) {
    return fmt::format("'{}' element {}: {:.9g}, expected {:.9g}", key, index, actual, expected);
  }

  void check(const std::string& key, const Tensor& expected, const Tolerance& tolerance) const {
    const Tensor& array = actual(key, expected);
    for (std::int64_t i = 0; i < array.size(); ++i) {
      const double wanted = expected.number_at(i);
      const double found = array.number_at(i);
      const double allowed = tolerance.absolute + tolerance.relative * std::abs(wanted);
      if (std::abs(found - wanted) <= allowed) continue;
      fail("{}; off by {:.3g}, allowed {:.3g}", describe(key, i, found, wanted),
           std::abs(found - wanted), allowed);
    }
  }

  void check_weight(const std::string& key, const Tensor& expected) {
    const Tensor& array = actual(key, expected);
    const auto noise = expected_.find("noise/" + key.substr(key.find('/') + 1));
    for (std::int64_t i = 0; i < array.size(); ++i) {
      if (noise != expected_.end() && noise->second.number_at(i) != 0) continue;
      ++weights_;
      const double wanted = expected.number_at(i);
      const double found = array.number_at(i);
      const double distance = std::abs(found - wanted);
      if (distance <= tolerance_.weight) continue;
      const std::string what = describe(key, i, found, wanted);
      if (!(distance <= tolerance_.stray_distance)) {
        fail("{}; off by {:.3g}, allowed {:.3g}", what, distance, tolerance_.weight);
      }
      if (strays_++ == 0) first_stray_ = what;
    }
  }

  const Arrays& expected_;
  const TrainingRecord& actual_;
  const TrainingTolerance& tolerance_;
  std::int64_t weights_ = 0;
  std::int64_t strays_ = 0;
  std::string first_stray_;
};

TestOutcome run(const fs::path& folder, const TestOptions& options) {
  try {
    const TrainingPlan plan = read_training_plan(folder / "spec.json");
    const Model model = read_model(folder / "model.onnx");
    const TrainingRecord record = record_training(
        *model.graph, plan, read_batches(folder / "data.npz"),
        {.threads = options.threads, .products = options.products, .kernels = options.kernels});
    const Arrays expected = read_npz(folder / "expected.npz");
    TrainingTolerance tolerance = tolerance_of(plan);
    if (options.products == ProductPrecision::kBfloat16) tolerance = bfloat16_tolerance(tolerance);
    Comparison(expected, record, tolerance).run();
  } catch (const std::exception& error) {
    return {Verdict::kFailed, error.what()};
  }
  return {};
}

}  // namespace

const TestKind kTrainingTest{
    .name = "training",
    .matches =
        [](const fs::path& path) {
          return fs::is_regular_file(path / "model.onnx") &&
                 fs::is_regular_file(path / "spec.json") &&
                 fs::is_regular_file(path / "expected.npz");
        },
    .run = run,
};

}  // namespace gatefold::tools
