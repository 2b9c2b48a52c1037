#include "frontend/placed_tensors.h"

#include <vector>

#include "frontend/tensor_sites.h"

namespace gatefold {
namespace {

// The attribute that holds the value of one that may stand in a function and refer to its call's.
const onnx::AttributeProto& holder_of(const onnx::AttributeProto& attribute,
                                      const Environment& environment) {
  if (attribute.ref_attr_name().empty() || environment.call == nullptr) return attribute;
  for (const auto& given : environment.call->attribute()) {
    if (given.name() == attribute.ref_attr_name()) return holder_of(given, *environment.caller);
  }
  return attribute;
}

}  // namespace

PlacedTensors::PlacedTensors(onnx::ModelProto& model, TensorPlaces* places) : places_(places) {
  if (places_ == nullptr) return;
  const std::vector<TensorSite> sites = tensor_sites(model);
  places_->bytes = bytes_with_all_tensors(model, sites);
  for (std::size_t i = 0; i < sites.size(); ++i) numbers_[sites[i].identity()] = i;
}

Value* PlacedTensors::place(Value* value, const onnx::TensorProto& initializer, const Scope& scope,
                            NameSource& names) {
  return place(value, static_cast<const void*>(&initializer), scope, names);
}

Value* PlacedTensors::place(Value* value, const onnx::AttributeProto& attribute, const Scope& scope,
                            NameSource& names) {
  return place(value, static_cast<const void*>(&holder_of(attribute, scope.environment)), scope,
               names);
}

Value* PlacedTensors::place(Value* value, const void* holder, const Scope& scope,
                            NameSource& names) {
  if (scope.environment.arguments != nullptr && is_float(value->type().dtype)) {
    Graph* outermost = value->graph();
    while (outermost->outer() != nullptr) outermost = outermost->outer();
    Value*& shared = function_tensors_[{holder, outermost}];
    Graph& own = *value->graph();
    if (shared == nullptr && &own == outermost) {
      shared = value;
    } else {
      if (shared == nullptr) {
        const std::string name = names.fresh(value->name());
        shared = value->kind() == Value::Kind::kParameter
                     ? outermost->add_parameter(name, *value->data())
                     : outermost->add_constant(name, *value->data());
      }
      own.erase_value(value);
      value = shared;
    }
  }
  const auto number = numbers_.find(holder);
  if (number != numbers_.end()) places_->numbers.emplace(value->name(), number->second);
  return value;
}

}  // namespace gatefold
