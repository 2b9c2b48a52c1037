#include "passes/rewriting/sub_graphs.h"

#include <algorithm>

#include "ir/op_def.h"
#include "ir/value_names.h"

namespace gatefold {
namespace {

std::size_t count_carried(const Node& node, bool is_scan) {
  const std::size_t others =
      is_scan ? static_cast<std::size_t>(node.attr_int("num_scan_inputs")) : std::size_t{2};
  return node.input_count() > others ? node.input_count() - others : 0;
}

}  // namespace

LoopView::LoopView(Node& node)
    : node_(node),
      body_(node.attr_graph("body")),
      is_scan_(node.op().name == "Scan"),
      offset_(is_scan_ ? 0 : 1),
      carried_count_(count_carried(node, is_scan_)) {}

std::int64_t LoopView::list_entry(std::string_view list, std::size_t index) const {
  const std::vector<std::int64_t>& entries = node_.attr_ints(list);
  return index < entries.size() ? entries[index] : 0;
}

void LoopView::erase_carried(std::size_t index) {
  Value* last_state = state(index);
  node_.erase_output(index);
  node_.erase_input(first_carried() + index);
  body_.erase_output(offset_ + index);
  body_.erase_value(last_state);
  --carried_count_;
}

bool is_loop(const Node& node) {
  return node.op().domain.empty() && (node.op().name == "Loop" || node.op().name == "Scan");
}

Node* loop_around(const Graph& graph) {
  if (graph.outer() == nullptr) return nullptr;
  const auto& nodes = graph.outer()->nodes();
  const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const auto& node) {
    return is_loop(*node) && &node->attr_graph("body") == &graph;
  });
  return found == nodes.end() ? nullptr : found->get();
}

void sort_topologically(Graph& graph) {
  graph.sort_topologically();
  for (const auto& node : graph.nodes()) {
    for (Graph* inner : node->sub_graphs()) sort_topologically(*inner);
  }
}

Value* behind_identities(Value* value) {
  while (value->producer() != nullptr && value->producer()->op().name == "Identity") {
    value = value->producer()->input(0);
  }
  return value;
}

namespace {

const Graph* outermost(const Graph* graph) {
  while (graph->outer() != nullptr) graph = graph->outer();
  return graph;
}

/// Gives all values of a sub-graph names that nothing in the graphs around it has.
void rename_values(Graph& body) {
  const auto rename = [&](Value* value) { value->set_name(body.unique_name(value->name())); };
  for (Value* input : body.inputs()) rename(input);
  for (const auto& value : body.initializers()) rename(value.get());
  for (const auto& node : body.nodes()) {
    for (Graph* inner : node->sub_graphs()) rename_values(*inner);
    for (std::size_t i = 0; i < node->output_count(); ++i) {
      if (node->output(i) != nullptr) rename(node->output(i));
    }
  }
}

Node* copy_to(const Node& node, Graph& graph, Node* before, Graph::ValueMap& map) {
  const auto mapped = [&map](Value* value) {
    const auto found = map.find(value);
    return found == map.end() ? value : found->second;
  };
  std::vector<Value*> inputs = node.inputs();
  for (Value*& input : inputs) input = mapped(input);
  std::vector<std::string> names(node.output_count());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (node.output(i) != nullptr) names[i] = graph.unique_name(node.output(i)->name());
  }
  Attrs attrs = attrs_with_names(
      node, [&](Value& value) -> const std::string& { return mapped(&value)->name(); });
  const bool is_stranger = outermost(node.graph()) != outermost(&graph);
  for (auto& [name, value] : attrs) {
    auto* inner = std::get_if<SubGraph>(&value);
    if (inner == nullptr) continue;
    *inner = (*inner)->clone(&graph, map);
    if (is_stranger) rename_values(**inner);
  }
  Node* copy = graph.add_node(node.op(), inputs, names, std::move(attrs), before);
  copy->set_name(node.name());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (node.output(i) == nullptr) continue;
    copy->output(i)->set_type(node.output(i)->type());
    map[node.output(i)] = copy->output(i);
  }
  return copy;
}

}  // namespace

Node* copy_node(const Node& node, Node& before, Graph::ValueMap& map) {
  return copy_to(node, *before.graph(), &before, map);
}

Node* append_copy(const Node& node, Graph& graph, Graph::ValueMap& map) {
  return copy_to(node, graph, nullptr, map);
}

std::vector<Value*> inline_body(const Graph& body, std::span<Value* const> arguments,
                                Node& before) {
  Graph& graph = *before.graph();
  Graph::ValueMap map;
  for (std::size_t i = 0; i < arguments.size(); ++i) map[body.inputs()[i]] = arguments[i];
  for (const auto& value : body.initializers()) {
    const std::string name = graph.unique_name(value->name());
    map[value.get()] = value->kind() == Value::Kind::kParameter
                           ? graph.add_parameter(name, *value->data())
                           : graph.add_constant(name, *value->data());
  }
  for (const auto& node : body.nodes()) copy_node(*node, before, map);
  std::vector<Value*> results;
  for (const Graph::Output& output : body.outputs()) {
    const auto found = map.find(output.value);
    results.push_back(found == map.end() ? output.value : found->second);
  }
  return results;
}

}  // namespace gatefold
