#include "frontend/constant_node.h"

#include <utility>

#include "frontend/proto_types.h"
#include "ir/error.h"

namespace gatefold {
namespace {

using Proto = onnx::AttributeProto;

// Models of IR version 1 do not state the kind of an attribute.
Proto::AttributeType kind_of(const Proto& proto) {
  if (proto.type() != Proto::UNDEFINED) return proto.type();
  if (proto.has_f()) return Proto::FLOAT;
  if (proto.has_i()) return Proto::INT;
  if (proto.has_s()) return Proto::STRING;
  if (proto.has_t()) return Proto::TENSOR;
  if (proto.floats_size() > 0) return Proto::FLOATS;
  if (proto.ints_size() > 0) return Proto::INTS;
  if (proto.strings_size() > 0) return Proto::STRINGS;
  return Proto::UNDEFINED;
}

}  // namespace

AttrValue import_plain_attr(const Proto& proto, const std::filesystem::path& folder,
                            std::string_view what) {
  switch (kind_of(proto)) {
    case Proto::FLOAT:
      return proto.f();
    case Proto::INT:
      return static_cast<std::int64_t>(proto.i());
    case Proto::STRING:
      return proto.s();
    case Proto::TENSOR:
      return import_tensor(proto.t(), folder, what);
    case Proto::FLOATS:
      return std::vector<float>(proto.floats().begin(), proto.floats().end());
    case Proto::INTS:
      return std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
    case Proto::STRINGS:
      return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
    case Proto::TYPE_PROTO:
      return to_string(import_type(proto.tp(), what));
    case Proto::SPARSE_TENSOR:
    case Proto::SPARSE_TENSORS:
      fail("{} is a sparse tensor, which is not supported; use a dense one", what);
    case Proto::GRAPH:
      fail("{} is a graph without content", what);
    case Proto::UNDEFINED:
      fail("{} has no value", what);
    default:
      fail("{} is a list of tensors, graphs or types, which is not supported", what);
  }
}

namespace {

template <typename T>
Tensor list_tensor(const std::vector<T>& values) {
  return Tensor::of<T>({static_cast<std::int64_t>(values.size())}, values);
}

// How the attributes of Constant become a tensor.
struct ConstantForm {
  std::string_view attr;
  Tensor (*tensor)(const AttrValue& value);
};

constexpr ConstantForm kConstantForms[] = {
    {"value", [](const AttrValue& value) { return std::get<Tensor>(value); }},
    {"value_float", [](const AttrValue& value) { return Tensor::scalar(std::get<float>(value)); }},
    {"value_int",
     [](const AttrValue& value) { return Tensor::scalar(std::get<std::int64_t>(value)); }},
    {"value_floats",
     [](const AttrValue& value) { return list_tensor(std::get<std::vector<float>>(value)); }},
    {"value_ints",
     [](const AttrValue& value) {
       return list_tensor(std::get<std::vector<std::int64_t>>(value));
     }},
};

}  // namespace

Value* import_constant_node(const NodeDraft& draft) {
  if (draft.attrs.size() != 1 || draft.outputs.size() != 1 || !draft.inputs.empty()) {
    draft.fail("a constant must have one attribute, its value, and one output");
  }
  const auto& [name, value] = *draft.attrs.begin();
  for (const ConstantForm& form : kConstantForms) {
    if (form.attr != name) continue;
    try {
      return draft.graph->add_constant(draft.outputs[0], form.tensor(value));
    } catch (const std::bad_variant_access&) {
      draft.fail("attribute '{}' has the wrong type", name);
    }
  }
  draft.fail("constants with attribute '{}' are not supported, only tensors of numbers", name);
}

}  // namespace gatefold
