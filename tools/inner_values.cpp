#include "tools/inner_values.h"

#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>

#include "ir/error.h"
#include "ir/value_names.h"

namespace gatefold::tools {
namespace {

constexpr std::size_t kNamesShown = 8;

bool matches(const Value& value, const std::string& pattern) {
  return fnmatch(pattern.c_str(), value.name().c_str(), 0) == 0;
}

std::vector<Value*> results_of(const Graph& graph) {
  std::vector<Value*> results;
  for (const auto& node : graph.nodes()) {
    for (std::size_t i = 0; i < node->output_count(); ++i) {
      if (node->output(i) != nullptr) results.push_back(node->output(i));
    }
  }
  return results;
}

/// The node whose sub-graphs have a value that matches; nullptr for none.
const Node* find_around(const Graph& graph, const std::string& pattern) {
  for (const auto& node : graph.nodes()) {
    for (const Graph* body : node->sub_graphs()) {
      const std::vector<Value*> inner = results_of(*body);
      const bool is_inside = std::any_of(
          inner.begin(), inner.end(), [&](const Value* value) { return matches(*value, pattern); });
      if (is_inside || find_around(*body, pattern) != nullptr) return node.get();
    }
  }
  return nullptr;
}

[[noreturn]] void complain(const Graph& graph, const std::vector<Value*>& results,
                           const std::string& pattern) {
  if (const Node* node = find_around(graph, pattern)) {
    fail(
        "--values {}: such a value is inside of {}, where each iteration has its own; only values "
        "of the main graph can be had",
        pattern, node->describe());
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(results.size(), kNamesShown); ++i) {
    names.push_back(results[i]->name());
  }
  fail("--values {}: no node of the model computes a value of such a name; there are {}: {}{}",
       pattern, results.size(), fmt::join(names, ", "),
       results.size() > kNamesShown ? ", ..." : "");
}

}  // namespace

void add_inner_outputs(Graph& graph, const std::vector<std::string>& patterns) {
  const std::vector<Value*> results = results_of(graph);
  for (const std::string& pattern : patterns) {
    bool is_found = false;
    for (Value* value : results) {
      if (!matches(*value, pattern)) continue;
      is_found = true;
      if (find_output(graph, value->name()) != value) graph.add_output(value->name(), value);
    }
    if (!is_found) complain(graph, results, pattern);
  }
}

}  // namespace gatefold::tools
