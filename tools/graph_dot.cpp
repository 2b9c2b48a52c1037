#include "tools/graph_dot.h"

#include <fmt/format.h>

#include <string_view>
#include <unordered_map>

#include "ir/op_def.h"

namespace gatefold::tools {
namespace {

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result + '"';
}

/// Writes one graph and what is inside it.
class DotWriter {
 public:
  std::string write(const Graph& graph) {
    text_ = "digraph " + in_quotes(graph.name()) + " {\n  node [shape=box];\n";
    write_graph(graph);
    return text_ + "}\n";
  }

 private:
  /// A name for what defines `value`: an input of its graph, data, or a node.
  std::string id_of(const Value* value) {
    const void* owner = value->producer() != nullptr ? static_cast<const void*>(value->producer())
                                                     : static_cast<const void*>(value);
    const auto [found, is_new] = ids_.try_emplace(owner, ids_.size());
    return fmt::format("n{}", found->second);
  }

  void write_node(const Node& node) {
    const auto [found, is_new] = ids_.try_emplace(&node, ids_.size());
    const std::string id = fmt::format("n{}", found->second);
    text_ += fmt::format("  {} [label={}];\n", id, in_quotes(node.op().name));
    for (const Value* input : node.inputs()) {
      if (input == nullptr || input->has_data()) continue;
      text_ += fmt::format("  {} -> {} [label={}];\n", id_of(input), id,
                           in_quotes(to_string(input->type())));
    }
    for (const Graph* body : node.sub_graphs()) {
      text_ += fmt::format("  subgraph cluster_{} {{\n  label={};\n", clusters_++,
                           in_quotes(node.describe() + ": " + body->name()));
      write_graph(*body);
      text_ += "  }\n";
    }
  }

  void write_graph(const Graph& graph) {
    for (const Value* input : graph.inputs()) {
      text_ += fmt::format("  {} [shape=oval, label={}];\n", id_of(input), in_quotes(input->name()));
    }
    for (const auto& node : graph.nodes()) write_node(*node);
    for (const Graph::Output& output : graph.outputs()) {
      const std::string id = fmt::format("o{}", outputs_++);
      text_ += fmt::format("  {} [shape=oval, label={}];\n  {} -> {} [label={}];\n", id,
                           in_quotes(output.name), id_of(output.value), id,
                           in_quotes(to_string(output.value->type())));
      if (output.value->has_data()) {
        text_ += fmt::format("  {} [shape=oval, label={}];\n", id_of(output.value),
                             in_quotes(output.value->name()));
      }
    }
  }

  std::string text_;
  std::unordered_map<const void*, std::size_t> ids_;
  int clusters_ = 0;
  int outputs_ = 0;
};

}  // namespace

std::string graph_dot(const Graph& graph) { return DotWriter().write(graph); }

}  // namespace gatefold::tools
