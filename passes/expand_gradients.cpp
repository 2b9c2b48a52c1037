#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "ir/error.h"
#include "ir/op_def.h"
#include "ir/value_names.h"
#include "passes/gradients/gradients.h"
#include "passes/passes.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold::passes {
namespace {

using NodeSet = std::unordered_set<const Node*>;
using ValueSet = std::unordered_set<const Value*>;

bool is_gradient(const Node& node) {
  return node.op().name == "Gradient" && node.op().domain == kTrainingDomain;
}

Value& named_value(const Node& node, std::string_view attribute, const std::string& name) {
  Value* value = find_value(*node.graph(), name);
  if (value == nullptr) {
    fail("{}: attribute '{}' names '{}', but the graph has no such value", node.describe(),
         attribute, name);
  }
  return *value;
}

std::vector<Value*> named_values(const Node& node, std::string_view attribute) {
  std::vector<Value*> values;
  for (const std::string& name : node.attr_strings(attribute)) {
    values.push_back(&named_value(node, attribute, name));
  }
  return values;
}

Value& differentiated_value(const Node& node) {
  Value& y = named_value(node, "y", node.attr_string("y"));
  if (y.graph() != node.graph()) {
    fail("{}: attribute 'y' names '{}', which belongs to the graph around; take the node there",
         node.describe(), y.name());
  }
  if (!y.type().is_tensor() || !is_float(y.type().dtype)) {
    fail("{}: attribute 'y' names '{}', which is {} and has no gradient", node.describe(), y.name(),
         to_string(y.type()));
  }
  return y;
}

/// What a node reads: its inputs, then what its sub-graphs capture.
std::vector<Value*> reads_of(const Node& node) {
  std::vector<Value*> reads = node.inputs();
  for (Value* captured : captured_values(node)) reads.push_back(captured);
  return reads;
}

/// The nodes of its graph that a value is computed by, up to the values in `ends`.
NodeSet producers_of(Value& value, const ValueSet& ends) {
  NodeSet found;
  std::vector<const Value*> open{&value};
  while (!open.empty()) {
    const Value* next = open.back();
    open.pop_back();
    if (next == nullptr || next->graph() != value.graph() || ends.count(next) > 0) continue;
    if (next->producer() == nullptr || !found.insert(next->producer()).second) continue;
    for (const Value* read : reads_of(*next->producer())) open.push_back(read);
  }
  return found;
}

/// Whether a value is computed from one of `others`.
bool depends_on(Value& value, const ValueSet& others) {
  const NodeSet producers = producers_of(value, {});
  return std::any_of(producers.begin(), producers.end(), [&](const Node* node) {
    const std::vector<Value*> reads = reads_of(*node);
    return std::any_of(reads.begin(), reads.end(),
                       [&](const Value* read) { return others.count(read) > 0; });
  });
}

/// A Gradient node whose function holds no other one; nullptr when there is no Gradient node.
Node* next_gradient(const Graph& graph) {
  const Node* waiting = nullptr;
  for (const auto& node : graph.nodes()) {
    if (!is_gradient(*node)) continue;
    const NodeSet function = producers_of(differentiated_value(*node), {});
    if (std::none_of(function.begin(), function.end(),
                     [](const Node* inner) { return is_gradient(*inner); })) {
      return node.get();
    }
    waiting = node.get();
  }
  if (waiting != nullptr) fail("{}: it differentiates its own result", waiting->describe());
  return nullptr;
}

/// What a Gradient node differentiates, and with respect to what.
struct Function {
  Value* y;
  std::vector<Value*> xs;
};

/// The named function itself; its xs and zs must be independent of each other.
Function function_in_place(const Node& node, const std::vector<Value*>& named,
                           std::size_t x_count) {
  Function function{&differentiated_value(node), {}};
  for (std::size_t i = 0; i < x_count; ++i) {
    if (depends_on(*named[i], {named.begin(), named.end()})) {
      fail(
          "{}: '{}' is computed from another of the values that 'xs' and 'zs' name; they must be "
          "independent",
          node.describe(), named[i]->name());
    }
    function.xs.push_back(named[i]);
  }
  return function;
}

/// A copy of the function that reads the inputs of the node where it names xs and zs.
Function function_elsewhere(Node& node, const std::vector<Value*>& named, std::size_t x_count) {
  Graph& graph = *node.graph();
  GraphBuilder g(graph);
  Function function{&differentiated_value(node), {}};
  Graph::ValueMap map;
  for (std::size_t i = 0; i < named.size(); ++i) {
    // A variable of its own: the gradient must not flow into what computes the input.
    map[named[i]] = i < x_count ? g.add("Identity", {node.input(i)}) : node.input(i);
    if (i < x_count) function.xs.push_back(map[named[i]]);
  }
  std::vector<const Node*> originals;
  const NodeSet producers = producers_of(*function.y, {named.begin(), named.end()});
  for (const auto& original : graph.nodes()) {
    if (producers.count(original.get()) > 0) originals.push_back(original.get());
  }
  for (const Node* original : originals) append_copy(*original, graph, map);
  const auto copied = map.find(function.y);
  if (copied != map.end()) function.y = copied->second;
  return function;
}

Function function_of(Node& node) {
  std::vector<Value*> named = named_values(node, "xs");
  const std::size_t x_count = named.size();
  for (Value* z : named_values(node, "zs")) named.push_back(z);
  return node.inputs() == named ? function_in_place(node, named, x_count)
                                : function_elsewhere(node, named, x_count);
}

void expand(Node& node) {
  Graph& graph = *node.graph();
  graph.sort_topologically();
  const Function function = function_of(node);
  const Gradients gradients = add_gradients(graph, *function.y, nullptr, function.xs);
  GraphBuilder g(graph);
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    Value* output = node.output(i);
    if (output == nullptr) continue;
    Value* gradient = gradients[i] != nullptr ? gradients[i] : g.zeros_like(*function.xs[i]);
    Value* result = g.add("Identity", {gradient});
    graph.replace_all_uses(output, result);
    // Other Gradient nodes may name it.
    std::string name = output->name();
    output->set_name({});
    result->set_name(std::move(name));
  }
  graph.erase_node(&node);
  graph.sort_topologically();
}

}  // namespace

bool expand_gradients(Graph& graph, PassContext& context) {
  bool changed = false;
  for (const auto& node : graph.nodes()) {
    for (Graph* inner : node->sub_graphs()) changed = expand_gradients(*inner, context) || changed;
  }
  for (Node* node = next_gradient(graph); node != nullptr && context.allow_rewrite();
       node = next_gradient(graph)) {
    expand(*node);
    changed = true;
  }
  return changed;
}

}  // namespace gatefold::passes
