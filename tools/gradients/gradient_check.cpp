#include "tools/gradients/gradient_check.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
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

/// Where to move a tensor: some of its elements, each by its amount.
struct Direction {
  std::vector<std::int64_t> elements;
  std::vector<double> amounts;

  bool is_one_element() const { return elements.size() == 1; }
  /// Of all the numbers of a tensor, those that belong to the elements, each times its amount.
  double dot(const Tensor& tensor) const {
    double sum = 0;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      sum += amounts[i] * tensor.data<double>()[elements[i]];
    }
    return sum;
  }
};

/// The loss as a function of its data, in double.
class LossFunction {
 public:
  LossFunction(const LossProblem& problem, bool must_be_finite)
      : problem_(problem), must_be_finite_(must_be_finite), data_(problem.data) {
    for (Datum& datum : data_) {
      auto* tensor = std::get_if<Tensor>(&datum);
      if (tensor != nullptr && is_float(tensor->dtype()))
        *tensor = tensor->converted(DataType::kFloat64);
    }
  }

  const std::vector<Datum>& data() const { return data_; }
  double operator()() const {
    const double loss =
        std::get<Tensor>(evaluate(*problem_.loss, data_, Precision::kDouble)[0]).number_at(0);
    if (must_be_finite_ && !std::isfinite(loss)) {
      const auto origin = find_non_finite(*problem_.gradients, problem_.data, {}, 1);
      fail("the loss is {} for the data at hand; {}choose others with --data or --seed",
           number_text(loss), origin ? origin->text + "; " : "");
    }
    return loss;
  }
  /// The loss with an input moved by `distance` times the direction.
  double moved(std::size_t input, const Direction& direction, double distance) {
    auto& tensor = std::get<Tensor>(data_[input]);
    const Tensor before = tensor;
    tensor = tensor.clone();
    for (std::size_t i = 0; i < direction.elements.size(); ++i) {
      tensor.data<double>()[direction.elements[i]] += distance * direction.amounts[i];
    }
    const double loss = (*this)();
    tensor = before;
    return loss;
  }
  const Tensor& tensor(std::size_t input) const { return std::get<Tensor>(data_[input]); }

 private:
  const LossProblem& problem_;
  bool must_be_finite_;
  std::vector<Datum> data_;
};

/// One variable on its way through the check.
struct Subject {
  GradientFinding finding;
  Tensor gradient;  ///< In double.
  double scale = 0;
  std::vector<Direction> chosen;  ///< Directions to try.
};

