#include "tests/special_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <span>

#include "backend/kernels.h"
#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/half.h"

namespace gatefold::test {
namespace {

template <typename T>
std::vector<T> special_numbers(double greatest, double smallest = 0) {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_same_v<T, bool>) {
    return {true, false, false, true, true};
  } else if constexpr (std::is_floating_point_v<T>) {
    const T most = static_cast<T>(std::min(greatest, static_cast<double>(Limits::max())));
    std::vector<T> numbers = {Limits::quiet_NaN(),
                              Limits::infinity(),
                              -Limits::infinity(),
                              T{0},
                              -T{0},
                              Limits::denorm_min(),
                              -Limits::denorm_min(),
                              Limits::min() / 2,
                              Limits::min(),
                              -Limits::min(),
                              most,
                              -most,
                              T{1},
                              T{-1},
                              T{0.5},
                              T{-2.5},
                              T{3.25}};
    std::erase_if(numbers, [&](T x) { return x != 0 && std::abs(x) < smallest; });
    return numbers;
  } else if constexpr (std::is_integral_v<T>) {
    return {Limits::lowest(),
            Limits::lowest() + 1,
            Limits::max(),
            Limits::max() - 1,
            T{0},
            T{1},
            T{2},
            T{7},
            static_cast<T>(-1),
            static_cast<T>(-5),
            T{3}};
  } else {
    std::vector<T> numbers;
    for (const float number : special_numbers<float>(greatest, smallest))
      numbers.emplace_back(number);
    return numbers;
  }
}

/// As dispatch, for all element types.
template <typename Function>
void dispatch_all(DataType dtype, Function&& function) {
  dispatch<float, double, Float16, BFloat16, std::int64_t, std::int32_t, std::int16_t, std::int8_t,
           std::uint64_t, std::uint32_t, std::uint16_t, std::uint8_t, bool>(
      dtype, std::forward<Function>(function));
}

/// Some ordinary number of magnitude 0.5 to 1.5, or a small integer.
template <typename T>
T ordinary(std::mt19937& random) {
  const auto unit = static_cast<float>(random() >> 8) * 0x1p-24F;
  const float number = (random() & 1) != 0 ? 0.5F + unit : -0.5F - unit;
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(random() % 5);
  } else {
    return T(number);
  }
}

/// Special numbers in turn; input k begins at its own one.
template <typename T>
void fill_in_turn(const Filling& filling, std::size_t input, std::span<T> elements) {
  const auto numbers = special_numbers<T>(filling.greatest, filling.smallest);
  const std::size_t shift = filling.run * (input + 1) + input * elements.size();
  for (std::size_t i = 0; i < elements.size(); ++i) {
    elements[i] = numbers[(i + shift) % numbers.size()];
    if constexpr (std::is_integral_v<T>) {
      if (filling.divides && input == 1 && elements[i] == T{}) elements[i] = static_cast<T>(3);
    }
  }
}

/// Row r, along axis `axis`, holds one special number among ordinary ones, at each position in its
/// time; every fifth row a second one; the last rows nothing but the one.
template <typename T>
void fill_rows(const Filling& filling, std::size_t input, const Dims& dims, std::size_t axis,
               std::span<T> elements) {
  const auto numbers = special_numbers<T>(filling.greatest, filling.smallest);
  std::mt19937 random(static_cast<unsigned>(7 + input));
  const auto count = static_cast<std::int64_t>(numbers.size());
  const std::int64_t inner = element_count(Dims(dims.begin() + axis + 1, dims.end()));
  const std::int64_t outer = element_count(Dims(dims.begin(), dims.begin() + axis));
  const std::int64_t length = inner * outer;
  for (std::int64_t r = 0; r < filling.rows; ++r) {
    const auto at = [&](std::int64_t i) -> T& {
      return elements[(i / inner * filling.rows + r) * inner + i % inner];
    };
    const std::int64_t position = r / count % (length + 1);
    for (std::int64_t i = 0; i < length; ++i) {
      at(i) = position == length ? numbers[r % count] : ordinary<T>(random);
    }
    if (position == length) continue;
    at(position) = numbers[(r + static_cast<std::int64_t>(input) * 5) % count];
    if (r % 5 == 0) at((position * 7 + 3) % length) = numbers[(r * 3 + 1) % count];
  }
}

}  // namespace

std::int64_t special_count(DataType dtype) {
  std::int64_t count = 0;
  dispatch_all(dtype, [&]<typename T>() {
    count = static_cast<std::int64_t>(special_numbers<T>(1).size());
  });
  return count;
}

Tensor filled(const Type& type, const std::string& name, std::size_t input,
              const Filling& filling) {
  Tensor tensor(type.dtype, type.dims());
  if (name == "i") return tensor;  // Indices: all zero.
  const Dims& dims = tensor.dims();
  const auto axis = std::find(dims.begin(), dims.end(), filling.rows);
  dispatch_all(type.dtype, [&]<typename T>() {
    const std::span<T> elements(tensor.data<T>(), static_cast<std::size_t>(tensor.size()));
    if (filling.rows == 0) return fill_in_turn<T>(filling, input, elements);
    if (axis != dims.end()) {
      return fill_rows<T>(filling, input, dims, static_cast<std::size_t>(axis - dims.begin()),
                          elements);
    }
    std::mt19937 random(static_cast<unsigned>(23 + input));
    for (T& element : elements) element = ordinary<T>(random);
  });
  return tensor;
}

