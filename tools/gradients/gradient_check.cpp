#include "tools/gradients/gradient_check.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>

#include "backend/executable.h"
#include "ir/error.h"
#include "ir/evaluate.h"
#include "ir/random.h"
#include "session/number_range.h"
#include "session/number_trace.h"
#include "tools/compare.h"

namespace gatefold::tools {
namespace {

/// What a tensor's own gradient is measured against at least, as part of the largest of all.
constexpr double kLeastScale = 1e-3;
/// Steps that are tried one after the other, as parts of the one asked for.
constexpr std::array<double, 3> kStepParts{1, 0.1, 0.01};

double ratio(double error, double scale) {
  if (error == 0) return 0;
  return scale > 0 ? std::abs(error / scale) : std::numeric_limits<double>::infinity();
}

/// The loss as a function of its data, in double.
class LossFunction {
 public:
  explicit LossFunction(const LossProblem& problem) : problem_(problem) {
    for (const Tensor& tensor : problem.data) {
      data_.emplace_back(is_float(tensor.dtype()) ? tensor.converted(DataType::kFloat64) : tensor);
    }
  }

  const std::vector<Datum>& data() const { return data_; }
  double operator()() const {
    const double loss =
        std::get<Tensor>(evaluate(*problem_.loss, data_, Precision::kDouble)[0]).number_at(0);
    if (!std::isfinite(loss)) {
      const std::vector<Datum> data(problem_.data.begin(), problem_.data.end());
      const auto origin = find_non_finite(*problem_.gradients, data, {}, 1);
      fail("the loss is {} for the data at hand; {}choose others with --data or --seed",
           number_text(loss), origin ? origin->text + "; " : "");
    }
    return loss;
  }
  /// The loss with `distance` added to one element.
  double moved(std::size_t input, std::int64_t element, double distance) {
    double& number = std::get<Tensor>(data_[input]).data<double>()[element];
    const double before = number;
    number += distance;
    const double loss = (*this)();
    number = before;
    return loss;
  }
  double number(std::size_t input, std::int64_t element) const {
    return std::get<Tensor>(data_[input]).number_at(element);
  }

