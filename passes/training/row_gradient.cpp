#include "passes/training/row_gradient.h"

#include <algorithm>
#include <vector>

namespace gatefold {
namespace {

/// The backward steps of Gather along axis 0 that a gradient is the sum of; none where it is the
/// sum of anything else.
std::vector<const Node*> gather_steps(const Value& gradient) {
  const Node* producer = gradient.producer();
  if (producer == nullptr) return {};
  std::vector<const Node*> steps;
  if (producer->op().name == "Sum") {
    for (const Value* part : producer->inputs()) steps.push_back(part->producer());
  } else {
    steps.push_back(producer);
  }
  const auto is_other = [](const Node* step) {
    return step == nullptr || step->op().name != "GatherGrad" || step->attr_int("axis") != 0;
  };
  return std::any_of(steps.begin(), steps.end(), is_other) ? std::vector<const Node*>() : steps;
}

Value* joined(GraphBuilder& g, const std::vector<Value*>& parts) {
  return parts.size() == 1 ? parts.front() : g.add("Concat", parts, {{"axis", std::int64_t{0}}});
}

}  // namespace

std::optional<RowGradient> rows_of(GraphBuilder& g, const Value& gradient) {
  const std::vector<const Node*> steps = gather_steps(gradient);
  if (steps.empty() || !gradient.type().is_static()) return std::nullopt;
  std::vector<std::int64_t> row_extents = gradient.type().dims();
  row_extents.front() = -1;
  std::vector<Value*> rows;
  std::vector<Value*> indices;
  for (const Node* step : steps) {
    Value* flat = g.add("Reshape", {step->input(1), g.add_ints({-1})});
    indices.push_back(g.add("Cast", {flat}, {{"to", static_cast<std::int64_t>(DataType::kInt64)}}));
    rows.push_back(g.add("Reshape", {step->input(2), g.add_ints(row_extents)}));
  }
  Value* all = joined(g, indices);
  Value* sums =
      g.add("GatherRowsGrad", {steps.front()->input(0), all, joined(g, rows)}, {}, kGatefoldDomain);
  return RowGradient{sums, g.add("Reshape", {all, g.add_ints({-1, 1})})};
}

}  // namespace gatefold
