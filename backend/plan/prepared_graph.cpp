#include "backend/plan/prepared_graph.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/op_def.h"

namespace gatefold {

PreparedGraph::PreparedGraph(std::shared_ptr<const Graph> graph, CompileOptions options)
    : graph_(std::move(graph)), options_(std::move(options)) {
  require_support(options_.products);
  options_.reproducible = options_.reproducible || !options_.updates.empty();
  find_known(*graph_);
  find_needed_nodes(*graph_);
}

const Tensor* PreparedGraph::known(const Value* value) const {
  const Slot* slot = known_.find(value);
  return slot == nullptr ? nullptr : &slot->known;
}

const std::vector<const Value*>& PreparedGraph::captured(const Node& node) const {
  static const std::vector<const Value*> none;
  const auto found = captured_.find(&node);
  return found == captured_.end() ? none : found->second;
}

void PreparedGraph::add_known(const Value* value, const Tensor& numbers) {
  known_[value] = {.type = numbers.type(), .known = numbers};
}

void PreparedGraph::find_known(const Graph& graph) {
  for (const auto& value : graph.initializers()) add_known(value.get(), *value->data());
  for (const auto& node : graph.nodes()) {
    for (const Graph* body : node->sub_graphs()) find_known(*body);
    if (node->op().is_random || !node->sub_graphs().empty()) continue;
    std::vector<Datum> inputs(node->input_count());
    std::vector<const Datum*> pointers(node->input_count());
    bool all_known = true;
    for (std::size_t i = 0; all_known && i < inputs.size(); ++i) {
      if (node->input(i) == nullptr) continue;
      const Tensor* tensor = known(node->input(i));
      all_known = tensor != nullptr;
      if (all_known) inputs[i] = *tensor;
      pointers[i] = &inputs[i];
    }
    if (!all_known) continue;
    std::vector<Datum> outputs(node->output_count());
    evaluate_node(*node, pointers, outputs, Precision::kNative, {});
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto* tensor = std::get_if<Tensor>(&outputs[i]);
      if (node->output(i) != nullptr && tensor != nullptr) add_known(node->output(i), *tensor);
    }
  }
}

void PreparedGraph::find_needed_nodes(const Graph& graph) {
  std::unordered_set<const Node*> needed;
  const auto need = [&](const Value* value) {
    if (value != nullptr && value->producer() != nullptr && known(value) == nullptr) {
      needed.insert(value->producer());
    }
  };
  std::vector<const Node*> nodes;
  for (const Graph::Output& output : graph.outputs()) need(output.value);
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    if (needed.count(node->get()) == 0) continue;
    check_signature(**node);
    nodes.push_back(node->get());
    for (const Value* value : (*node)->inputs()) need(value);
    const auto bodies = (*node)->sub_graphs();
    if (bodies.empty()) continue;
    for (const Graph* body : bodies) find_needed_nodes(*body);
    captured_[node->get()] = find_captured(bodies);
    for (const Value* value : captured(**node)) need(value);
  }
  std::reverse(nodes.begin(), nodes.end());
  NeededNodes& result = needed_[&graph];
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const Value* value : nodes[i]->inputs()) result.last_reads[value] = i;
    for (const Value* value : captured(*nodes[i])) result.last_reads[value] = i;
  }
  result.nodes = std::move(nodes);
}

std::vector<const Value*> PreparedGraph::find_captured(const std::vector<Graph*>& bodies) const {
  std::vector<const Value*> found;
  std::unordered_set<const Value*> seen;
  for (const Graph* body : bodies) {
    const auto read = [&](const Value* value) {
      if (value == nullptr || value->graph() == body || known(value) != nullptr) return;
      if (seen.insert(value).second) found.push_back(value);
    };
    for (const Node* node : needed_of(*body).nodes) {
      for (const Value* value : node->inputs()) read(value);
      for (const Value* value : captured(*node)) read(value);
    }
    for (const Graph::Output& output : body->outputs()) read(output.value);
  }
  return found;
}

}  // namespace gatefold