 private:
  const LossProblem& problem_;
  std::vector<Datum> data_;
};

/// One variable on its way through the check.
struct Subject {
  GradientFinding finding;
  Tensor gradient;  ///< In double.
  double scale = 0;
  std::vector<std::int64_t> chosen;  ///< Elements to try.
  double worst = 0;                  ///< Absolute error.
  std::int64_t worst_element = 0;
};

std::int64_t largest_element(const Tensor& gradient) {
  const auto numbers = gradient.values<double>();
  const auto largest = std::max_element(
      numbers.begin(), numbers.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  return largest - numbers.begin();
}

/// All elements of a small tensor; else the one with the largest gradient and a random one of each
/// of equally long parts.
std::vector<std::int64_t> choose_elements(const Tensor& gradient, std::int64_t samples,
                                          const RandomNumbers& random) {
  const std::int64_t size = gradient.size();
  const std::int64_t count = std::min(samples, size);
  std::vector<std::int64_t> chosen;
  if (size > samples) chosen.push_back(largest_element(gradient));
  for (auto i = static_cast<std::int64_t>(chosen.size()); i < count; ++i) {
    const double place = size > samples ? random.uniform(static_cast<std::uint64_t>(i)) : 0;
    chosen.push_back(static_cast<std::int64_t>(
        (static_cast<double>(i) + place) * static_cast<double>(size) / static_cast<double>(count)));
  }
  return chosen;
}

class GradientChecker {
 public:
  GradientChecker(const LossProblem& problem, const GradientCheckOptions& options)
      : problem_(problem), options_(options), loss_(problem) {}

  std::vector<GradientFinding> run() {
    find_gradients();
    compare_kernels();
    compare_differences();
    std::vector<GradientFinding> findings;
    for (Subject& subject : subjects_) {
      subject.finding.differences = {ratio(subject.worst, subject.scale),
                                     index_at(subject.gradient.dims(), subject.worst_element)};
      findings.push_back(std::move(subject.finding));
    }
    return findings;
  }

 private:
  void find_gradients() {
    loss_();
    const std::vector<Datum> results =
        evaluate(*problem_.gradients, loss_.data(), Precision::kDouble);
    double largest_of_all = 0;
    for (std::size_t i = 0; i < problem_.variables.size(); ++i) {
      Subject& subject = subjects_.emplace_back();
      subject.gradient = std::get<Tensor>(results[i + 1]);
      const Tensor& gradient = subject.gradient;
      subject.finding.variable = &problem_.variables[i];
      subject.finding.elements = gradient.size();
      if (gradient.size() == 0) continue;
      subject.finding.largest = std::abs(gradient.data<double>()[largest_element(gradient)]);
      subject.chosen =
          choose_elements(gradient, options_.samples, RandomNumbers(options_.seed + i));
      largest_of_all = std::max(largest_of_all, subject.finding.largest);
    }
    for (Subject& subject : subjects_) {
      subject.scale = std::max(subject.finding.largest, kLeastScale * largest_of_all);
    }
  }

  void compare_kernels() {
    const auto executable = std::make_shared<Executable>(
        problem_.gradients, CompileOptions{.threads = options_.threads});
    Context context(executable);
    const std::vector<Datum> inputs(problem_.data.begin(), problem_.data.end());
    const std::span<const Datum> results = context.run(inputs);
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
      const auto& computed = std::get<Tensor>(results[i + 1]);
      Subject& subject = subjects_[i];
      double worst = -1;
      std::int64_t element = 0;
      for (std::int64_t k = 0; k < computed.size(); ++k) {
        const double error = std::abs(computed.number_at(k) - subject.gradient.number_at(k));
        if (error <= worst) continue;
        worst = error;
        element = k;
      }
      subject.finding.kernels = {ratio(std::max(worst, 0.0), subject.scale),
                                 index_at(computed.dims(), element)};
    }
  }

  /// One element of each variable in turn, so that none is left out when time is short.
  void compare_differences() {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    for (std::int64_t turn = 0; turn < options_.samples; ++turn) {
      for (Subject& subject : subjects_) {
        if (turn >= static_cast<std::int64_t>(subject.chosen.size())) continue;
        const std::chrono::duration<double> passed = Clock::now() - start;
        if (turn > 0 && passed.count() > options_.time_limit) return;
        compare_element(subject, subject.chosen[static_cast<std::size_t>(turn)]);
      }
    }
  }

  void compare_element(Subject& subject, std::int64_t element) {
    const double error = difference_error(subject, element);
    ++subject.finding.checked;
    if (error <= subject.worst) return;
    subject.worst = error;
    subject.worst_element = element;
  }

  double difference_error(const Subject& subject, std::int64_t element) {
    const double gradient = subject.gradient.data<double>()[element];
    const std::size_t input = subject.finding.variable->input;
    const double size = std::max(1.0, std::abs(loss_.number(input, element)));
    double least = std::numeric_limits<double>::infinity();
    for (const double part : kStepParts) {
      const double step = options_.step * part * size;
      const double above = loss_.moved(input, element, step);
      const double below = loss_.moved(input, element, -step);
      least = std::min(least, std::abs((above - below) / (2 * step) - gradient));
      if (ratio(least, subject.scale) <= options_.tolerance) return least;
      if (part != kStepParts.back()) continue;
      const double here = loss_();
      const auto [low, high] = std::minmax({(here - below) / step, (above - here) / step});
      least = std::min(least, std::max({0.0, low - gradient, gradient - high}));
    }
    return least;
  }

  const LossProblem& problem_;
  const GradientCheckOptions& options_;
  LossFunction loss_;
  std::vector<Subject> subjects_;
};

}  // namespace

std::vector<GradientFinding> check_gradients(const LossProblem& problem,
                                             const GradientCheckOptions& options) {
  return GradientChecker(problem, options).run();
}

}  // namespace gatefold::tools
