#include "ir/verify.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "ir/error.h"
#include "ir/infer.h"

namespace gatefold {
namespace {

class Verifier {
 public:
  void run(const Graph& graph) {
    visit(graph);
    for (const Value* value : all_values_) check_uses(*value);
    check_types(graph);
  }

 private:
  void visit(const Graph& graph) {
    const std::size_t outside = scope_.size();
    for (const Value* input : graph.inputs()) define(*input, graph);
    for (const auto& value : graph.initializers()) define(*value, graph);
    for (const auto& node : graph.nodes()) visit_node(*node, graph);
    for (const Graph::Output& output : graph.outputs()) {
      if (!visible_values_.contains(output.value)) {
        fail("output '{}' of graph '{}' delivers a value of another graph", output.name,
             graph.name());
      }
      ++output_uses_[output.value];
    }
    leave_scope(outside);
  }

  void leave_scope(std::size_t outside) {
    for (std::size_t i = outside; i < scope_.size(); ++i) {
      visible_values_.erase(scope_[i]);
      visible_names_.erase(scope_[i]->name());
    }
    scope_.resize(outside);
  }

  void define(const Value& value, const Graph& graph) {
    if (value.graph() != &graph) {
      fail("value '{}' says that another graph than '{}' defines it", value.name(), graph.name());
    }
    if (value.data() != nullptr && !(value.data()->type() == value.type())) {
      fail("value '{}' holds {} but its type is {}", value.name(), to_string(value.data()->type()),
           to_string(value.type()));
    }
    visible_values_.insert(&value);
    scope_.push_back(&value);
    all_values_.push_back(&value);
    if (!visible_names_.insert(value.name()).second) {
      fail("two values that are visible together have the name '{}'", value.name());
    }
  }

  void visit_node(const Node& node, const Graph& graph) {
    if (node.graph() != &graph) fail("{}: it says that it is in another graph", node.describe());
    for (std::size_t i = 0; i < node.input_count(); ++i) {
      const Value* value = node.input(i);
      if (value == nullptr) continue;
      if (!visible_values_.contains(value)) {
        fail("{}: input {} reads '{}', which is not defined before it", node.describe(), i,
             value->name());
      }
      ++reads_[value];
    }
    for (const Graph* inner : node.sub_graphs()) {
      if (inner->outer() != &graph) {
        fail("{}: sub-graph '{}' says that it is in another graph", node.describe(), inner->name());
      }
      visit(*inner);
    }
    for (std::size_t i = 0; i < node.output_count(); ++i) {
      const Value* output = node.output(i);
      if (output == nullptr) continue;
      if (output->producer() != &node || output->output_index() != i) {
        fail("{}: output {} says that another node makes it", node.describe(), i);
      }
      define(*output, graph);
    }
  }

  void check_uses(const Value& value) {
    for (const Use& use : value.uses()) {
      if (use.user->input(use.index) != &value) {
        fail("value '{}' lists input {} of {} as a use, which reads another value", value.name(),
             use.index, use.user->describe());
      }
    }
    if (value.uses().size() != reads_[&value]) {
      fail("value '{}' lists {} uses but {} inputs read it", value.name(), value.uses().size(),
           reads_[&value]);
    }
    if (value.output_uses() != output_uses_[&value]) {
      fail("value '{}' counts {} uses as a graph output but there are {}", value.name(),
           value.output_uses(), output_uses_[&value]);
    }
  }

  // Inferring changes the types inside sub-graphs, so a copy of the graph is inferred.
  static void check_types(const Graph& graph) {
    const std::shared_ptr<Graph> copy = graph.clone();
    infer_types(*copy);
    compare_types(graph, *copy);
  }

  static void compare_types(const Graph& graph, const Graph& inferred) {
    auto other = inferred.nodes().begin();
    for (const auto& node : graph.nodes()) {
      const Node& twin = **other++;
      for (std::size_t i = 0; i < node->output_count(); ++i) {
        if (node->output(i) == nullptr) continue;
        const Type& stored = node->output(i)->type();
        const Type& found = twin.output(i)->type();
        if (stored == found) continue;
        fail("{}: output '{}' has type {} but inferring gives {}", node->describe(),
             node->output(i)->name(), to_string(stored), to_string(found));
      }
      const std::vector<Graph*> mine = node->sub_graphs();
      const std::vector<Graph*> theirs = twin.sub_graphs();
      for (std::size_t i = 0; i < mine.size(); ++i) compare_types(*mine[i], *theirs[i]);
    }
  }

  // Values that a node may read at this point of the walk, in order and as sets, and their names.
  std::vector<const Value*> scope_;
  std::unordered_set<const Value*> visible_values_;
  std::unordered_set<std::string_view> visible_names_;

  std::vector<const Value*> all_values_;
  std::unordered_map<const Value*, std::size_t> reads_;
  std::unordered_map<const Value*, int> output_uses_;
};

}  // namespace

void verify(const Graph& graph) { Verifier().run(graph); }

}  // namespace gatefold
