#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ir/infer.h"
#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

// Two keys are equal exactly when the attributes are.
void append_key(std::string& key, const AttrValue& value) {
  const auto append = [&](const auto& item) { key += fmt::format("{},", item); };
  if (const auto* integer = std::get_if<std::int64_t>(&value)) append(*integer);
  if (const auto* number = std::get_if<float>(&value)) append(fmt::format("{:a}", *number));
  if (const auto* text = std::get_if<std::string>(&value)) append(*text);
  if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value)) {
    for (const std::int64_t item : *list) append(item);
  }
  if (const auto* list = std::get_if<std::vector<float>>(&value)) {
    for (const float item : *list) append(fmt::format("{:a}", item));
  }
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    for (const std::string& item : *list) append(item);
  }
  if (const auto* tensor = std::get_if<Tensor>(&value)) {
    key += to_string(tensor->type());
    key.append(reinterpret_cast<const char*>(tensor->raw()), tensor->bytes());
  }
}

// Operator, attributes and inputs; empty for a node that has no equal twin by nature.
std::string key_of(const Node& node) {
  if (node.op().is_random || !node.sub_graphs().empty()) return {};
  std::string key;
  const auto append_address = [&](const void* address) {
    const auto number = reinterpret_cast<std::uintptr_t>(address);
    key.append(reinterpret_cast<const char*>(&number), sizeof(number));
  };
  append_address(&node.op());
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    key += node.output(i) == nullptr ? '-' : '+';
  }
  for (const Value* value : node.inputs()) append_address(value);
  for (const auto& [name, value] : node.attrs()) {
    key += fmt::format(";{}={}", name, value.index());
    append_key(key, value);
  }
  return key;
}

/// Of the first bytes: tensors that begin alike are compared whole.
std::size_t digest(const Tensor& tensor) {
  constexpr std::size_t kMostBytes = 1024;
  const auto* bytes = reinterpret_cast<const char*>(tensor.raw());
  return std::hash<std::string_view>{}({bytes, std::min(tensor.bytes(), kMostBytes)});
}

bool are_equal(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.dims() == b.dims() &&
         (a.raw() == b.raw() || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
}

/// Nodes and constants met so far, in this graph and those around it.
struct Known {
  const Known* outer = nullptr;
  std::unordered_map<std::string, Node*> nodes;
  std::unordered_multimap<std::size_t, Value*> constants;

  Node* find(const std::string& key) const {
    const auto found = nodes.find(key);
    if (found != nodes.end()) return found->second;
    return outer == nullptr ? nullptr : outer->find(key);
  }
  Value* find(const Value& value, std::size_t hash) const {
    const auto [first, last] = constants.equal_range(hash);
    for (auto entry = first; entry != last; ++entry) {
      if (are_equal(*entry->second->data(), *value.data())) return entry->second;
    }
    return outer == nullptr ? nullptr : outer->find(value, hash);
  }
};

bool merge_constants(Graph& graph, PassContext& context, Known& known) {
  std::vector<Value*> values;
  for (const auto& value : graph.initializers()) values.push_back(value.get());
  bool changed = false;
  for (Value* value : values) {
    // Equal parameters may be trained to differ.
    if (context.constant(value) == nullptr || !value->is_used()) continue;
    const std::size_t hash = digest(*value->data());
    Value* twin = known.find(*value, hash);
    if (twin == nullptr) {
      known.constants.emplace(hash, value);
    } else if (context.allow_rewrite()) {
      graph.replace_all_uses(value, twin);
      graph.erase_value(value);
      changed = true;
    }
  }
  return changed;
}

bool merge(Graph& graph, PassContext& context, const Known* outer) {
  Known known{outer, {}, {}};
  bool changed = merge_constants(graph, context, known);
  for (auto position = graph.nodes().begin(); position != graph.nodes().end();) {
    Node& node = **position++;
    for (Graph* body : node.sub_graphs()) changed = merge(*body, context, &known) || changed;
    const std::string key = key_of(node);
    if (key.empty()) continue;
    Node* twin = known.find(key);
    if (twin == nullptr) {
      known.nodes.emplace(key, &node);
      continue;
    }
    if (!context.allow_rewrite()) continue;
    for (std::size_t i = 0; i < node.output_count(); ++i) {
      if (node.output(i) != nullptr) graph.replace_all_uses(node.output(i), twin->output(i));
    }
    graph.erase_node(&node);
    changed = true;
  }
  return changed;
}

}  // namespace

bool merge_duplicates(Graph& graph, PassContext& context) { return merge(graph, context, nullptr); }

}  // namespace gatefold::passes
