#include "frontend/graph_importer.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "frontend/constant_node.h"
#include "frontend/function_size.h"
#include "frontend/function_table.h"
#include "frontend/import_scope.h"
#include "frontend/node_draft.h"
#include "frontend/node_order.h"
#include "frontend/operator_sets.h"
#include "frontend/opset_raise.h"
#include "frontend/placed_tensors.h"
#include "frontend/proto_types.h"
#include "frontend/stated_types.h"
#include "frontend/training_check.h"
#include "ir/error.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

using Nodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

void check_age(const NodeDraft& draft) {
  if (draft.domain != kOnnxDomain) return;
  const OpDef* definition = find_op(draft.domain, draft.op);
  if (definition != nullptr && draft.opset >= definition->since) return;
  const std::int64_t first = first_opset(draft.op);
  if (draft.opset >= first) return;
  draft.fail("the operator came with opset {}, but the model states opset {} for it", first,
             draft.opset);
}

class Importer {
 public:
  /// `functions` are those of the model; their sizes have been checked. `places`, where given,
  /// receives what the tensors are in the file.
  Importer(onnx::ModelProto& model, const FunctionTable& functions,
           const std::filesystem::path& folder, TensorPlaces* places)
      : functions_(functions), folder_(folder), names_(model), tensors_(model, places) {}

  void import_graph(const onnx::GraphProto& proto, Scope& scope);
  /// Frees the numbers of each initializer once they are imported.
  void import_and_free(onnx::GraphProto& proto, Scope& scope);
  /// `model` is the model's graph, which has been imported.
  TrainingStage import_stage(const onnx::TrainingInfoProto& proto, const Scope& model);
  /// What the file states of the values of its graph, which has been imported, against what they
  /// are.
  std::vector<ShapeContradiction> contradictions(const onnx::GraphProto& proto,
                                                 const Scope& scope) const;

 private:
  void capture(const onnx::GraphProto& algorithm, const Scope& model, Scope& scope);
  void import_initializer(const onnx::TensorProto& proto, Scope& scope);
  Value* import_constant(const onnx::NodeProto& proto, const NodeDraft& draft, const Scope& scope);
  void import_body(const onnx::GraphProto& proto, Scope& scope);
  void import_inputs(const onnx::GraphProto& proto, Scope& scope);
  void import_outputs(const onnx::GraphProto& proto, Scope& scope);
  void import_nodes(const Nodes& nodes, Scope& scope);
  void import_node(const onnx::NodeProto& proto, Scope& scope);
  /// A node as the file has it, with its inputs and attributes.
  NodeDraft read_node(const onnx::NodeProto& proto, Scope& scope);
  void resolve_gradient(Node& node, const Scope& scope) const;
  void call_function(const onnx::FunctionProto& function, const onnx::NodeProto& call,
                     NodeDraft& draft, Scope& scope);

  std::optional<AttrValue> import_attr(const onnx::AttributeProto& proto, Scope& scope,
                                       const std::string& what);
  Attrs import_attrs(const onnx::NodeProto& proto, Scope& scope);
  std::int64_t opset_of(const onnx::NodeProto& proto, const Scope& scope) const;

  const FunctionTable& functions_;
  std::filesystem::path folder_;
  ImportedNames names_;
  PlacedTensors tensors_;
};

void Importer::import_graph(const onnx::GraphProto& proto, Scope& scope) {
  for (const auto& tensor : proto.initializer()) import_initializer(tensor, scope);
  import_body(proto, scope);
}

void Importer::import_and_free(onnx::GraphProto& proto, Scope& scope) {
  for (onnx::TensorProto& tensor : *proto.mutable_initializer()) {
    import_initializer(tensor, scope);
    if (tensor.has_raw_data()) std::unique_ptr<std::string>(tensor.release_raw_data());
  }
  import_body(proto, scope);
}

