#include "frontend/raise/rules.h"
#include "ir/infer.h"
#include "ir/op_def.h"

namespace gatefold::raise {
namespace {

using Ints = std::vector<std::int64_t>;

// The type without its first axis.
Type slice_of(const Type& type) {
  if (!type.is_tensor() || !type.has_rank() || type.rank() == 0) return {type.dtype, std::nullopt};
  return {type.dtype, Shape(type.shape->begin() + 1, type.shape->end())};
}

// The body of the scan over the batch: one scan over time of everything that it is given.
SubGraph batch_body(const NodeDraft& draft, const SubGraph& step, Attrs attrs) {
  auto body = std::make_shared<Graph>("batch", draft.graph);
  std::vector<Value*> inputs;
  for (std::size_t i = 1; i < draft.inputs.size(); ++i) {
    inputs.push_back(
        body->add_input(draft.names->fresh("scan_input"), slice_of(draft.inputs[i]->type())));
  }
  std::vector<std::string> outputs;
  for (std::size_t i = 0; i < draft.outputs.size(); ++i) {
    outputs.push_back(draft.names->fresh("scan_output"));
  }
  Graph::ValueMap map;
  attrs["body"] = step->clone(body.get(), map);
  Node* scan = body->add_node(op("Scan"), inputs, outputs, std::move(attrs));
  for (std::size_t i = 0; i < outputs.size(); ++i) body->add_output(outputs[i], scan->output(i));
  return body;
}

}  // namespace

void scan_9(NodeDraft& draft) {
  // Before opset 9 every input had the batch before the time axis: a scan over the batch whose body
  // is a scan over time says the same.
  if (draft.input(0) != nullptr)
    draft.fail("input sequence_lens of before opset 9 is not supported");
  for (std::size_t i = 1; i < draft.inputs.size(); ++i) {
    if (draft.input(i) == nullptr) draft.fail("input {} is missing but required", i);
  }
  const auto step = draft.take_attr<SubGraph>("body");
  const auto scan_inputs = draft.take_attr<std::int64_t>("num_scan_inputs");
  if (!step || !scan_inputs) draft.fail("attributes 'body' and 'num_scan_inputs' are required");
  if (draft.outputs.size() != (*step)->outputs().size()) {
    draft.fail("it has {} outputs but its body gives {}", draft.outputs.size(),
               (*step)->outputs().size());
  }
  Attrs time{{"num_scan_inputs", *scan_inputs}};
  if (const auto directions = draft.take_attr<Ints>("directions")) {
    time["scan_input_directions"] = *directions;
  }
  SubGraph body = batch_body(draft, *step, std::move(time));
  const auto count = static_cast<std::int64_t>(draft.inputs.size()) - 1;
  draft.become("Scan", {draft.inputs.begin() + 1, draft.inputs.end()},
               {{"body", std::move(body)}, {"num_scan_inputs", count}});
}

}  // namespace gatefold::raise
