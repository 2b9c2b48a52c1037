#include "frontend/node_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "ir/error.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

using Names = std::set<std::string_view>;

// Adds the names that a node reads from the graph it stands in.
void collect_reads(const onnx::NodeProto& node, Names& reads) {
  for (const std::string& input : node.input()) {
    if (!input.empty()) reads.insert(input);
  }
  for (const auto& attribute : node.attribute()) {
    if (holds_graph(attribute)) reads.merge(outside_names(attribute.g()));
    if (node.op_type() != "Gradient" || node.domain() != kTrainingDomain) continue;
    // It names values in its attributes.
    if (attribute.has_s()) reads.insert(attribute.s());
    reads.insert(attribute.strings().begin(), attribute.strings().end());
  }
}

using Producers = std::unordered_map<std::string_view, int>;

/// `position` is the node's among the producers.
void check_captures(const onnx::NodeProto& node, int position, const Producers& producers) {
  for (const auto& attribute : node.attribute()) {
    if (!holds_graph(attribute)) continue;
    for (const std::string_view name : outside_names(attribute.g())) {
      const auto producer = producers.find(name);
      if (producer == producers.end() || producer->second <= position) continue;
      fail("{}: its graph '{}' reads '{}', which the graph around makes only after this node",
           describe(node), attribute.name(), name);
    }
  }
}

}  // namespace

bool holds_graph(const onnx::AttributeProto& attribute) {
  const bool is_graph = attribute.type() == onnx::AttributeProto::GRAPH ||
                        attribute.type() == onnx::AttributeProto::UNDEFINED;
  return is_graph && attribute.has_g();
}

bool is_dead(const onnx::NodeProto& node) {
  return std::all_of(node.output().begin(), node.output().end(),
                     [](const std::string& output) { return output.empty(); });
}

std::set<std::string_view> outside_names(const onnx::GraphProto& graph) {
  Names names;
  for (const auto& node : graph.node()) collect_reads(node, names);
  for (const auto& output : graph.output()) names.insert(output.name());
  for (const auto& node : graph.node()) {
    for (const std::string& output : node.output()) names.erase(output);
  }
  for (const auto& input : graph.input()) names.erase(input.name());
  for (const auto& tensor : graph.initializer()) names.erase(tensor.name());
  return names;
}

std::string describe(const onnx::NodeProto& node) {
  if (!node.name().empty()) return fmt::format("node '{}' ({})", node.name(), node.op_type());
  for (const std::string& output : node.output()) {
    if (!output.empty()) return fmt::format("node of output '{}' ({})", output, node.op_type());
  }
  return fmt::format("node ({})", node.op_type());
}

std::vector<const onnx::NodeProto*> ordered_nodes(
    const google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes) {
  Producers producers;
  for (int i = 0; i < nodes.size(); ++i) {
    for (const std::string& output : nodes[i].output()) {
      if (!output.empty()) producers.emplace(output, i);
    }
  }
  std::vector<int> waiting(nodes.size(), 0);
  std::vector<std::vector<int>> readers(nodes.size());
  for (int i = 0; i < nodes.size(); ++i) {
    Names reads;
    collect_reads(nodes[i], reads);
    check_captures(nodes[i], i, producers);
    for (const std::string_view name : reads) {
      const auto producer = producers.find(name);
      if (producer == producers.end()) continue;
      readers[producer->second].push_back(i);
      ++waiting[i];
    }
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < nodes.size(); ++i) {
    if (waiting[i] == 0) ready.push(i);
  }
  std::vector<const onnx::NodeProto*> ordered;
  while (!ready.empty()) {
    const int next = ready.top();
    ready.pop();
    ordered.push_back(&nodes[next]);
    for (const int reader : readers[next]) {
      if (--waiting[reader] == 0) ready.push(reader);
    }
  }
  for (int i = 0; i < nodes.size(); ++i) {
    if (waiting[i] > 0) fail("{}: the graph has a cycle through this node", describe(nodes[i]));
  }
  return ordered;
}

}  // namespace gatefold
