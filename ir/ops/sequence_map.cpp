#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

bool is_sequence(const Type& type) { return type.kind == Type::Kind::kSequence; }

void infer(InferContext& context) {
  Graph& body = context.node().attr_graph("body");
  if (!is_sequence(context.input(0))) {
    context.fail("input input_sequence is {} but must be a sequence", to_string(context.input(0)));
  }
  if (body.inputs().size() != context.input_count() ||
      body.outputs().size() < context.outputs().size()) {
    context.fail("the body has {} inputs and {} outputs but the node has {} and {}",
                 body.inputs().size(), body.outputs().size(), context.input_count(),
                 context.outputs().size());
  }
  std::vector<Type> arguments;
  for (std::size_t i = 0; i < context.input_count(); ++i) {
    if (!context.has_input(i)) context.fail("input number {} is missing but required", i);
    const Type& type = context.input(i);
    arguments.push_back(is_sequence(type) ? *type.element : type);
  }
  const std::vector<Type> results = context.infer_sub_graph(body, std::move(arguments));
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i].is_tensor()) {
      context.fail("output {} of the body is {} but must be a tensor", i, to_string(results[i]));
    }
    context.set_output(i, Type::sequence_of(results[i]));
  }
}

void evaluate(EvaluateContext& context) {
  const Graph& body = context.node().attr_graph("body");
  const std::size_t count = std::get<Sequence>(context.datum(0)).size();
  std::vector<std::vector<Tensor>> made(context.output_count());
  for (std::size_t position = 0; position < count; ++position) {
    std::vector<Datum> arguments;
    for (std::size_t i = 0; i < context.input_count(); ++i) {
      const auto* sequence = std::get_if<Sequence>(&context.datum(i));
      if (sequence != nullptr && sequence->size() != count) {
        context.fail(
            "sequence number {} has {} tensors but the first has {}; their lengths must be "
            "equal",
            i, sequence->size(), count);
      }
      arguments.push_back(sequence == nullptr ? context.datum(i) : Datum((*sequence)[position]));
    }
    const std::vector<Datum> results = context.run_sub_graph(body, std::move(arguments));
    for (std::size_t i = 0; i < made.size(); ++i) {
      made[i].push_back(std::get<Tensor>(results[i]));
    }
  }
  for (std::size_t i = 0; i < made.size(); ++i) context.set_output(i, Sequence(made[i]));
}

}  // namespace

std::vector<OpDef> sequence_map() {
  constexpr auto kVariadic = Port::Arity::kVariadic;
  return {{
      .name = "SequenceMap",
      .doc = "Runs a sub-graph on each tensor of a sequence and collects its outputs in sequences. "
             "Further sequences, of the same length, are walked along; tensors are handed over "
             "whole.\n"
             "Source: ONNX SequenceMap-17",
      .since = 17,
      .inputs = {{.name = "input_sequence", .holds_any = true},
                 {.name = "additional_inputs", .arity = kVariadic, .holds_any = true}},
      .outputs = {{.name = "out_sequence", .arity = kVariadic, .holds_any = true}},
      .attrs = {{"body", AttrDef::Kind::kGraph, std::nullopt, true}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
