#include "tools/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ir/index.h"

namespace gatefold::tools {
namespace {

double largest_in(const Tensor& tensor) {
  double largest = 0;
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    const double number = std::abs(tensor.number_at(i));
    if (std::isfinite(number)) largest = std::max(largest, number);
  }
  return largest;
}

bool agree(double actual, double expected, const Tolerance& tolerance) {
  if (actual == expected) return true;
  if (std::isnan(actual) || std::isnan(expected)) return std::isnan(actual) && std::isnan(expected);
  if (std::isinf(actual) || std::isinf(expected)) return false;
  return std::abs(actual - expected) <=
         tolerance.absolute + tolerance.relative * std::abs(expected);
}

std::optional<std::string> find_difference(const Tensor& actual, const Tensor& expected,
                                           const Tolerance& tolerance) {
  if (!(actual.type() == expected.type())) {
    return fmt::format("is {} but should be {}", to_string(actual.type()),
                       to_string(expected.type()));
  }
  std::int64_t first = -1;
  std::int64_t count = 0;
  Tolerance allowed = tolerance;
  if (tolerance.of_largest != 0) allowed.absolute += tolerance.of_largest * largest_in(expected);
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    if (agree(actual.number_at(i), expected.number_at(i), allowed)) continue;
    if (count++ == 0) first = i;
  }
  if (count == 0) return std::nullopt;
  return fmt::format("{} at {} is {:.9g} but should be {:.9g}; {} of {} elements differ",
                     to_string(actual.type()), to_string(index_at(actual.dims(), first)),
                     actual.number_at(first), expected.number_at(first), count, actual.size());
}

std::optional<std::string> find_difference(const Sequence& actual, const Sequence& expected,
                                           const Tolerance& tolerance) {
  if (actual.size() != expected.size()) {
    return fmt::format("has {} elements but should have {}", actual.size(), expected.size());
  }
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const auto difference = find_difference(actual[i], expected[i], tolerance);
    if (difference) return fmt::format("element {}: {}", i, *difference);
  }
  return std::nullopt;
}

}  // namespace

Dims index_at(const Dims& dims, std::int64_t offset) {
  if (element_count(dims) == 0) return {};
  const Dims strides = strides_of(dims);
  Dims index;
  for (std::size_t i = 0; i < dims.size(); ++i) index.push_back(offset / strides[i] % dims[i]);
  return index;
}

std::optional<std::string> find_difference(const Datum& actual, const Datum& expected,
                                           const Tolerance& tolerance) {
  if (actual.index() != expected.index()) {
    return fmt::format("is {} but should be {}", describe(actual), describe(expected));
  }
  if (const auto* tensor = std::get_if<Tensor>(&actual)) {
    return find_difference(*tensor, std::get<Tensor>(expected), tolerance);
  }
  if (const auto* sequence = std::get_if<Sequence>(&actual)) {
    return find_difference(*sequence, std::get<Sequence>(expected), tolerance);
  }
  return std::nullopt;
}

}  // namespace gatefold::tools