bool Sameness::operator()(double actual, double wanted) const {
  if (std::isnan(wanted) || std::isnan(actual)) return std::isnan(wanted) && std::isnan(actual);
  if (std::isinf(wanted) || std::isinf(actual)) return actual == wanted;
  if (actual == 0 && wanted == 0) {
    return is_zero_unsigned || std::signbit(actual) == std::signbit(wanted);
  }
  return std::abs(actual - wanted) <= tolerance * std::max(1.0, std::abs(wanted));
}

std::int64_t first_difference(const Tensor& actual, const Tensor& wanted, const Sameness& same) {
  if (std::memcmp(actual.raw(), wanted.raw(), wanted.bytes()) == 0) return -1;
  if (!is_float(wanted.dtype())) {
    const std::size_t size = size_of(wanted.dtype());
    for (std::int64_t i = 0; i < wanted.size(); ++i) {
      const auto offset = static_cast<std::size_t>(i) * size;
      if (std::memcmp(actual.raw() + offset, wanted.raw() + offset, size) != 0) return i;
    }
  }
  for (std::int64_t i = 0; i < wanted.size(); ++i) {
    if (!same(actual.number_at(i), wanted.number_at(i))) return i;
  }
  return -1;
}

SpecialProblem::SpecialProblem(const Graph& graph, MakeKernel make, std::vector<Tensor> inputs,
                               bool are_constant, const std::vector<native::InstructionSet>& sets)
    : graph_(graph), node_(*graph.nodes().front()), sets_(sets), inputs_(std::move(inputs)) {
  for (std::size_t i = 0; i < graph.inputs().size(); ++i) {
    given_[graph.inputs()[i]] = &inputs_[i];
  }
  for (std::size_t i = 0; i < node_.input_count(); ++i) add_input(i, are_constant);
  for (std::size_t i = 0; i < node_.output_count(); ++i) {
    output_types_.push_back(node_.output(i) == nullptr ? Type() : node_.output(i)->type());
    outputs_.emplace_back(output_types_[i].dtype, output_types_[i].dims());
  }
  for (const native::InstructionSet& set : sets) {
    const native::UseInstructionSet use(set);
    packed_.push_back(std::make_unique<PackedWeights>());
    kernels_.push_back(make({node_, types_, output_types_, constants_, 1, *packed_.back()}));
    if (kernels_.back() == nullptr) return;
    const auto bytes = static_cast<std::int64_t>(kernels_.back()->scratch_bytes());
    scratch_.emplace_back(DataType::kUint8, Dims{bytes});
    std::memset(scratch_.back().raw(), 0xFF, scratch_.back().bytes());
  }
}

bool SpecialProblem::has_own_kernel() const {
  return kernels_[0] != nullptr && kernels_[0]->implementation() != kEvaluated;
}

std::string SpecialProblem::compare(const Sameness& same) {
  const std::vector<Datum> data(inputs_.begin(), inputs_.end());
  const std::vector<Datum> wanted = evaluate(graph_, data);
  for (std::size_t k = 0; k < sets_.size(); ++k) {
    run(k);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto& oracle = std::get<Tensor>(wanted[i]);
      const Tensor& actual = outputs_[graph_.outputs()[i].value->output_index()];
      const std::int64_t at = first_difference(actual, oracle, same);
      if (at < 0) continue;
      return fmt::format("{} on {}: '{}' [{}] of {} is {} but by definition {}",
                         kernels_[k]->implementation(), sets_[k].name, graph_.outputs()[i].name, at,
                         to_string(oracle.dims()), actual.number_at(at), oracle.number_at(at));
    }
  }
  return "";
}

void SpecialProblem::add_input(std::size_t i, bool are_constant) {
  const Value* value = node_.input(i);
  const Tensor* tensor = value == nullptr    ? nullptr
                         : value->has_data() ? value->data()
                                             : given_.at(value);
  types_.push_back(value == nullptr ? nullptr : &value->type());
  const bool is_known = value != nullptr && (value->has_data() || (are_constant && i > 0));
  constants_.push_back(is_known ? tensor : nullptr);
  pointers_.push_back(tensor == nullptr ? nullptr : tensor->raw());
}

void SpecialProblem::run(std::size_t set) {
  const native::UseInstructionSet use(sets_[set]);
  std::vector<void*> targets;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    std::memset(outputs_[i].raw(), 0x5A, outputs_[i].bytes());
    targets.push_back(node_.output(i) == nullptr ? nullptr : outputs_[i].raw());
  }
  kernels_[set]->run({pointers_.data(), targets.data(), scratch_[set].raw()});
}

std::string with(std::string text, const std::string& mark, const std::string& replacement) {
  for (std::size_t at = 0; (at = text.find(mark)) != std::string::npos;) {
    text.replace(at, mark.size(), replacement);
  }
  return text;
}

}  // namespace gatefold::test
