#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "frontend/function_table.h"
#include "frontend/node_draft.h"
#include "ir/graph.h"

/// What the nodes of a model see while they are imported: operator sets, values and names.
namespace gatefold {

/// What the nodes of a graph or a function body are read with.
struct Environment {
  OpsetImports opsets;
  /// The attributes that the call of a function gives; nullptr in the model's own graphs.
  const Attrs* arguments = nullptr;
  /// The call, and what it is read with.
  const onnx::NodeProto* call = nullptr;
  const Environment* caller = nullptr;
};

/// The values that nodes can name at one level: a graph, a sub-graph, or a function body.
struct Scope {
  Graph& graph;
  const Environment& environment;
  const Scope* outer = nullptr;  ///< The graph around a sub-graph, whose values are visible, too.
  std::unordered_map<std::string, Value*> values = {};
  /// Every name that the level defines sooner or later.
  std::unordered_set<std::string> declared = {};
  /// Names in the graph of a function's outputs.
  std::unordered_map<std::string, std::string> renamed = {};
  /// Nodes whose attributes name values.
  std::vector<Node*> gradients = {};

  /// Announces a name. Throws Error when the level has it already.
  void declare(const std::string& name);
  void define(const std::string& name, Value* value) { values[name] = value; }
  /// Returns the value of that name here or in a graph around. Throws Error when there is none.
  Value* find(const std::string& name) const;
  bool is_declared_outside(const std::string& name) const;
};

/// The names of a model's values, and those that its graphs get for them.
class ImportedNames {
 public:
  explicit ImportedNames(const onnx::ModelProto& model);

  NameSource& source() { return source_; }
  /// Returns what a value of the scope is called in the graph.
  std::string of_value(const Scope& scope, const std::string& name);
  /// Returns what a tensor of the file is called, which is known by its name wherever it stands.
  std::string of_tensor(const Scope& scope, const std::string& name);

 private:
  NameSource source_;
  std::unordered_set<std::string> repeated_;  // Those that more than one graph gives.
};

}  // namespace gatefold