void Importer::import_initializer(const onnx::TensorProto& proto, Scope& scope) {
  const std::string what = fmt::format("initializer '{}'", proto.name());
  scope.declare(proto.name());
  Tensor data = import_tensor(proto, folder_, what);
  const std::string name = names_.of_tensor(scope, proto.name());
  Value* value = is_float(data.dtype()) ? scope.graph.add_parameter(name, std::move(data))
                                        : scope.graph.add_constant(name, std::move(data));
  scope.define(proto.name(), tensors_.place(value, proto, scope, names_.source()));
}

Value* Importer::import_constant(const onnx::NodeProto& proto, const NodeDraft& draft,
                                 const Scope& scope) {
  Value* value = import_constant_node(draft);
  const auto attribute = std::find_if(
      proto.attribute().begin(), proto.attribute().end(),
      [&](const auto& candidate) { return candidate.name() == draft.attrs.begin()->first; });
  return tensors_.place(value, *attribute, scope, names_.source());
}

/// All of a graph but its initializers.
void Importer::import_body(const onnx::GraphProto& proto, Scope& scope) {
  if (proto.sparse_initializer_size() > 0) {
    fail("sparse initializer '{}' is not supported; store it as a dense tensor",
         proto.sparse_initializer(0).values().name());
  }
  import_inputs(proto, scope);
  for (const auto& node : proto.node()) {
    for (const std::string& output : node.output()) {
      if (!output.empty()) scope.declare(output);
    }
  }
  import_nodes(proto.node(), scope);
  import_outputs(proto, scope);
}

void Importer::import_inputs(const onnx::GraphProto& proto, Scope& scope) {
  std::unordered_set<std::string> initialized = scope.declared;
  for (const auto& input : proto.input()) {
    // Up to IR version 3 every initializer is listed among the inputs.
    if (initialized.erase(input.name()) > 0) continue;
    scope.declare(input.name());
    Type type = import_type(input.type(), fmt::format("input '{}'", input.name()));
    const std::string name = names_.of_value(scope, input.name());
    scope.define(input.name(), scope.graph.add_input(name, std::move(type)));
  }
}

void Importer::import_outputs(const onnx::GraphProto& proto, Scope& scope) {
  for (const auto& output : proto.output()) {
    Value* value = nullptr;
    try {
      value = scope.find(output.name());
    } catch (const Error&) {
      fail("output '{}' of the graph is defined by nothing", output.name());
    }
    scope.graph.add_output(output.name(), value);
  }
}

std::vector<ShapeContradiction> Importer::contradictions(const onnx::GraphProto& proto,
                                                         const Scope& scope) const {
  std::vector<ShapeContradiction> found;
  for (const auto& output : proto.output()) {
    check_stated_type(output, "output", scope.find(output.name())->type(), found);
  }
  for (const auto* list : {&proto.value_info(), &proto.input()}) {
    for (const auto& stated : *list) {
      const auto value = scope.values.find(stated.name());
      if (value == scope.values.end()) continue;
      check_stated_type(stated, "value", value->second->type(), found);
    }
  }
  return found;
}

void Importer::import_nodes(const Nodes& nodes, Scope& scope) {
  for (const onnx::NodeProto* node : ordered_nodes(nodes)) import_node(*node, scope);
  for (Node* node : scope.gradients) resolve_gradient(*node, scope);
}

// The attributes of Gradient name values as the file does; the graph may call them otherwise.
void Importer::resolve_gradient(Node& node, const Scope& scope) const {
  Attrs attrs = node.attrs();
  for (auto& [attribute, value] : attrs) {
    const auto resolve = [&, &attribute = attribute](std::string& name) {
      try {
        name = scope.find(name)->name();
      } catch (const Error& error) {
        fail("{}: attribute '{}': {}", node.describe(), attribute, error.what());
      }
    };
    if (auto* name = std::get_if<std::string>(&value)) resolve(*name);
    if (auto* names = std::get_if<std::vector<std::string>>(&value)) {
      std::for_each(names->begin(), names->end(), resolve);
    }
    node.set_attr(attribute, value);
  }
}

std::int64_t Importer::opset_of(const onnx::NodeProto& proto, const Scope& scope) const {
  const std::string domain = canonical_domain(proto.domain());
  const std::int64_t version = scope.environment.opsets.version(domain);
  if (version == 0 && domain == kOnnxDomain) {
    fail(
        "{}: the model states no version of the operator set 'ai.onnx'; add it to its opset "
        "imports",
        describe(proto));
  }
  return version;
}

