#include "passes/loop_index.h"

#include "ir/elements.h"
#include "ir/op_def.h"
#include "passes/loop_condition.h"
#include "passes/recurrent_cell.h"

namespace gatefold {
namespace {

IndexForm combine(const IndexForm& a, const IndexForm& b, std::int64_t sign) {
  return {a.iteration + sign * b.iteration, a.extent + sign * b.extent, a.offset + sign * b.offset};
}

bool is_extent(const Value& value, const Dim& extent) {
  return extent.is_symbol() && value.elements() && value.elements()->size() == 1 &&
         value.elements()->front() == Element::of(extent);
}

}  // namespace

std::optional<IndexForm> read_index(const Value& value, const LoopView& loop, const Dim& extent,
                                    const PassContext& context) {
  if (!loop.is_scan() && &value == loop.body().inputs()[loop_port::kIteration]) {
    return IndexForm{.iteration = 1};
  }
  if (const auto number = known_number(&value, context)) return IndexForm{.offset = *number};
  if (is_extent(value, extent)) return IndexForm{.extent = 1};
  const Node* node = value.producer();
  if (node == nullptr || !node->op().domain.empty()) return std::nullopt;
  const std::string_view op = node->op().name;
  const bool keeps_number = op == "Identity" || op == "Squeeze" || op == "Unsqueeze" ||
                            op == "Reshape" || (op == "Cast" && !is_float(value.type().dtype));
  if (keeps_number) return read_index(*node->input(0), loop, extent, context);
  if (op == "Neg") {
    const auto index = read_index(*node->input(0), loop, extent, context);
    return index ? std::optional(combine({}, *index, -1)) : std::nullopt;
  }
  if (op != "Add" && op != "Sub") return std::nullopt;
  const auto a = read_index(*node->input(0), loop, extent, context);
  const auto b = read_index(*node->input(1), loop, extent, context);
  if (!a || !b) return std::nullopt;
  return combine(*a, *b, op == "Add" ? 1 : -1);
}

}  // namespace gatefold
