#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "ir/graph.h"

namespace gatefold {

/// What the graph has under a name; nullptr if there is nothing. An output is found by the name
/// under which callers know it.
Value* find_input(const Graph& graph, std::string_view name);
Value* find_initializer(const Graph& graph, std::string_view name);
Value* find_output(const Graph& graph, std::string_view name);

/// The number of the graph input of that name; nothing if there is none.
std::optional<std::size_t> find_input_position(const Graph& graph, std::string_view name);

/// The value of that name in the graph or the graphs around it; nullptr if there is none.
Value* find_value(const Graph& graph, std::string_view name);

/// The attributes of a node; those of Gradient, which name values, hold what `name_of` calls these.
Attrs attrs_with_names(const Node& node,
                       const std::function<const std::string&(Value& value)>& name_of);

/// Names under which to write out the values of a graph and its sub-graphs. A result takes the name
/// under which its graph delivers it, other values keep theirs; numbers are appended where two
/// values that are visible together would have the same name.
class ValueNames {
 public:
  /// Every name passes through `spell` first.
  using Spell = std::string (*)(std::string_view name);
  ValueNames(const Graph& graph, Spell spell);
  /// The same for a training algorithm: inputs that stand for values of the model's graph are
  /// called like these, and nothing else is.
  ValueNames(const TrainingStage& stage, const Graph& model, const ValueNames& model_names);

  const std::string& of(const Value& value) const { return names_.at(&value); }
  /// The attributes of a node with the names to write.
  Attrs attrs_of(const Node& node) const {
    return attrs_with_names(node, [this](Value& value) -> const std::string& { return of(value); });
  }
  /// A name based on `base` that nothing else in the graph or its sub-graphs has.
  std::string fresh(std::string_view base);
  /// Whether `graph` can deliver the value as it is. Otherwise the output needs a copy of the
  /// value, because another output has its name or the value belongs to a graph around.
  bool delivers(const Graph& graph, const Graph::Output& output) const;

 private:
  using Names = std::unordered_set<std::string>;
  void add_graph(const Graph& graph, const Names& visible_outside);
  void add_value(const Value& value, std::string_view base, Names& visible);

  Spell spell_;
  std::unordered_map<const Value*, std::string> names_;
  Names all_;
};

}  // namespace gatefold
