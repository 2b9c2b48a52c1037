#include "backend/plan/prepared_graph.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "ir/evaluate.h"
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
  if (value->has_data()) return value->data();
  const auto found = known_.find(value);
  return found == known_.end() ? nullptr : &found->second;
}

const std::vector<Value*>& PreparedGraph::captured(const Node& node) const {
  static const std::vector<Value*> none;
  const auto found = captured_.find(&node);
  return found == captured_.end() ? none : found->second;
}

void PreparedGraph::find_known(const Graph& graph) {
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
      if (node->output(i) != nullptr && tensor != nullptr) known_[node->output(i)] = *tensor;
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
  std::vector<const Node*>& nodes = nodes_[&graph];
  for (const Graph::Output& output : graph.outputs()) need(output.value);
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    if (needed.count(node->get()) == 0) continue;
    nodes.push_back(node->get());
    for (const Value* value : (*node)->inputs()) need(value);
    const auto bodies = (*node)->sub_graphs();
    if (bodies.empty()) continue;
    captured_[node->get()] = captured_values(**node);
    for (const Value* value : captured_[node->get()]) need(value);
    for (const Graph* body : bodies) find_needed_nodes(*body);
  }
  std::reverse(nodes.begin(), nodes.end());
}

}  // namespace gatefold