std::int64_t largest_element(const Tensor& gradient) {
  const auto numbers = gradient.values<double>();
  const auto largest = std::max_element(
      numbers.begin(), numbers.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  return largest - numbers.begin();
}

/// What errors of the gradient are measured against: infinities would hide all others.
double largest_finite(const Tensor& gradient) {
  double largest = 0;
  for (const double number : gradient.values<double>()) {
    if (std::isfinite(number)) largest = std::max(largest, std::abs(number));
  }
  return largest;
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

/// Random amounts in [-1, 1) for all elements.
Direction choose_direction(const Tensor& gradient, const RandomNumbers& random) {
  Direction direction;
  for (std::int64_t i = 0; i < gradient.size(); ++i) {
    direction.elements.push_back(i);
    direction.amounts.push_back(2 * random.uniform(static_cast<std::uint64_t>(i)) - 1);
  }
  return direction;
}

std::vector<Direction> choose_directions(const Tensor& gradient,
                                         const GradientCheckOptions& options, std::uint64_t seed) {
  std::vector<Direction> chosen;
  if (gradient.size() > options.samples && options.directions > 0) {
    for (std::int64_t i = 0; i < options.directions; ++i) {
      const auto number = static_cast<std::uint64_t>(i);
      chosen.push_back(choose_direction(gradient, RandomNumbers(seed + 1000 * (number + 1))));
    }
    return chosen;
  }
  for (const std::int64_t element :
       choose_elements(gradient, options.samples, RandomNumbers(seed))) {
    chosen.push_back({{element}, {1}});
  }
  return chosen;
}

class GradientChecker {
 public:
  GradientChecker(const LossProblem& problem, const GradientCheckOptions& options)
      : problem_(problem), options_(options), loss_(problem, !options.skip_undefined) {}

  std::vector<GradientFinding> run() {
    find_gradients();
    if (options_.check_kernels) compare_kernels();
    compare_differences();
    std::vector<GradientFinding> findings;
    for (Subject& subject : subjects_) findings.push_back(std::move(subject.finding));
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
      subject.finding.differences.index = index_at(gradient.dims(), 0);
      subject.chosen = choose_directions(gradient, options_, options_.seed + i);
      subject.scale = largest_finite(gradient);
      largest_of_all = std::max(largest_of_all, subject.scale);
    }
    for (Subject& subject : subjects_) {
      subject.scale = std::max(subject.scale, kLeastScale * largest_of_all);
    }
  }

  void compare_kernels() {
    const auto executable = std::make_shared<Executable>(
        problem_.gradients, CompileOptions{.threads = options_.threads});
    Context context(executable);
    const std::span<const Datum> results = context.run(problem_.data);
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

  /// One direction of each variable in turn, so that none is left out when time is short.
  void compare_differences() {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    std::size_t turns = 0;
    for (const Subject& subject : subjects_) turns = std::max(turns, subject.chosen.size());
    for (std::size_t turn = 0; turn < turns; ++turn) {
      for (Subject& subject : subjects_) {
        if (turn >= subject.chosen.size()) continue;
        const std::chrono::duration<double> passed = Clock::now() - start;
        if (turn > 0 && passed.count() > options_.time_limit) return;
        compare_direction(subject, subject.chosen[turn]);
      }
    }
  }

  void compare_direction(Subject& subject, const Direction& direction) {
    const std::optional<Difference> found = compare(subject, direction);
    if (!found) return;
    ++subject.finding.checked;
    std::vector<std::int64_t> index;
    if (direction.is_one_element()) {
      index = index_at(subject.gradient.dims(), direction.elements.front());
      subject.finding.compared.push_back(
          {index, direction.dot(loss_.tensor(subject.finding.variable->input)),
           direction.dot(subject.gradient), found->slope});
    }
    GradientError& worst = subject.finding.differences;
    if (found->error > worst.relative) worst = {found->error, std::move(index)};
  }

  struct Difference {
    double slope = 0;
    double error = 0;  ///< Relative.
  };

  /// Nothing where a difference is not finite.
  std::optional<Difference> compare(const Subject& subject, const Direction& direction) {
    const double gradient = direction.dot(subject.gradient);
    const double scale = std::max(subject.scale, std::abs(gradient));
    const std::size_t input = subject.finding.variable->input;
    const double size = direction.is_one_element()
                            ? std::max(1.0, std::abs(direction.dot(loss_.tensor(input))))
                            : 1.0;
    double least = std::numeric_limits<double>::infinity();
    double nearest = 0;
    for (const double part : kStepParts) {
      const double step = options_.step * part * size;
      const double above = loss_.moved(input, direction, step);
      const double below = loss_.moved(input, direction, -step);
      const double difference = (above - below) / (2 * step);
      if (!std::isfinite(difference)) return std::nullopt;
      if (std::abs(difference - gradient) < least) {
        least = std::abs(difference - gradient);
        nearest = difference;
      }
      if (ratio(least, scale) <= options_.tolerance) break;
      if (part != kStepParts.back() || !options_.accept_kinks) continue;
      const double here = loss_();
      const auto [low, high] = std::minmax({(here - below) / step, (above - here) / step});
      least = std::min(least, std::max({0.0, low - gradient, gradient - high}));
    }
    return Difference{nearest, ratio(least, scale)};
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
