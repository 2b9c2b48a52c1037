#include "ir/value_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/op_def.h"

namespace gatefold {
namespace {

// `base` or `base` with a number: the first of them that is not taken, which it becomes.
std::string take(std::unordered_set<std::string>& taken, const std::string& base) {
  std::string name = base;
  for (int suffix = 1; !taken.insert(name).second; ++suffix) {
    name = fmt::format("{}_{}", base, suffix);
  }
  return name;
}

}  // namespace

Value* find_input(const Graph& graph, std::string_view name) {
  for (Value* input : graph.inputs()) {
    if (input->name() == name) return input;
  }
  return nullptr;
}

std::optional<std::size_t> find_input_position(const Graph& graph, std::string_view name) {
  for (std::size_t i = 0; i < graph.inputs().size(); ++i) {
    if (graph.inputs()[i]->name() == name) return i;
  }
  return std::nullopt;
}

Value* find_initializer(const Graph& graph, std::string_view name) {
  for (const auto& value : graph.initializers()) {
    if (value->name() == name) return value.get();
  }
  return nullptr;
}

Value* find_output(const Graph& graph, std::string_view name) {
  for (const Graph::Output& output : graph.outputs()) {
    if (output.name == name) return output.value;
  }
  return nullptr;
}

Value* find_value(const Graph& graph, std::string_view name) {
  if (Value* input = find_input(graph, name)) return input;
  if (Value* initializer = find_initializer(graph, name)) return initializer;
  for (const auto& node : graph.nodes()) {
    for (std::size_t i = 0; i < node->output_count(); ++i) {
      if (node->output(i) != nullptr && node->output(i)->name() == name) return node->output(i);
    }
  }
  return graph.outer() == nullptr ? nullptr : find_value(*graph.outer(), name);
}

Attrs attrs_with_names(const Node& node,
                       const std::function<const std::string&(Value& value)>& name_of) {
  Attrs attrs = node.attrs();
  if (node.op().name != "Gradient" || node.op().domain != kTrainingDomain) return attrs;
  const auto rename = [&](std::string& name) {
    Value* value = find_value(*node.graph(), name);
    if (value != nullptr) name = name_of(*value);
  };
  for (auto& [key, value] : attrs) {
    if (auto* name = std::get_if<std::string>(&value)) rename(*name);
    if (auto* names = std::get_if<std::vector<std::string>>(&value)) {
      std::for_each(names->begin(), names->end(), rename);
    }
  }
  return attrs;
}

ValueNames::ValueNames(const Graph& graph, Spell spell) : spell_(spell) { add_graph(graph, {}); }

ValueNames::ValueNames(const TrainingStage& stage, const Graph& model,
                       const ValueNames& model_names)
    : spell_(model_names.spell_), all_(model_names.all_) {
  for (std::size_t i = 0; i < stage.captured; ++i) {
    const Value* input = stage.algorithm->inputs()[i];
    const Value* value = find_value(model, input->name());
    names_[input] = value == nullptr ? spell_(input->name()) : model_names.of(*value);
  }
  add_graph(*stage.algorithm, model_names.all_);
}

std::string ValueNames::fresh(std::string_view base) { return take(all_, spell_(base)); }

bool ValueNames::delivers(const Graph& graph, const Graph::Output& output) const {
  return output.value->graph() == &graph && of(*output.value) == spell_(output.name);
}

void ValueNames::add_value(const Value& value, std::string_view base, Names& visible) {
  if (names_.contains(&value)) return;
  names_[&value] = take(visible, spell_(base));
  all_.insert(names_[&value]);
}

void ValueNames::add_graph(const Graph& graph, const Names& visible_outside) {
  Names visible = visible_outside;
  for (const Value* input : graph.inputs()) add_value(*input, input->name(), visible);
  for (const auto& value : graph.initializers()) add_value(*value, value->name(), visible);
  for (const Graph::Output& output : graph.outputs()) {
    const Value& value = *output.value;
    if (value.producer() != nullptr && value.graph() == &graph) {
      add_value(value, output.name, visible);
    }
  }
  for (const auto& node : graph.nodes()) {
    for (std::size_t i = 0; i < node->output_count(); ++i) {
      if (node->output(i) != nullptr) add_value(*node->output(i), node->output(i)->name(), visible);
    }
  }
  for (const auto& node : graph.nodes()) {
    for (const Graph* inner : node->sub_graphs()) add_graph(*inner, visible);
  }
}

}  // namespace gatefold
