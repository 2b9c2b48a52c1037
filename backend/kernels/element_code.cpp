#include "backend/kernels/element_code.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "ir/convert.h"
#include "ir/op_def.h"

namespace gatefold::native {
namespace {

using MakeCode = std::optional<ElementCode> (*)(const KernelRequest& request);

bool is_single(const KernelRequest& request, std::size_t input) {
  return element_count(request.input_dims(input)) == 1;
}

/// True for an input of one element that is repeated over the whole output.
bool is_repeated_single(const KernelRequest& request, std::size_t input) {
  return is_single(request, input) && element_count(request.output_dims()) != 1;
}

ElementCode code_of(UnaryFunction function, const std::array<float, 2>& attributes) {
  return {.run =
              [](const ElementCode& code, const void* const* x, void* y, std::int64_t n) {
                code.unary(static_cast<const float*>(x[0]), static_cast<float*>(y),
                           static_cast<std::size_t>(n), code.attributes[0], code.attributes[1]);
              },
          .operands = {{0}},
          .unary = function,
          .attributes = attributes};
}

std::optional<ElementCode> unary(const KernelRequest& request) {
  const UnaryFunction function = find_unary_function(request.node);
  if (request.dtype() != DataType::kFloat32 || function == nullptr) return std::nullopt;
  return code_of(function, float_attributes(request.node));
}

template <bool kHasMin, bool kHasMax>
void run_clip(const ElementCode& code, const void* const* x, void* y, std::int64_t n) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto bound = [&](std::size_t operand) { return *static_cast<const float*>(x[operand]); };
  const float low = kHasMin ? bound(1) : -kInfinity;
  const float high = kHasMax ? bound(kHasMin ? 2 : 1) : kInfinity;
  code.unary(static_cast<const float*>(x[0]), static_cast<float*>(y), static_cast<std::size_t>(n),
             low, high);
}

std::optional<ElementCode> clip(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return std::nullopt;
  const bool has_min = request.has_input(1);
  const bool has_max = request.has_input(2);
  ElementCode code{.run = has_min ? (has_max ? run_clip<true, true> : run_clip<true, false>)
                                  : (has_max ? run_clip<false, true> : run_clip<false, false>),
                   .operands = {{0}},
                   .unary = find_unary_function("Clip")};
  if (has_min) code.operands.push_back({1, true});
  if (has_max) code.operands.push_back({2, true});
  return code;
}

void run_binary(const ElementCode& code, const void* const* x, void* y, std::int64_t n) {
  code.binary(x[0], x[1], y, n);
}

std::optional<ElementCode> binary(const KernelRequest& request) {
  if (const UnaryFunction power = find_power_function(request)) return code_of(power, {});
  const BinaryFunctions functions = find_binary_functions(request.node, request.dtype());
  if (functions.both == nullptr || divides_integers(request) || request.node.op().name == "Mean" ||
      request.inputs.size() != 2 || request.dtype(1) != request.dtype()) {
    return std::nullopt;
  }
  ElementCode code{.run = run_binary, .operands = {{0}, {1}}, .binary = functions.both};
  if (is_repeated_single(request, 1)) {
    code.binary = functions.first;
    code.operands[1].stays = true;
  } else if (is_repeated_single(request, 0)) {
    code.binary = functions.second;
    code.operands[0].stays = true;
  }
  return code;
}

/// Elements of four bytes.
template <std::int64_t kStrideX, std::int64_t kStrideY>
void run_where(const ElementCode& /*code*/, const void* const* x, void* y, std::int64_t n) {
  const auto* condition = static_cast<const bool*>(x[0]);
  const auto* yes = static_cast<const std::uint32_t*>(x[1]);
  const auto* no = static_cast<const std::uint32_t*>(x[2]);
  auto* chosen = static_cast<std::uint32_t*>(y);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    const std::uint32_t from_yes = yes[i * kStrideX];
    const std::uint32_t from_no = no[i * kStrideY];
    chosen[i] = condition[i] ? from_yes : from_no;
  }
}

