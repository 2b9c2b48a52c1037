#include "tools/training/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "ir/error.h"

namespace gatefold::tools {
namespace {

constexpr std::string_view kAccuracy = "accuracy";
constexpr std::string_view kPerplexity = "perplexity";

}  // namespace

Metrics::Metrics(const LossSpec& loss, std::vector<std::string> names)
    : spec_(loss), names_(std::move(names)) {
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

void Metrics::add(double loss, double weight, const Tensor& output, const Tensor& target) {
  loss_ += loss * weight;
  weight_ += weight;
  if (!counts_hits_) return;
  const std::int64_t axis =
      spec_.class_axis < 0 ? spec_.class_axis + output.rank() : spec_.class_axis;
  const std::int64_t classes = output.dims()[axis];
  std::int64_t inner = 1;
  for (std::int64_t i = axis + 1; i < output.rank(); ++i) inner *= output.dims()[i];
  for (std::int64_t i = 0; i < target.size(); ++i) {
    const auto wanted = static_cast<std::int64_t>(target.number_at(i));
    if (spec_.ignore_index && wanted == *spec_.ignore_index) continue;
    const std::int64_t first = i / inner * classes * inner + i % inner;
    std::int64_t best = 0;
    for (std::int64_t k = 1; k < classes; ++k) {
      if (output.number_at(first + k * inner) > output.number_at(first + best * inner)) best = k;
    }
    hits_ += best == wanted ? 1 : 0;
    ++targets_;
  }
}

void Metrics::clear() {
  loss_ = weight_ = 0;
  hits_ = targets_ = 0;
}

std::vector<double> Metrics::values() const {
  std::vector<double> values;
  for (const std::string& name : names_) {
    values.push_back(name == kAccuracy
                         ? static_cast<double>(hits_) /
                               static_cast<double>(std::max<std::int64_t>(1, targets_))
                         : std::exp(loss()));
  }
  return values;
}

std::string Metrics::to_string() const {
  std::string text = fmt::format("loss {:.4f}", loss());
  const std::vector<double> numbers = values();
  for (std::size_t i = 0; i < names_.size(); ++i) {
    text += fmt::format(", {} {:.4f}", names_[i], numbers[i]);
  }
  return text;
}

}  // namespace gatefold::tools
