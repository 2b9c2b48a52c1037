#include <algorithm>
#include <cctype>

#include "frontend/raise/rules.h"

namespace gatefold::raise {

using Ints = std::vector<std::int64_t>;

void move_ints(NodeDraft& draft, std::string_view attr, std::size_t index) {
  const auto found = draft.attrs.find(attr);
  if (found == draft.attrs.end()) return;
  if (draft.input(index) != nullptr) draft.fail("'{}' is an attribute and an input", attr);
  const bool is_single = std::holds_alternative<std::int64_t>(found->second);
  const Ints values =
      is_single ? Ints{*draft.take_attr<std::int64_t>(attr)} : *draft.take_attr<Ints>(attr);
  draft.set_input(index, draft.constant_ints(attr, values));
}

const Shape* known_shape(const Value* value) {
  if (value == nullptr || !value->type().is_tensor() || !value->type().has_rank()) return nullptr;
  return &*value->type().shape;
}

Value* scalar_like(const NodeDraft& draft, std::string_view base, float number, Value* like) {
  const Tensor scalar = Tensor::scalar(number);
  const DataType dtype = like->type().dtype;
  if (dtype != DataType::kUndefined) return draft.constant(base, scalar.converted(dtype));
  return draft.add(base, "CastLike", {draft.constant(base, scalar), like});
}

void concat_4(NodeDraft& draft) { draft.attrs.emplace("axis", std::int64_t{1}); }

void pad_2(NodeDraft& draft) {
  if (auto pads = draft.take_attr<Ints>("paddings")) draft.attrs["pads"] = std::move(*pads);
}

void pad_11(NodeDraft& draft) {
  if (!draft.attrs.contains("pads")) draft.fail("attribute 'pads' is missing but required");
  move_ints(draft, "pads", 1);
  if (const auto value = draft.take_attr<float>("value")) {
    draft.set_input(2, scalar_like(draft, "value", *value, draft.input(0)));
  }
}

void reshape_5(NodeDraft& draft) {
  if (!draft.attrs.contains("shape")) draft.fail("attribute 'shape' is missing but required");
  move_ints(draft, "shape", 1);
}

void slice_10(NodeDraft& draft) {
  for (const std::string_view attr : {"starts", "ends"}) {
    if (!draft.attrs.contains(attr)) draft.fail("attribute '{}' is missing but required", attr);
  }
  move_ints(draft, "starts", 1);
  move_ints(draft, "ends", 2);
  move_ints(draft, "axes", 3);
}

void split_2(NodeDraft& draft) {
  // The first form could take the extents as an input, which is how the newest takes them.
  if (draft.input(1) == nullptr) return;
  draft.take_attr<Ints>("split");
}

void split_18(NodeDraft& draft) {
  if (draft.input(1) != nullptr) return;
  draft.attrs["num_outputs"] = static_cast<std::int64_t>(draft.outputs.size());
}

void split_to_sequence(NodeDraft& draft) {
  // Parts of one element are made without a size, too. PyTorch's unbind states it and keepdims = 0,
  // which the specification ignores beside a size, but not the runtimes.
  const Value* size = draft.input(1);
  if (size == nullptr || !size->has_data() || size->data()->rank() != 0) return;
  if (size->data()->number_at(0) == 1) draft.inputs.resize(1);
}

void tile_6(NodeDraft& draft) {
  // Inputs: data, how often, along which axis.
  const Shape* shape = known_shape(draft.input(0));
  const Value* tiles = draft.input(1);
  const Value* axis = draft.input(2);
  if (shape == nullptr || tiles == nullptr || axis == nullptr || !tiles->has_data() ||
      !axis->has_data() || tiles->data()->size() != 1 || axis->data()->size() != 1) {
    draft.fail(
        "this form of before opset 6 needs a known number of dimensions and constant tiles and "
        "axis");
  }
  const auto rank = static_cast<std::int64_t>(shape->size());
  const auto position = static_cast<std::int64_t>(axis->data()->number_at(0));
  if (position < 0 || position >= rank) draft.fail("axis {} is outside [0, {})", position, rank);
  Ints repeats(shape->size(), 1);
  repeats[static_cast<std::size_t>(position)] =
      static_cast<std::int64_t>(tiles->data()->number_at(0));
  draft.inputs = {draft.input(0), draft.constant_ints("repeats", repeats)};
}

void scatter(NodeDraft& draft) {
  draft.become("ScatterElements", std::move(draft.inputs), std::move(draft.attrs));
}

void cast_6(NodeDraft& draft) {
  const auto target = draft.take_attr<std::string>("to");
  if (!target) draft.fail("attribute 'to' is missing but required");
  std::string name = *target;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  const DataType dtype = data_type_from_name(name);
  if (dtype == DataType::kUndefined) {
    draft.fail("attribute 'to' is '{}', an element type that is not supported", *target);
  }
  draft.attrs["to"] = static_cast<std::int64_t>(dtype);
}

}  // namespace gatefold::raise
