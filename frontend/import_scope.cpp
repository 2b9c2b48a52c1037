#include "frontend/import_scope.h"

#include "frontend/node_order.h"
#include "ir/error.h"

namespace gatefold {
namespace {

void collect_names(const onnx::GraphProto& proto, NameSource& names) {
  for (const auto& input : proto.input()) names.take(input.name());
  for (const auto& tensor : proto.initializer()) names.take(tensor.name());
  for (const auto& output : proto.output()) names.take(output.name());
  for (const auto& node : proto.node()) {
    for (const std::string& output : node.output()) names.take(output);
    for (const auto& attribute : node.attribute()) {
      if (holds_graph(attribute)) collect_names(attribute.g(), names);
    }
  }
}

// The names that initializers and nodes of more than one graph give.
void collect_repeated(const onnx::GraphProto& proto, std::unordered_set<std::string>& seen,
                      std::unordered_set<std::string>& repeated) {
  const auto add = [&](const std::string& name) {
    if (!seen.insert(name).second) repeated.insert(name);
  };
  for (const auto& tensor : proto.initializer()) add(tensor.name());
  for (const auto& node : proto.node()) {
    for (const std::string& output : node.output()) add(output);
    for (const auto& attribute : node.attribute()) {
      if (holds_graph(attribute)) collect_repeated(attribute.g(), seen, repeated);
    }
  }
}

}  // namespace

void Scope::declare(const std::string& name) {
  if (!declared.insert(name).second) fail("the name '{}' is defined more than once", name);
}

Value* Scope::find(const std::string& name) const {
  for (const Scope* level = this; level != nullptr; level = level->outer) {
    const auto found = level->values.find(name);
    if (found != level->values.end()) return found->second;
  }
  fail("'{}' is read but nothing defines it", name);
}

bool Scope::is_declared_outside(const std::string& name) const {
  for (const Scope* scope = outer; scope != nullptr; scope = scope->outer) {
    if (scope->declared.contains(name)) return true;
  }
  return false;
}

ImportedNames::ImportedNames(const onnx::ModelProto& model) {
  collect_names(model.graph(), source_);
  std::unordered_set<std::string> seen;
  collect_repeated(model.graph(), seen, repeated_);
  for (const auto& stage : model.training_info()) {
    collect_names(stage.initialization(), source_);
    collect_names(stage.algorithm(), source_);
  }
}

std::string ImportedNames::of_value(const Scope& scope, const std::string& name) {
  const auto renamed = scope.renamed.find(name);
  if (renamed != scope.renamed.end()) return renamed->second;
  // Two calls of a function would give the same names, and sub-graphs may hide names around them.
  const bool is_free = scope.environment.arguments == nullptr && !scope.is_declared_outside(name);
  return is_free ? name : source_.fresh(name);
}

std::string ImportedNames::of_tensor(const Scope& scope, const std::string& name) {
  const bool is_repeated = scope.outer != nullptr && repeated_.contains(name);
  return is_repeated ? source_.fresh(name) : of_value(scope, name);
}

}  // namespace gatefold
