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

/// What the scan over the batch does with each sequence: a scan over its time.
class BatchBody {
 public:
  explicit BatchBody(const NodeDraft& draft)
      : names_(draft.names), graph_(std::make_shared<Graph>("batch", draft.graph)) {}

  Value* add_input(const Value* batch) {
    return graph_->add_input(names_->fresh("scan_input"), slice_of(batch->type()));
  }

  /// Makes the scan read the first `length` steps only. `like` is any of the scanned inputs. A
  /// length outside [0, number of steps] is refused by the Split that cuts an input.
  void set_length(Value* length, Value* like) {
    Value* steps = add("Shape", {like}, {{"start", std::int64_t{0}}, {"end", std::int64_t{1}}});
    Value* kept = add("Reshape", {length, add_ints({1})});
    Value* rest = add("Sub", {steps, kept});
    sizes_ = add("Concat", {kept, rest}, {{"axis", std::int64_t{0}}});
    pads_ = add("Concat", {add_ints({0}), rest}, {{"axis", std::int64_t{0}}});
  }
  Value* first_steps(Value* input) {
    return sizes_ == nullptr ? input
                             : add("Split", {input, sizes_}, {{"axis", std::int64_t{0}}}, 2);
  }
  /// An output of the scan, with zeros for the steps that it did not do.
  Value* all_steps(Value* output) {
    return pads_ == nullptr ? output : add("Pad", {output, pads_, nullptr, add_ints({0})});
  }

  std::vector<Value*> add_scan(const std::vector<Value*>& inputs, const SubGraph& step,
                               Attrs attrs) {
    std::vector<std::string> outputs(step->outputs().size());
    for (std::string& name : outputs) name = names_->fresh("scan_output");
    Graph::ValueMap map;
    attrs["body"] = step->clone(graph_.get(), map);
    const Node* scan = graph_->add_node(op("Scan"), inputs, outputs, std::move(attrs));
    std::vector<Value*> values;
    for (std::size_t i = 0; i < outputs.size(); ++i) values.push_back(scan->output(i));
    return values;
  }
  void add_output(Value* value) { graph_->add_output(value->name(), value); }

  SubGraph take() { return std::move(graph_); }

 private:
  /// Output 0 of a new node.
  Value* add(std::string_view op_name, const std::vector<Value*>& inputs, Attrs attrs = {},
             std::size_t output_count = 1) {
    std::vector<std::string> outputs(output_count);
    for (std::string& name : outputs) name = names_->fresh("sequence_lens");
    return graph_->add_node(op(op_name), inputs, outputs, std::move(attrs))->output(0);
  }
  Value* add_ints(const std::vector<std::int64_t>& values) {
    const auto count = static_cast<std::int64_t>(values.size());
    return graph_->add_constant(names_->fresh("sequence_lens"),
                                Tensor::of<std::int64_t>({count}, values));
  }

  NameSource* names_;
  SubGraph graph_;
  Value* sizes_ = nullptr;  // Of the steps that are read and those that are not.
  Value* pads_ = nullptr;
};

SubGraph batch_body(const NodeDraft& draft, const SubGraph& step, std::size_t states, Attrs time) {
  BatchBody body(draft);
  Value* length = draft.input(0) == nullptr ? nullptr : body.add_input(draft.input(0));
  std::vector<Value*> inputs;
  for (std::size_t i = 1; i < draft.inputs.size(); ++i) {
    inputs.push_back(body.add_input(draft.inputs[i]));
  }
  if (length != nullptr) body.set_length(length, inputs[states]);
  for (std::size_t i = states; i < inputs.size(); ++i) inputs[i] = body.first_steps(inputs[i]);
  const std::vector<Value*> outputs = body.add_scan(inputs, step, std::move(time));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    body.add_output(i < states ? outputs[i] : body.all_steps(outputs[i]));
  }
  return body.take();
}

/// Refuses constant lengths that are no numbers of steps; others are checked where they are used.
void check_lengths(const NodeDraft& draft, std::size_t states) {
  const Value* lengths = draft.input(0);
  if (lengths == nullptr || !lengths->has_data()) return;
  const Shape* shape = known_shape(draft.inputs[1 + states]);
  const bool is_known = shape != nullptr && shape->size() > 1 && (*shape)[1].is_known();
  for (const std::int64_t length : lengths->data()->to_int64()) {
    if (length >= 0 && (!is_known || length <= (*shape)[1].size())) continue;
    draft.fail("input sequence_lens holds {} but must hold numbers from 0 to {}", length,
               is_known ? fmt::format("{}", (*shape)[1].size()) : "the number of steps");
  }
}

}  // namespace

void scan_9(NodeDraft& draft) {
  // Before opset 9 every input had the batch before the time axis: a scan over the batch whose body
  // is a scan over time says the same.
  const std::size_t inputs = draft.inputs.empty() ? 0 : draft.inputs.size() - 1;
  for (std::size_t i = 1; i <= inputs; ++i) {
    if (draft.input(i) == nullptr) draft.fail("input {} is missing but required", i);
  }
  const auto step = draft.take_attr<SubGraph>("body");
  const auto scan_inputs = draft.take_attr<std::int64_t>("num_scan_inputs");
  if (!step || !scan_inputs) draft.fail("attributes 'body' and 'num_scan_inputs' are required");
  if (*scan_inputs < 1 || *scan_inputs > static_cast<std::int64_t>(inputs)) {
    draft.fail("attribute 'num_scan_inputs' is {} but must be from 1 to {}", *scan_inputs, inputs);
  }
  if (draft.outputs.size() != (*step)->outputs().size()) {
    draft.fail("it has {} outputs but its body gives {}", draft.outputs.size(),
               (*step)->outputs().size());
  }
  Attrs time{{"num_scan_inputs", *scan_inputs}};
  if (const auto directions = draft.take_attr<Ints>("directions")) {
    time["scan_input_directions"] = *directions;
  }
  const std::size_t states = inputs - static_cast<std::size_t>(*scan_inputs);
  check_lengths(draft, states);
  SubGraph body = batch_body(draft, *step, states, std::move(time));
  const auto count = static_cast<std::int64_t>(body->inputs().size());
  draft.become("Scan", {draft.inputs.end() - count, draft.inputs.end()},
               {{"body", std::move(body)}, {"num_scan_inputs", count}});
}

}  // namespace gatefold::raise
