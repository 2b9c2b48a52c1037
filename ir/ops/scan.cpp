#include <cstring>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"
#include "ir/ops/sub_graph_types.h"

namespace gatefold::ops {
namespace {

/// How the inputs and outputs of a Scan divide into states and sequences.
struct ScanLayout {
  std::size_t states = 0;
  std::size_t scan_inputs = 0;
  std::size_t scan_outputs = 0;
  std::vector<std::int64_t> input_axes;
  std::vector<std::int64_t> input_directions;
  std::vector<std::int64_t> output_axes;
  std::vector<std::int64_t> output_directions;
};

std::vector<std::int64_t> list_of(const Node& node, std::string_view name, std::size_t count) {
  std::vector<std::int64_t> list = node.attr_ints(name);
  if (list.empty()) list.assign(count, 0);
  if (list.size() != count) {
    fail("{}: attribute '{}' has {} entries but must have {}", node.describe(), name, list.size(),
         count);
  }
  return list;
}

ScanLayout layout_of(const Node& node) {
  ScanLayout layout;
  const Graph& body = node.attr_graph("body");
  const std::int64_t scans = node.attr_int("num_scan_inputs");
  if (scans < 1 || scans > static_cast<std::int64_t>(node.input_count())) {
    fail("{}: attribute 'num_scan_inputs' is {} but must be from 1 to {}, the number of inputs",
         node.describe(), scans, node.input_count());
  }
  layout.scan_inputs = static_cast<std::size_t>(scans);
  layout.states = node.input_count() - layout.scan_inputs;
  if (body.inputs().size() != node.input_count() || body.outputs().size() < layout.states ||
      node.output_count() > body.outputs().size()) {
    fail("{}: the node has {} inputs and {} outputs but its body {} and {}; they must match",
         node.describe(), node.input_count(), node.output_count(), body.inputs().size(),
         body.outputs().size());
  }
  layout.scan_outputs = body.outputs().size() - layout.states;
  layout.input_axes = list_of(node, "scan_input_axes", layout.scan_inputs);
  layout.input_directions = list_of(node, "scan_input_directions", layout.scan_inputs);
  layout.output_axes = list_of(node, "scan_output_axes", layout.scan_outputs);
  layout.output_directions = list_of(node, "scan_output_directions", layout.scan_outputs);
  return layout;
}

void infer(InferContext& context) {
  const ScanLayout layout = layout_of(context.node());
  Dim length;
  std::vector<Type> arguments;
  for (std::size_t i = 0; i < layout.states + layout.scan_inputs; ++i) {
    if (!context.has_input(i)) context.fail("input {} is missing", i);
    Type type = context.input(i);
    if (i >= layout.states && !type.is_tensor()) {
      context.fail("input {} is scanned, so it must be a tensor, but it is {}", i, to_string(type));
    }
    if (i >= layout.states && type.has_rank()) {
      const auto axis = context.axis(layout.input_axes[i - layout.states], type.rank());
      length = merge(context, length, (*type.shape)[axis], "lengths of the scanned inputs");
      type.shape->erase(type.shape->begin() + axis);
    }
    arguments.push_back(std::move(type));
  }
  std::vector<Type> results = context.infer_sub_graph(context.node().attr_graph("body"), arguments);
  for (std::size_t i = 0; i < layout.states; ++i) {
    context.set_output(i, common_type(context, arguments[i], results[i], "a state's types"));
  }
  for (std::size_t i = 0; i < layout.scan_outputs; ++i) {
    Type type = results[layout.states + i];
    if (!type.is_tensor()) {
      context.fail("scan output {} is {} but must be a tensor", i, to_string(type));
    }
    if (type.has_rank()) {
      const auto axis = context.axis(layout.output_axes[i], type.rank() + 1);
      type.shape->insert(type.shape->begin() + axis, length);
    }
    context.set_output(layout.states + i, std::move(type));
  }
}

Tensor slice_at(const Tensor& tensor, std::int64_t axis, std::int64_t index) {
  Dims dims = tensor.dims();
  const std::int64_t extent = dims[axis];
  std::int64_t outer = 1;
  for (std::int64_t i = 0; i < axis; ++i) outer *= dims[i];
  dims.erase(dims.begin() + axis);
  Tensor slice(tensor.dtype(), dims);
  const std::size_t block = slice.bytes() / (outer == 0 ? 1 : outer);
  for (std::int64_t o = 0; o < outer; ++o) {
    std::memcpy(slice.raw() + o * block, tensor.raw() + (o * extent + index) * block, block);
  }
  return slice;
}

void evaluate(EvaluateContext& context) {
  const ScanLayout layout = layout_of(context.node());
  const Graph& body = context.node().attr_graph("body");
  std::vector<Datum> state;
  for (std::size_t i = 0; i < layout.states; ++i) state.push_back(context.datum(i));
  std::int64_t length = -1;
  for (std::size_t i = 0; i < layout.scan_inputs; ++i) {
    const Tensor& input = context.input(layout.states + i);
    const auto extent = input.dims()[context.axis(layout.input_axes[i], input.rank())];
    if (length >= 0 && extent != length) {
      context.fail("scanned inputs have lengths {} and {}; they must be equal", length, extent);
    }
    length = extent;
  }
  std::vector<std::vector<Tensor>> slices(layout.scan_outputs);
  for (std::int64_t step = 0; step < length; ++step) {
    std::vector<Datum> arguments = std::move(state);
    for (std::size_t i = 0; i < layout.scan_inputs; ++i) {
      const Tensor& input = context.input(layout.states + i);
      const auto axis = context.axis(layout.input_axes[i], input.rank());
      const bool reversed = layout.input_directions[i] == 1;
      arguments.emplace_back(slice_at(input, axis, reversed ? length - 1 - step : step));
    }
    std::vector<Datum> results = context.run_sub_graph(body, std::move(arguments));
    state.clear();
    for (std::size_t i = 0; i < layout.states; ++i) state.push_back(std::move(results[i]));
    for (std::size_t i = 0; i < layout.scan_outputs; ++i) {
      slices[i].push_back(std::get<Tensor>(results[layout.states + i]));
    }
  }
  for (std::size_t i = 0; i < layout.states; ++i) context.set_output(i, std::move(state[i]));
  for (std::size_t i = 0; i < layout.scan_outputs; ++i) {
    Type empty = body.outputs()[layout.states + i].value->type();
    empty.dtype = context.compute_type(empty.dtype);
    context.set_output(layout.states + i, stacked(slices[i], layout.output_axes[i],
                                                  layout.output_directions[i] == 1, empty));
  }
}

}  // namespace

std::vector<OpDef> scan() {
  const AttrDef::Kind ints = AttrDef::Kind::kInts;
  return {{
      .name = "Scan",
      .doc = "Runs a sub-graph over the slices of sequences, carrying states from one slice to the "
             "next, and stacks its further outputs.\n"
             "Shapes: states, sequences [.., length, ..] -> states, sequences [.., length, ..]\n"
             "Body: (states.., slices..) => (states.., slices..)\n"
             "Source: ONNX Scan-9",
      .since = 9,
      .inputs = {{"initial_state_and_scan_inputs", "", kAllTypes, Port::Arity::kVariadic, true}},
      .outputs = {{"final_state_and_scan_outputs", "", kAllTypes, Port::Arity::kVariadic, true}},
      .attrs = {{"body", AttrDef::Kind::kGraph, {}, true},
                {"num_scan_inputs", AttrDef::Kind::kInt, {}, true},
                {"scan_input_axes", ints},
                {"scan_input_directions", ints},
                {"scan_output_axes", ints},
                {"scan_output_directions", ints}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
