#include "session/training/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "ir/error.h"

namespace gatefold {
namespace {

constexpr std::string_view kAccuracy = "accuracy";
constexpr std::string_view kPerplexity = "perplexity";

}  // namespace

Metrics::Metrics(const LossSpec& loss, std::vector<std::string> names)
    : spec_(loss),
      ignored_class_(loss.type.empty() ? std::nullopt : ignored_class(loss)),
      names_(std::move(names)) {
  for (const std::string& name : names_) {
    if (name != kAccuracy && name != kPerplexity) {
      fail("unknown metric '{}'; known metrics: {}, {}", name, kAccuracy, kPerplexity);
    }
    if (spec_.type != "cross_entropy" && spec_.type != "nll") {
      fail("metric '{}' needs a loss over classes, cross_entropy or nll, but the loss is '{}'",
           name, spec_.type);
    }
    counts_hits_ = counts_hits_ || name == kAccuracy;
  }
}

/// See add_has_targets.
bool Metrics::has_targets(const Tensor& target) const {
  const std::vector<double>& weights = spec_.class_weights;
  if (!ignored_class_ && weights.empty()) return true;
  for (std::int64_t i = 0; i < target.size(); ++i) {
    const auto wanted = static_cast<std::int64_t>(target.number_at(i));
    if (is_ignored(wanted)) continue;
    if (weights.empty() || weights[static_cast<std::size_t>(wanted)] != 0) return true;
  }
  return false;
}

std::int64_t Metrics::count_targets(const Tensor& target) const {
  if (!ignored_class_) return target.size();
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < target.size(); ++i) {
    count += is_ignored(static_cast<std::int64_t>(target.number_at(i))) ? 0 : 1;
  }
  return count;
}

std::int64_t Metrics::count_hits(const Tensor& output, const Tensor& target) const {
  const std::int64_t axis =
      spec_.class_axis < 0 ? spec_.class_axis + output.rank() : spec_.class_axis;
  const std::int64_t classes = output.dims()[axis];
  std::int64_t inner = 1;
  for (std::int64_t i = axis + 1; i < output.rank(); ++i) inner *= output.dims()[i];
  std::int64_t hits = 0;
  for (std::int64_t i = 0; i < target.size(); ++i) {
    const auto wanted = static_cast<std::int64_t>(target.number_at(i));
    if (is_ignored(wanted)) continue;
    const std::int64_t first = i / inner * classes * inner + i % inner;
    std::int64_t best = 0;
    for (std::int64_t k = 1; k < classes; ++k) {
      if (output.number_at(first + k * inner) > output.number_at(first + best * inner)) best = k;
    }
    hits += best == wanted ? 1 : 0;
  }
  return hits;
}

void Metrics::add(double loss, const Tensor& output, const Tensor& target) {
  if (!has_targets(target)) {
    ++sums_.empty_batches;
    return;
  }
  const std::int64_t targets = count_targets(target);
  const bool is_sum = spec_.reduction == "sum";
  sums_.loss += is_sum ? loss : loss * static_cast<double>(targets);
  sums_.losses += is_sum ? 1 : targets;
  sums_.targets += targets;
  if (counts_hits_) sums_.hits += count_hits(output, target);
}

void Metrics::add(double loss, std::int64_t examples) {
  sums_.loss += loss * static_cast<double>(examples);
  sums_.losses += examples;
}

double Metrics::loss() const {
  return sums_.loss / static_cast<double>(std::max<std::int64_t>(1, sums_.losses));
}

std::vector<double> Metrics::values() const {
  const auto targets = static_cast<double>(std::max<std::int64_t>(1, sums_.targets));
  std::vector<double> values;
  for (const std::string& name : names_) {
    values.push_back(name == kAccuracy ? static_cast<double>(sums_.hits) / targets
                                       : std::exp(sums_.loss / targets));
  }
  return values;
}

std::string Metrics::to_string() const {
  std::string text = fmt::format("loss {:.4f}", loss());
  const std::vector<double> numbers = values();
  for (std::size_t i = 0; i < names_.size(); ++i) {
    text += fmt::format(", {} {:.4f}", names_[i], numbers[i]);
  }
  if (sums_.empty_batches > 0) {
    text += fmt::format(", {} {} without targets", sums_.empty_batches,
                        sums_.empty_batches == 1 ? "batch" : "batches");
  }
  return text;
}

}  // namespace gatefold