void Importer::import_node(const onnx::NodeProto& proto, Scope& scope) {
  if (is_dead(proto)) return;
  const onnx::FunctionProto* function = functions_.find(proto);
  NodeDraft draft = read_node(proto, scope);
  if (function != nullptr) return call_function(*function, proto, draft, scope);

  draft.opset = opset_of(proto, scope);
  check_age(draft);
  if (draft.domain == kOnnxDomain && draft.op == "Constant") {
    return scope.define(proto.output(0), import_constant(proto, draft, scope));
  }
  raise_to_internal_opset(draft);
  if (draft.is_dead()) return;
  Node* node = draft.emit();
  if (node->op().name == "Gradient" && node->op().domain == kTrainingDomain) {
    scope.gradients.push_back(node);
  }
  for (int i = 0; i < proto.output_size(); ++i) {
    if (!proto.output(i).empty()) scope.define(proto.output(i), node->output(i));
  }
}

NodeDraft Importer::read_node(const onnx::NodeProto& proto, Scope& scope) {
  NodeDraft draft;
  draft.graph = &scope.graph;
  draft.names = &names_.source();
  draft.domain = canonical_domain(proto.domain());
  draft.op = proto.op_type();
  draft.name = proto.name();
  for (const std::string& input : proto.input()) {
    try {
      draft.inputs.push_back(input.empty() ? nullptr : scope.find(input));
    } catch (const Error& error) {
      fail("{}: input {}", describe(proto), error.what());
    }
  }
  while (!draft.inputs.empty() && draft.inputs.back() == nullptr) draft.inputs.pop_back();
  const bool is_constant = draft.domain == kOnnxDomain && draft.op == "Constant";
  for (const std::string& output : proto.output()) {
    draft.outputs.push_back(output.empty() ? output
                            : is_constant  ? names_.of_tensor(scope, output)
                                           : names_.of_value(scope, output));
  }
  draft.attrs = import_attrs(proto, scope);
  return draft;
}

void Importer::call_function(const onnx::FunctionProto& function, const onnx::NodeProto& call,
                             NodeDraft& draft, Scope& scope) {
  if (draft.inputs.size() > static_cast<std::size_t>(function.input_size()) ||
      draft.outputs.size() > static_cast<std::size_t>(function.output_size())) {
    draft.fail("it has {} inputs and {} outputs but the function has only {} and {}",
               draft.inputs.size(), draft.outputs.size(), function.input_size(),
               function.output_size());
  }
  const Environment environment{OpsetImports(function.opset_import()), &draft.attrs, &call,
                                &scope.environment};
  Scope body{scope.graph, environment};
  for (int i = 0; i < function.input_size(); ++i) {
    body.declare(function.input(i));
    body.define(function.input(i), draft.input(i));
  }
  for (int i = 0; i < function.output_size(); ++i) {
    if (draft.has_output(i)) body.renamed[function.output(i)] = draft.outputs[i];
  }
  for (const auto& node : function.node()) {
    for (const std::string& output : node.output()) {
      if (!output.empty()) body.declare(output);
    }
  }
  import_nodes(function.node(), body);
  for (std::size_t i = 0; i < draft.outputs.size(); ++i) {
    if (!draft.has_output(i)) continue;
    scope.define(call.output(static_cast<int>(i)), body.find(function.output(i)));
  }
}

/// What a function's node gets of an attribute of the call: of a graph, a copy of its own.
AttrValue argument(const AttrValue& value, const Scope& scope) {
  const auto* graph = std::get_if<SubGraph>(&value);
  if (graph == nullptr) return value;
  Graph::ValueMap map;
  return (*graph)->clone(&scope.graph, map);
}

