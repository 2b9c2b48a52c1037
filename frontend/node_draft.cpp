#include "frontend/node_draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "ir/infer.h"
#include "ir/op_def.h"

namespace gatefold {

std::string NameSource::fresh(std::string_view base) {
  std::string name(base);
  if (taken_.insert(name).second) return name;
  int& suffix = last_suffix_[name];
  do {
    name = fmt::format("{}_{}", base, ++suffix);
  } while (!taken_.insert(name).second);
  return name;
}

bool NodeDraft::is_dead() const {
  return std::all_of(outputs.begin(), outputs.end(),
                     [](const auto& output) { return output.empty(); });
}

std::string NodeDraft::describe() const {
  if (!name.empty()) return fmt::format("node '{}' ({})", name, op);
  for (const std::string& output : outputs) {
    if (!output.empty()) return fmt::format("node of output '{}' ({})", output, op);
  }
  return fmt::format("node ({})", op);
}

void NodeDraft::set_input(std::size_t index, Value* value) {
  if (index >= inputs.size()) inputs.resize(index + 1);
  inputs[index] = value;
}

std::string NodeDraft::derived_name(std::string_view base) const {
  const bool has_name = !outputs.empty() && !outputs[0].empty();
  return names->fresh(has_name ? fmt::format("{}_{}", outputs[0], base) : std::string(base));
}

Value* NodeDraft::constant(std::string_view base, Tensor data) const {
  return graph->add_constant(derived_name(base), std::move(data));
}

Value* NodeDraft::constant_ints(std::string_view base,
                                const std::vector<std::int64_t>& values) const {
  const auto count = static_cast<std::int64_t>(values.size());
  return constant(base, Tensor::of<std::int64_t>({count}, values));
}

Value* NodeDraft::add(std::string_view base, std::string_view op_name,
                      const std::vector<Value*>& node_inputs, Attrs node_attrs) const {
  NodeDraft node;
  node.graph = graph;
  node.names = names;
  node.op = op_name;
  node.inputs = node_inputs;
  node.outputs = {derived_name(base)};
  node.attrs = std::move(node_attrs);
  return node.emit()->output(0);
}

void NodeDraft::become(std::string_view op_name, std::vector<Value*> node_inputs,
                       Attrs node_attrs) {
  domain = kOnnxDomain;
  op = op_name;
  opset = kInternalOpset;
  inputs = std::move(node_inputs);
  attrs = std::move(node_attrs);
}

Node* NodeDraft::emit() const {
  const OpDef* definition = find_op(domain, op);
  if (definition == nullptr) fail("the operator is not supported");
  std::vector<std::string> wanted = outputs;
  while (!wanted.empty() && wanted.back().empty()) wanted.pop_back();
  assert(!wanted.empty());
  Node* node = graph->add_node(*definition, inputs, wanted, attrs);
  node->set_name(name);
  if (graph->outer() == nullptr) infer_types(*node);
  return node;
}

}  // namespace gatefold
