#include "backend/plan/plan.h"

#include <algorithm>

namespace gatefold {

bool is_of_type(const Tensor& tensor, const Type& type) {
  const Shape& shape = *type.shape;
  return tensor.dtype() == type.dtype && tensor.dims().size() == shape.size() &&
         std::equal(shape.begin(), shape.end(), tensor.dims().begin(),
                    [](const Dim& dim, std::int64_t size) { return dim.is(size); });
}

Type Plan::type_of(const Value* value) const {
  const Slot* slot = slots.find(value);
  return slot == nullptr ? Type() : slot->type;
}

bool Plan::fits(std::span<const Datum* const> data) const {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto* tensor = std::get_if<Tensor>(data[i]);
    if (tensor != nullptr && !is_of_type(*tensor, inputs[i].type)) return false;
  }
  return true;
}

std::size_t Plan::bytes() const {
  std::size_t sum = pointers.size() * sizeof(PlanPointer);
  for (const PlanStep& step : steps) sum += sizeof(step) + step.kernel->bytes();
  slots.own().for_each([&](const Value* /*value*/, const Slot& slot) {
    const bool is_known = slot.root == Slot::Root::kKnown && slot.known.is_defined();
    sum += sizeof(slot) + (is_known ? slot.known.bytes() : 0);
  });
  return sum;
}

}  // namespace gatefold
