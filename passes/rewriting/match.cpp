#include "passes/rewriting/match.h"

#include <algorithm>
#include <iterator>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"

namespace gatefold {

Node* producer_of(const Value* value, std::string_view op) {
  if (value == nullptr || value->producer() == nullptr) return nullptr;
  Node* node = value->producer();
  return node->op().name == op && node->op().domain.empty() ? node : nullptr;
}

bool is_one_of(std::string_view op, std::initializer_list<std::string_view> ops) {
  return std::find(ops.begin(), ops.end(), op) != ops.end();
}

bool is_recurrent(const Node& node) {
  return node.op().domain.empty() && is_one_of(node.op().name, {"LSTM", "GRU", "RNN"});
}

bool is_forward_over_all(const Node& node) {
  return is_recurrent(node) && node.input(recurrent_input::kSequenceLens) == nullptr &&
         node.attr_string("direction") == "forward" && node.attr_int("layout") == 0;
}

const Value* origin_of(const Value* value) {
  for (const Node* node = value->producer(); node != nullptr; node = value->producer()) {
    const bool is_transparent = is_one_of(
        node->op().name,
        {"Squeeze", "Unsqueeze", "Reshape", "Identity", "Slice", "Gather", "Split", "Transpose"});
    if (!is_transparent) break;
    value = node->input(0);
  }
  return value;
}

namespace {

// True for a Reshape that adds and drops axes of extent 1 only.
bool moves_units(const Node* reshape) {
  if (reshape == nullptr) return false;
  const Type* types[] = {&reshape->input(0)->type(), &reshape->output()->type()};
  Shape wide[2];
  for (std::size_t i = 0; i < 2; ++i) {
    if (!types[i]->has_rank()) return false;
    std::copy_if(types[i]->shape->begin(), types[i]->shape->end(), std::back_inserter(wide[i]),
                 [](const Dim& extent) { return !extent.is(1); });
  }
  return std::equal(wide[0].begin(), wide[0].end(), wide[1].begin(), wide[1].end(),
                    [](const Dim& before, const Dim& after) { return before.same_as(after); });
}

}  // namespace

Value* behind_rank_changes(Value* value) {
  while (value != nullptr &&
         (producer_of(value, "Squeeze") || producer_of(value, "Unsqueeze") ||
          producer_of(value, "Identity") || moves_units(producer_of(value, "Reshape")))) {
    value = value->producer()->input(0);
  }
  return value;
}

bool is_row_mask(const Value* mask) {
  while (const Node* expand = producer_of(mask, "Expand")) mask = expand->input(0);
  const Type& type = mask->type();
  return type.has_rank() && type.rank() > 0 && type.shape->back().is(1);
}

Value* behind_hold(Value* value) {
  value = behind_rank_changes(value);
  const Node* hold = producer_of(value, "Where");
  const bool holds = hold != nullptr && is_row_mask(hold->input(0));
  return holds ? behind_rank_changes(hold->input(1)) : value;
}

Value* behind_casts(Value* value) {
  while (const Node* cast = producer_of(value, "Cast")) value = cast->input(0);
  return value;
}

bool is_filled_with(const Value* value, double number, const PassContext& context) {
  const Tensor* numbers = context.constant(value);
  if (numbers == nullptr || numbers->size() == 0) return false;
  for (std::int64_t i = 0; i < numbers->size(); ++i) {
    if (numbers->number_at(i) != number) return false;
  }
  return true;
}

}  // namespace gatefold
