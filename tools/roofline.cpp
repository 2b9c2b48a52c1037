#include "tools/roofline.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "tools/macs.h"

namespace gatefold::tools {
namespace {

/// Operators that read only part of their first input.
constexpr std::array<std::string_view, 4> kSelectingOps{"Gather", "GatherElements", "GatherND",
                                                        "Slice"};

template <typename Names>
bool is_among(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

double bytes_of(const Type& type) {
  if (!type.is_tensor() || !type.is_static()) return 0;
  return static_cast<double>(element_count(type.dims())) * static_cast<double>(size_of(type.dtype));
}

double bytes_of(const std::vector<Type>& types) {
  double sum = 0;
  for (const Type& type : types) sum += bytes_of(type);
  return sum;
}

bool is_recurrent(const OpDef& op) {
  for (const RecurrentKind* kind : {&kLstm, &kGru, &kRnn}) {
    if (is_among(std::array{kind->op, kind->training_op, kind->gradient_op}, op.name)) return true;
  }
  return false;
}

/// Bytes of an element of the matrices that are multiplied.
double width_in(ProductPrecision products) {
  constexpr double kWidths[] = {4, 2, 1};
  return kWidths[static_cast<int>(products)];
}

/// What of the node's products has to be done step by step.
Work work_in_turn(const TypedNode& node, ProductPrecision products) {
  if (!is_recurrent(node.node->op())) return {};
  const bool batch_first = read_recurrent_attrs(*node.node).batch_first;
  const Dims x = node.inputs[recurrent_input::kX].dims();
  const auto R = static_cast<double>(element_count(node.inputs[recurrent_input::kR].dims()));
  const double bytes = R * width_in(products);
  const auto rows = static_cast<double>(x[0] * x[1]);
  return {.flops = 2 * rows * R,
          .bytes = bytes * std::max(static_cast<double>(x[batch_first ? 1 : 0]) - 1, 0.0),
          .working_set = bytes};
}

Bound bound_of(const Work& work, ProductPrecision products, const MachineLimits& limits) {
  const double computing = work.flops / limits.flops_in(products);
  const double moving = work.bytes / limits.read_speed(work.working_set);
  if (computing >= moving) return {computing, "compute"};
  return {moving, std::string(memory_of(work.working_set, limits.threads))};
}

}  // namespace

StepCost cost_of(const StepProfile& step) {
  StepCost cost{.at_once = {}, .in_turn = {}, .products = precision_of(step.implementation)};
  for (const TypedNode& node : step.nodes) {
    const double flops = 2 * static_cast<double>(count_macs(node).macs);
    const Work in_turn = work_in_turn(node, cost.products);
    const double in_turn_flops = std::min(in_turn.flops, flops);
    cost.in_turn.flops += in_turn_flops;
    cost.in_turn.bytes += in_turn.bytes;
    cost.in_turn.working_set += in_turn.working_set;
    cost.at_once.flops += flops - in_turn_flops;
  }
  const double written = bytes_of(step.writes);
  double bytes = bytes_of(step.reads) + written;
  if (step.nodes.size() == 1 && is_among(kSelectingOps, step.nodes.front().node->op().name)) {
    bytes -= std::max(bytes_of(step.nodes.front().inputs.front()) - written, 0.0);
  }
  cost.at_once.bytes = cost.at_once.working_set = bytes;
  return cost;
}

Bound bound_of(const StepCost& cost, const MachineLimits& limits) {
  const Bound at_once = bound_of(cost.at_once, cost.products, limits);
  const Bound in_turn = bound_of(cost.in_turn, cost.products, limits);
  return {at_once.seconds + in_turn.seconds,
          at_once.seconds >= in_turn.seconds ? at_once.limit : in_turn.limit};
}

std::vector<RooflineEntry> compare_with(const MachineLimits& limits,
                                        const std::vector<StepProfile>& steps) {
  std::vector<RooflineEntry> rows;
  for (const StepProfile& step : steps) {
    if (step.nodes.empty() || step.time.runs == 0) continue;
    const StepCost cost = cost_of(step);
    rows.push_back({step.op, step.implementation, step.time, cost, bound_of(cost, limits)});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const RooflineEntry& a, const RooflineEntry& b) {
    return a.time.seconds > b.time.seconds;
  });
  return rows;
}

}  // namespace gatefold::tools
