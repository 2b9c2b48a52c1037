#include "passes/loops/loop_index.h"

#include <algorithm>
#include <cmath>

#include "ir/elements.h"
#include "ir/op_def.h"
#include "passes/loops/loop_condition.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

IndexForm combine(const IndexForm& a, const IndexForm& b, std::int64_t sign) {
  return {a.iteration + sign * b.iteration, a.extent + sign * b.extent, a.offset + sign * b.offset};
}

IndexForm scaled(const IndexForm& form, std::int64_t factor) {
  return {form.iteration * factor, form.extent * factor, form.offset * factor};
}

bool is_extent(const Value& value, const Dim& extent) {
  return extent.is_symbol() && value.elements() && value.elements()->size() == 1 &&
         value.elements()->front() == Element::of(extent);
}

// A constant of one element that is an integer, of whatever type.
std::optional<std::int64_t> whole_number(const Value& value, const PassContext& context) {
  const Tensor* tensor = context.constant(&value);
  if (tensor == nullptr || tensor->size() != 1) return std::nullopt;
  const double number = tensor->number_at(0);
  const bool is_whole = std::abs(number) < 1e9 && number == std::floor(number);
  return is_whole ? std::optional(static_cast<std::int64_t>(number)) : std::nullopt;
}

// True for types in which the extent of a tensor is a whole number.
bool holds_extents(DataType dtype) {
  return dtype == DataType::kInt64 || dtype == DataType::kInt32 || dtype == DataType::kFloat32 ||
         dtype == DataType::kFloat64;
}

// The sum, difference, product or quotient when it has the form of an index.
std::optional<IndexForm> combine(std::string_view op, const IndexForm& a, const IndexForm& b) {
  const bool a_is_constant = a.iteration == 0 && a.extent == 0;
  const bool b_is_constant = b.iteration == 0 && b.extent == 0;
  if (op == "Add") return combine(a, b, 1);
  if (op == "Sub") return combine(a, b, -1);
  if (op == "Mul" && b_is_constant) return scaled(a, b.offset);
  if (op == "Mul" && a_is_constant) return scaled(b, a.offset);
  if (op == "Div" && b_is_constant && std::abs(b.offset) == 1) return scaled(a, b.offset);
  return std::nullopt;
}

}  // namespace

std::optional<IndexForm> read_index(const Value& value, const LoopView& loop, const Dim& extent,
                                    const PassContext& context) {
  if (!loop.is_scan() && &value == loop.body().inputs()[loop_port::kIteration]) {
    return IndexForm{.iteration = 1};
  }
  if (const auto number = whole_number(value, context)) return IndexForm{.offset = *number};
  if (is_extent(value, extent)) return IndexForm{.extent = 1};
  const Node* node = value.producer();
  if (node == nullptr || !node->op().domain.empty()) return std::nullopt;
  const std::string_view op = node->op().name;
  const auto read = [&](std::size_t port) {
    return read_index(*node->input(port), loop, extent, context);
  };
  if (op == "Cast") return holds_extents(value.type().dtype) ? read(0) : std::nullopt;
  // Floats on the way, as in the length of a range, hold whole numbers.
  constexpr std::string_view kKeepNumber[] = {"Ceil",    "Floor",   "Identity", "Round",
                                              "Reshape", "Squeeze", "Unsqueeze"};
  if (std::find(std::begin(kKeepNumber), std::end(kKeepNumber), op) != std::end(kKeepNumber)) {
    return read(0);
  }
  constexpr std::string_view kArithmetic[] = {"Add", "Sub", "Mul", "Div", "Neg"};
  if (std::find(std::begin(kArithmetic), std::end(kArithmetic), op) == std::end(kArithmetic)) {
    return std::nullopt;
  }
  const auto a = read(0);
  if (op == "Neg") return a ? std::optional(scaled(*a, -1)) : std::nullopt;
  const auto b = a ? read(1) : std::nullopt;
  return b ? combine(op, *a, *b) : std::nullopt;
}

}  // namespace gatefold
