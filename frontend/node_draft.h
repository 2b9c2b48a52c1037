#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ir/error.h"
#include "ir/graph.h"

namespace gatefold {

/// Names for values that the model does not name.
class NameSource {
 public:
  void take(const std::string& name) { taken_.insert(name); }
  /// A name that was not taken before: base, base_1, base_2, ...
  std::string fresh(std::string_view base);

 private:
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, int> last_suffix_;  ///< Of names that were asked for before.
};

/// A node as the model wrote it, before it enters the graph: its operator may be of an old opset,
/// or one that Gatefold knows only in another form.
struct NodeDraft {
  Graph* graph = nullptr;
  NameSource* names = nullptr;
  std::string domain;
  std::string op;
  std::string name;
  /// The version of `domain` that the node is written for.
  std::int64_t opset = 0;
  std::vector<Value*> inputs;
  /// One per output; empty where nobody wants it.
  std::vector<std::string> outputs;
  Attrs attrs;

  /// Whether nobody wants any output.
  bool is_dead() const;
  /// "node 'gates' (Gemm)"
  std::string describe() const;
  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error(describe() + ": " + fmt::format(format, std::forward<Args>(args)...));
  }

  /// Input `index`, or nullptr where it is missing.
  Value* input(std::size_t index) const { return index < inputs.size() ? inputs[index] : nullptr; }
  void set_input(std::size_t index, Value* value);
  bool has_output(std::size_t index) const {
    return index < outputs.size() && !outputs[index].empty();
  }

  /// Removes an attribute and gives its value, or nothing. Fails when it is of another kind.
  template <typename T>
  std::optional<T> take_attr(std::string_view attr_name);
  /// The same with a default.
  template <typename T>
  T take_attr_or(std::string_view attr_name, T otherwise) {
    return take_attr<T>(attr_name).value_or(std::move(otherwise));
  }

  /// A constant of the graph, named after output 0 and `base`.
  Value* constant(std::string_view base, Tensor data) const;
  Value* constant_ints(std::string_view base, const std::vector<std::int64_t>& values) const;
  /// Output 0 of a new node of ONNX's own domain in its internal form, which goes before this one.
  Value* add(std::string_view base, std::string_view op_name,
             const std::vector<Value*>& node_inputs, Attrs node_attrs = {}) const;
  /// Makes this draft another operator of ONNX's own domain, in its internal form.
  void become(std::string_view op_name, std::vector<Value*> node_inputs, Attrs node_attrs = {});

  /// Puts the node, which must not be dead, into the graph. Its types are inferred at once in the
  /// main graph; sub-graphs get theirs from the node that holds them.
  Node* emit() const;

 private:
  std::string derived_name(std::string_view base) const;
};

template <typename T>
std::optional<T> NodeDraft::take_attr(std::string_view attr_name) {
  const auto found = attrs.find(attr_name);
  if (found == attrs.end()) return std::nullopt;
  T* value = std::get_if<T>(&found->second);
  if (value == nullptr) fail("attribute '{}' has the wrong type", attr_name);
  T taken = std::move(*value);
  attrs.erase(found);
  return taken;
}

}  // namespace gatefold
