#include "passes/gradients/gradient_paths.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/gradients/gradients.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold {
namespace {

/// Goes from the results back.
class PathSearch {
 public:
  explicit PathSearch(const SubGraphMap& sub_graphs) : sub_graphs_(sub_graphs) {}

  std::unordered_set<const Value*> run(std::span<Value* const> results) {
    for (Value* result : results) reach(result);
    while (!pending_.empty()) {
      const Value* value = pending_.back();
      pending_.pop_back();
      if (value->producer() != nullptr) {
        pass_node(*value->producer(), value->output_index());
      } else if (value->kind() == Value::Kind::kInput) {
        pass_input(*value);
      }
    }
    return std::move(reached_);
  }

 private:
  void reach(const Value* value) {
    if (value == nullptr || !may_have_gradient(value->type())) return;
    if (reached_.insert(value).second) pending_.push_back(value);
  }

  void pass_node(Node& node, std::size_t output) {
    if (is_loop(node)) return pass_loop(LoopView(node), output);
    if (node.op().name == "If" && node.op().domain.empty()) {
      for (const Graph* branch : node.sub_graphs()) reach(branch->outputs()[output].value);
      return;
    }
    for (std::size_t i = 0; i < node.input_count(); ++i) {
      if (flows_to_input(node, i)) reach(node.input(i));
    }
  }

  void pass_loop(const LoopView& loop, std::size_t output) {
    if (output < loop.carried_count()) {
      reach(loop.initial(output));
      reach(loop.next(output));
    } else {
      reach(loop.slice(output - loop.carried_count()));
    }
  }

  // What the body of a loop receives.
  void pass_input(const Value& input) {
    const auto holder = sub_graphs_.holders.find(input.graph());
    if (holder == sub_graphs_.holders.end() || !is_loop(*holder->second)) return;
    const LoopView loop(*holder->second);
    const auto& inputs = loop.body().inputs();
    const auto index =
        static_cast<std::size_t>(std::find(inputs.begin(), inputs.end(), &input) - inputs.begin());
    if (index < loop.first_carried()) return;
    reach(loop.node().input(index));
    const std::size_t state = index - loop.first_carried();
    if (state < loop.carried_count()) reach(loop.next(state));
  }

  const SubGraphMap& sub_graphs_;
  std::unordered_set<const Value*> reached_;
  std::vector<const Value*> pending_;
};

}  // namespace

SubGraphMap::SubGraphMap(const Graph& graph) { add(graph); }

void SubGraphMap::add(const Graph& graph) {
  for (const auto& node : graph.nodes()) {
    for (const Graph* inner : node->sub_graphs()) {
      holders[inner] = node.get();
      for (std::size_t i = 0; i < inner->outputs().size(); ++i) {
        deliveries[inner->outputs()[i].value].push_back({node.get(), inner, i});
      }
      add(*inner);
    }
  }
}

bool flows_to_input(const Node& node, std::size_t index) {
  const Value* input = node.input(index);
  if (input == nullptr || !may_have_gradient(input->type())) return false;
  const GradientEntry* row = find_gradient(node.op());
  if (row == nullptr) return true;
  const auto& settings = row->settings;
  return !row->is_zero && std::find(settings.begin(), settings.end(), index) == settings.end();
}

std::unordered_set<const Value*> values_on_gradient_paths(const SubGraphMap& sub_graphs,
                                                          std::span<Value* const> results) {
  return PathSearch(sub_graphs).run(results);
}

}  // namespace gatefold
