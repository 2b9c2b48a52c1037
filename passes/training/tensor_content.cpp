#include "passes/training/tensor_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace gatefold {
namespace {

/// The different numbers of a tensor, in the order of their first places; no more than three.
std::vector<double> first_numbers(const Tensor& tensor) {
  constexpr std::size_t kMost = 3;
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < tensor.size() && numbers.size() < kMost; ++i) {
    const double number = tensor.number_at(i);
    const bool is_new = std::find(numbers.begin(), numbers.end(), number) == numbers.end();
    if (is_new) numbers.push_back(number);
  }
  return numbers;
}

bool is_matrix(const Tensor& tensor) {
  const auto is_long = [](std::int64_t extent) { return extent > 1; };
  return std::count_if(tensor.dims().begin(), tensor.dims().end(), is_long) > 1;
}

bool has_equal_steps(const Tensor& tensor) {
  constexpr std::int64_t kLeast = 4;
  if (tensor.size() < kLeast) return false;
  const double step = tensor.number_at(1) - tensor.number_at(0);
  if (step == 0) return false;
  for (std::int64_t i = 1; i < tensor.size(); ++i) {
    const double difference = tensor.number_at(i) - tensor.number_at(i - 1);
    if (std::abs(difference - step) > 1e-4 * std::abs(step)) return false;
  }
  return true;
}

bool repeats_row(const Tensor& tensor) {
  if (!is_matrix(tensor) || tensor.dims().back() < 2 || is_uniform(tensor)) return false;
  const std::int64_t width = tensor.dims().back();
  if (tensor.size() == width) return false;
  for (std::int64_t i = width; i < tensor.size(); ++i) {
    if (tensor.number_at(i) != tensor.number_at(i - width)) return false;
  }
  return true;
}

/// Whether the squares of the elements of a row that are `distance` apart add up to 1, for the
/// first `distance` of every 2 `distance` elements.
bool are_circular(const Tensor& tensor, std::int64_t distance) {
  constexpr double kTolerance = 1e-3;
  for (std::int64_t first = 0; first < tensor.size(); first += 2 * distance) {
    for (std::int64_t i = first; i < first + distance; ++i) {
      const double sum =
          std::pow(tensor.number_at(i), 2) + std::pow(tensor.number_at(i + distance), 2);
      if (!(std::abs(sum - 1) < kTolerance)) return false;
    }
  }
  return true;
}

bool holds_sines(const Tensor& tensor) {
  if (!is_matrix(tensor)) return false;
  const std::int64_t width = tensor.dims().back();
  return width > 1 && width % 2 == 0 &&
         (are_circular(tensor, 1) || are_circular(tensor, width / 2));
}

}  // namespace

bool is_all(const Tensor& tensor, double number) {
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    if (tensor.number_at(i) != number) return false;
  }
  return true;
}

bool is_uniform(const Tensor& tensor) {
  return tensor.size() > 0 && is_all(tensor, tensor.number_at(0));
}

std::string why_data(const Tensor& tensor) {
  constexpr double kLow = -1000;
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    const double number = tensor.number_at(i);
    if (std::isnan(number)) return "constant with nan";
    if (std::isinf(number)) return fmt::format("constant with {}", number);
  }
  std::vector<double> numbers = first_numbers(tensor);
  std::sort(numbers.begin(), numbers.end());
  const bool is_mask = numbers.size() == 2 && numbers[0] <= kLow && numbers[1] == 0;
  return is_mask ? fmt::format("mask of 0 and {:g}", numbers[0]) : std::string();
}

std::string why_doubtful(const Tensor& tensor) {
  const std::vector<double> numbers = first_numbers(tensor);
  if (numbers.size() == 2 && is_matrix(tensor)) {
    return fmt::format("holds {:g} and {:g} only, as masks do", numbers[0], numbers[1]);
  }
  if (holds_sines(tensor)) return "holds sines and cosines, as position tables do";
  if (repeats_row(tensor)) return "repeats one row, as numbers made for every example do";
  return has_equal_steps(tensor) ? "holds numbers in equal steps, as positions do" : std::string();
}

}  // namespace gatefold