/// One condition for all elements.
void run_choice(const ElementCode& code, const void* const* x, void* y, std::int64_t n) {
  const std::size_t choice = *static_cast<const bool*>(x[0]) ? 1 : 2;
  const auto* from = static_cast<const std::uint32_t*>(x[choice]);
  auto* to = static_cast<std::uint32_t*>(y);
  if (code.operands[choice].stays) {
    std::fill_n(to, n, *from);
  } else if (to != from) {
    std::copy_n(from, n, to);
  }
}

std::optional<ElementCode> where(const KernelRequest& request) {
  if (size_of(request.dtype(1)) != sizeof(std::uint32_t)) return std::nullopt;
  const bool yes_stays = is_repeated_single(request, 1);
  const bool no_stays = is_repeated_single(request, 2);
  if (is_repeated_single(request, 0)) {
    return ElementCode{.run = run_choice, .operands = {{0, true}, {1, yes_stays}, {2, no_stays}}};
  }
  return ElementCode{.run = yes_stays ? (no_stays ? run_where<0, 0> : run_where<0, 1>)
                                      : (no_stays ? run_where<1, 0> : run_where<1, 1>),
                     .operands = {{0}, {1, yes_stays}, {2, no_stays}}};
}

std::optional<ElementCode> logical_not(const KernelRequest& /*request*/) {
  return ElementCode{
      .run =
          [](const ElementCode& /*code*/, const void* const* x, void* y, std::int64_t n) {
            const auto* from = static_cast<const bool*>(x[0]);
            auto* to = static_cast<bool*>(y);
#pragma omp simd
            for (std::int64_t i = 0; i < n; ++i) to[i] = !from[i];
          },
      .operands = {{0}}};
}

std::optional<ElementCode> cast(const KernelRequest& request) {
  return ElementCode{
      .run = [](const ElementCode& code, const void* const* x, void* y,
                std::int64_t n) { convert_elements(code.from, x[0], code.to, y, n); },
      .operands = {{0}},
      .from = request.dtype(),
      .to = request.outputs[0].dtype};
}

struct CodeRow {
  std::string_view op;
  MakeCode make;
};

constexpr CodeRow kCodes[] = {
    {"Cast", cast}, {"CastLike", cast}, {"Clip", clip}, {"Not", logical_not}, {"Where", where},
};

}  // namespace

std::array<float, 2> float_attributes(const Node& node) {
  std::array<float, 2> attributes{};
  std::size_t count = 0;
  for (const AttrDef& attr : node.op().attrs) {
    if (attr.kind != AttrDef::Kind::kFloat || count == attributes.size()) continue;
    attributes[count++] = node.attr_float(attr.name);
  }
  return attributes;
}

UnaryFunction find_unary_function(const Node& node) {
  std::string_view name = node.op().name;
  if (name == "Gelu" && node.attr_string("approximate") == "tanh") name = "GeluTanh";
  return find_unary_function(name);
}

BinaryFunctions find_binary_functions(const Node& node, DataType dtype) {
  std::string_view name = node.op().name;
  if (name == "Mod" && node.attr_int("fmod") != 0) name = "FMod";
  if (name == "BitShift") {
    name = node.attr_string("direction") == "LEFT" ? "BitShiftLeft" : "BitShiftRight";
  }
  return find_binary_functions(name, dtype);
}

bool divides_integers(const KernelRequest& request) {
  const std::string_view name = request.node.op().name;
  return (name == "Div" || name == "Mod") && !is_float(request.dtype());
}

UnaryFunction find_power_function(const KernelRequest& request) {
  const Tensor* exponent = request.constant(1);
  if (request.node.op().name != "Pow" || exponent == nullptr || exponent->size() != 1 ||
      request.dtype() != DataType::kFloat32 || request.input_dims(0) != request.output_dims()) {
    return nullptr;
  }
  return find_power_function(exponent->number_at(0));
}

std::optional<ElementCode> find_element_code(const KernelRequest& request) {
  if (request.node.op().domain != kOnnxDomain || request.outputs.size() != 1) return std::nullopt;
  for (const CodeRow& row : kCodes) {
    if (row.op == request.node.op().name) return row.make(request);
  }
  if (!request.has_input(0)) return std::nullopt;
  return request.inputs.size() == 1 ? unary(request) : binary(request);
}

}  // namespace gatefold::native
