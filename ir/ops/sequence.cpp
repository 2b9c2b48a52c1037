#include <algorithm>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"
#include "ir/ops/sub_graph_types.h"

namespace gatefold::ops {
namespace {

/// The element type of sequence input `index`; fails when the input is no sequence of tensors.
const Type& element_type(const InferContext& context, std::size_t index) {
  const Type& type = context.input(index);
  if (type.kind != Type::Kind::kSequence || !type.element->is_tensor()) {
    context.fail("{} is {} but must be a sequence of tensors", context.name_of_input(index),
                 to_string(type));
  }
  return *type.element;
}

const Sequence& sequence(const EvaluateContext& context, std::size_t index) {
  return std::get<Sequence>(context.datum(index));
}

/// Input `index` as a position in [0, count); fails outside [-count, count).
std::int64_t position(const EvaluateContext& context, std::size_t index, std::int64_t count) {
  const std::int64_t given = context.input(index).to_int64()[0];
  if (given < -count || given >= count) {
    context.fail("position {} is outside [{}, {})", given, -count, count);
  }
  return given < 0 ? given + count : given;
}

std::int64_t length(const EvaluateContext& context) {
  return static_cast<std::int64_t>(sequence(context, 0).size());
}

void check_position(const InferContext& context, std::size_t index) {
  if (context.has_input(index)) known_integer(context, index);
}

void infer_construct(InferContext& context) {
  if (!context.has_input(0)) context.fail("input number 0 is missing but required");
  Type element = context.input(0);
  for (std::size_t i = 1; i < context.input_count(); ++i) {
    if (!context.has_input(i)) context.fail("input number {} is missing but required", i);
    element = common_type(context, element, context.input(i), "tensors of one sequence");
  }
  context.set_output(0, Type::sequence_of(element));
}

// The memory of tensor inputs belongs to the caller, who uses it again: sequences keep copies.
void evaluate_construct(EvaluateContext& context) {
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < context.input_count(); ++i) {
    tensors.push_back(context.input(i).clone());
  }
  context.set_output(0, Sequence(tensors));
}

void infer_empty(InferContext& context) {
  const std::int64_t number = context.node().attr_int("dtype");
  const DataType dtype = data_type_from_number(number);
  if (dtype == DataType::kUndefined) {
    context.fail("attribute dtype is {}, an element type that is not supported", number);
  }
  context.set_output(0, Type::sequence_of({dtype, std::nullopt}));
}

void evaluate_empty(EvaluateContext& context) { context.set_output(0, Sequence()); }

void infer_at(InferContext& context) {
  check_position(context, 1);
  context.set_output(0, element_type(context, 0));
}

void evaluate_at(EvaluateContext& context) {
  context.set_output(0, sequence(context, 0)[position(context, 1, length(context))]);
}

void infer_insert(InferContext& context) {
  check_position(context, 2);
  const Type& element = element_type(context, 0);
  context.set_output(0, Type::sequence_of(common_type(context, element, context.input(1),
                                                      "tensors of one sequence")));
}

void evaluate_insert(EvaluateContext& context) {
  const std::int64_t count = length(context);
  // A new element may also stand behind the last one, at position `count`.
  const bool at_end = !context.has_input(2) || context.input(2).to_int64()[0] == count;
  const std::int64_t at = at_end ? count : position(context, 2, count);
  context.set_output(0, sequence(context, 0).inserted(at, context.input(1).clone()));
}

void infer_erase(InferContext& context) {
  check_position(context, 1);
  context.set_output(0, Type::sequence_of(element_type(context, 0)));
}

void evaluate_erase(EvaluateContext& context) {
  const std::int64_t count = length(context);
  if (count == 0) context.fail("the sequence is empty; there is nothing to erase");
  const std::int64_t at = context.has_input(1) ? position(context, 1, count) : count - 1;
  context.set_output(0, sequence(context, 0).erased(at));
}

void infer_length(InferContext& context) {
  element_type(context, 0);
  context.set_output(0, {DataType::kInt64, Shape()});
}

void evaluate_length(EvaluateContext& context) {
  context.output(0, DataType::kInt64, {}).data<std::int64_t>()[0] = length(context);
}

constexpr DataTypeSet kAny = kAllTypes;
constexpr auto kOptional = Port::Arity::kOptional;
constexpr Port kInputSequence{.name = "input_sequence", .holds_any = true};
constexpr Port kOutputSequence{.name = "output_sequence", .holds_any = true};

}  // namespace

std::vector<OpDef> sequence() {
  return {
      {
          .name = "SequenceConstruct",
          .doc = "A sequence of the inputs.\nSource: ONNX SequenceConstruct-11",
          .since = 11,
          .inputs = {{"inputs", "T", kAny, Port::Arity::kVariadic}},
          .outputs = {kOutputSequence},
          .infer = infer_construct,
          .evaluate = evaluate_construct,
          .widen_half = false,
      },
      {
          .name = "SequenceEmpty",
          .doc = "A sequence without tensors, to hold some of element type dtype.\n"
                 "Source: ONNX SequenceEmpty-11",
          .since = 11,
          .outputs = {{.name = "output", .holds_any = true}},
          .attrs = {{"dtype", AttrDef::Kind::kInt, 1}},
          .infer = infer_empty,
          .evaluate = evaluate_empty,
          .widen_half = false,
      },
      {
          .name = "SequenceAt",
          .doc = "The tensor at a position; negative ones count from the end.\n"
                 "Source: ONNX SequenceAt-11",
          .since = 11,
          .inputs = {kInputSequence, {"position", {}, kIndexTypes}},
          .outputs = {{"tensor", {}, kAny}},
          .infer = infer_at,
          .evaluate = evaluate_at,
          .widen_half = false,
      },
      {
          .name = "SequenceInsert",
          .doc = "The sequence with a tensor put before a position (at the end when missing).\n"
                 "Source: ONNX SequenceInsert-11",
          .since = 11,
          .inputs = {kInputSequence,
                     {"tensor", {}, kAny},
                     {"position", {}, kIndexTypes, kOptional}},
          .outputs = {kOutputSequence},
          .infer = infer_insert,
          .evaluate = evaluate_insert,
          .widen_half = false,
      },
      {
          .name = "SequenceErase",
          .doc = "The sequence without the tensor at a position (the last when missing).\n"
                 "Source: ONNX SequenceErase-11",
          .since = 11,
          .inputs = {kInputSequence, {"position", {}, kIndexTypes, kOptional}},
          .outputs = {kOutputSequence},
          .infer = infer_erase,
          .evaluate = evaluate_erase,
          .widen_half = false,
      },
      {
          .name = "SequenceLength",
          .doc = "The number of tensors, as a scalar.\nSource: ONNX SequenceLength-11",
          .since = 11,
          .inputs = {kInputSequence},
          .outputs = {{"length", {}, kInt64Type}},
          .infer = infer_length,
          .evaluate = evaluate_length,
          .widen_half = false,
      },
  };
}

}  // namespace gatefold::ops