Attrs Importer::import_attrs(const onnx::NodeProto& proto, Scope& scope) {
  Attrs attrs;
  for (const auto& attribute : proto.attribute()) {
    const std::string what = fmt::format("{}: attribute '{}'", describe(proto), attribute.name());
    if (attrs.contains(attribute.name())) fail("{} is given twice", what);
    if (auto value = import_attr(attribute, scope, what)) {
      attrs.emplace(attribute.name(), std::move(*value));
    }
  }
  return attrs;
}

std::optional<AttrValue> Importer::import_attr(const onnx::AttributeProto& proto, Scope& scope,
                                               const std::string& what) {
  if (!proto.ref_attr_name().empty()) {
    const Attrs* arguments = scope.environment.arguments;
    if (arguments == nullptr) fail("{} refers to a function's, but it is not in a function", what);
    const auto found = arguments->find(proto.ref_attr_name());
    return found == arguments->end() ? std::nullopt : std::optional(argument(found->second, scope));
  }
  if (holds_graph(proto)) {
    auto graph = std::make_shared<Graph>(proto.g().name(), &scope.graph);
    Scope inner{*graph, scope.environment, &scope};
    import_graph(proto.g(), inner);
    return graph;
  }
  return import_plain_attr(proto, folder_, what);
}

// What the algorithm reads of the model's graph becomes its first inputs.
void Importer::capture(const onnx::GraphProto& algorithm, const Scope& model, Scope& scope) {
  for (const std::string_view name : outside_names(algorithm)) {
    const auto found = model.values.find(std::string(name));
    if (found == model.values.end()) continue;
    const Value& value = *found->second;
    scope.define(std::string(name), scope.graph.add_input(value.name(), value.type()));
  }
}

TrainingStage Importer::import_stage(const onnx::TrainingInfoProto& proto, const Scope& model) {
  TrainingStage stage;
  stage.initialization->set_name(proto.initialization().name());
  Scope initialization{*stage.initialization, model.environment};
  import_graph(proto.initialization(), initialization);
  stage.algorithm->set_name(proto.algorithm().name());
  Scope algorithm{*stage.algorithm, model.environment};
  capture(proto.algorithm(), model, algorithm);
  stage.captured = stage.algorithm->inputs().size();
  import_graph(proto.algorithm(), algorithm);
  for (const std::string& name : algorithm.declared) {
    if (model.declared.contains(name)) {
      fail("the training algorithm defines '{}', which the model's graph defines, too", name);
    }
  }
  for (const auto& entry : proto.initialization_binding()) {
    stage.initialization_bindings.push_back({entry.key(), entry.value()});
  }
  for (const auto& entry : proto.update_binding()) {
    stage.update_bindings.push_back({entry.key(), entry.value()});
  }
  return stage;
}

}  // namespace

Model import_model(onnx::ModelProto proto, const std::filesystem::path& folder,
                   TensorPlaces* places, std::vector<ShapeContradiction>* contradictions) {
  if (!proto.has_graph()) fail("the file holds no graph; is it an ONNX model?");
  Model model;
  Environment environment{OpsetImports(proto.opset_import())};
  // Models of IR versions 1 and 2 do not state an operator set; it is the first.
  if (proto.ir_version() < 3 && proto.opset_import_size() == 0) {
    environment.opsets.set(std::string(kOnnxDomain), 1);
  }
  model.opset = environment.opsets.version(std::string(kOnnxDomain));
  model.ir_version = proto.ir_version();
  model.producer = proto.producer_name();
  if (!proto.producer_version().empty()) model.producer += " " + proto.producer_version();
  for (const auto& entry : proto.metadata_props()) model.metadata[entry.key()] = entry.value();

  model.graph->set_name(proto.graph().name());
  Scope scope{*model.graph, environment};
  const FunctionTable functions(proto);
  check_function_sizes(proto, functions);
  check_operators(proto, functions);
  Importer importer(proto, functions, folder, places);
  importer.import_and_free(*proto.mutable_graph(), scope);
  std::vector<ShapeContradiction> found = importer.contradictions(proto.graph(), scope);
  if (contradictions != nullptr) *contradictions = std::move(found);
  for (const auto& stage : proto.training_info()) {
    model.training.push_back(importer.import_stage(stage, scope));
  }
  check_training(model);
  return model;
}

}  // namespace gatefold
