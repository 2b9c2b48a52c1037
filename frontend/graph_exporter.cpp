#include "frontend/graph_exporter.h"

#include <algorithm>
#include <map>
#include <string>
#include <type_traits>

#include "frontend/operator_sets.h"
#include "frontend/proto_types.h"
#include "ir/error.h"
#include "ir/op_def.h"
#include "ir/value_names.h"

namespace gatefold {
namespace {

// The first opset whose forms are close to the internal ones.
constexpr std::int64_t kLowestOpset = 13;

// The IR version that came with an opset, for the first opset of each.
struct IrVersion {
  std::int64_t first_opset;
  std::int64_t ir_version;
};
constexpr IrVersion kIrVersions[] = {{13, 7},  {15, 8},  {19, 9}, {21, 10},
                                     {23, 11}, {24, 12}, {25, 13}};

std::int64_t ir_version_of(std::int64_t opset) {
  std::int64_t result = kIrVersions[0].ir_version;
  for (const IrVersion& entry : kIrVersions) {
    if (opset >= entry.first_opset) result = entry.ir_version;
  }
  return result;
}

/// The lowest versions of operator sets that hold everything which has been noted.
class OpsetNeeds {
 public:
  /// Throws Error when no version allows the types of the node's inputs and outputs.
  void note(const Node& node) {
    std::int64_t& version = versions_[node.op().domain];
    std::int64_t needed = node.op().since;
    for (const auto& [name, value] : node.attrs()) {
      const AttrDef* attr = node.op().find_attr(name);
      if (attr != nullptr) needed = std::max(needed, attr->since);
    }
    if (node.op().domain == kOnnxDomain) needed = with_types(node, std::max(needed, kLowestOpset));
    version = std::max(version, needed);
  }

  /// An Identity of the value.
  void note_copy(const Value& value) {
    std::int64_t& version = versions_[kOnnxDomain];
    const auto needed = opset_for_copy(value, version);
    if (!needed) {
      fail("output '{}' is {}, which no version of ONNX's operator set can deliver twice",
           value.name(), to_string(value.type()));
    }
    version = *needed;
  }

  const std::map<std::string_view, std::int64_t>& versions() const { return versions_; }

 private:
  static std::int64_t with_types(const Node& node, std::int64_t lowest) {
    if (const auto needed = opset_for_types(node, lowest)) return *needed;
    std::string types;
    for (const Value* input : node.inputs()) {
      if (input != nullptr) types += (types.empty() ? "" : ", ") + to_string(input->type());
    }
    fail(
        "{}: no version of ONNX's operator set has the operator for such types (inputs: {}), so "
        "the file would not be valid; cast to float around it, or run the model without compiling "
        "it to a file",
        node.describe(), types);
  }

  std::map<std::string_view, std::int64_t> versions_{{kOnnxDomain, kLowestOpset}};
};

bool is_empty_list(const AttrValue& value) {
  return std::visit(
      [](const auto& held) {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::vector<std::int64_t>> ||
                      std::is_same_v<T, std::vector<float>> ||
                      std::is_same_v<T, std::vector<std::string>>) {
          return held.empty();
        } else {
          return false;
        }
      },
      value);
}

/// How many outputs the node must name, wanted or not.
std::size_t required_outputs(const Node& node) {
  const std::vector<Port>& ports = node.op().outputs;
  if (node.op().name == "BatchNormalization" && node.attr_int("training_mode") != 0) {
    return ports.size();
  }
  return static_cast<std::size_t>(std::count_if(ports.begin(), ports.end(), [](const Port& port) {
    return port.arity == Port::Arity::kRequired;
  }));
}

/// A text attribute of a node that runs but that no opset written here has.
struct EndedForm {
  std::string_view op;
  std::string_view attr;
  std::string_view text;
};
constexpr EndedForm kEndedForms[] = {
    {"Resize", "coordinate_transformation_mode", "tf_half_pixel_for_nn"}};

void refuse_ended_form(const Node& node) {
  for (const EndedForm& form : kEndedForms) {
    if (node.op().name != form.op || node.attr_string(form.attr) != form.text) continue;
    fail(
        "{}: {} is '{}', which ended before opset {}, the lowest that is written; use the model "
        "as it is",
        node.describe(), form.attr, form.text, kLowestOpset);
  }
}

class Exporter {
 public:
  Exporter(ValueNames names, ExternalTarget* external, OpsetNeeds& opsets)
      : names_(std::move(names)), external_(external), opsets_(opsets) {}

  /// Inputs before `first_input` are not declared.
  void export_graph(const Graph& graph, onnx::GraphProto& proto, std::size_t first_input = 0) {
    proto.set_name(graph.name());
    for (std::size_t i = first_input; i < graph.inputs().size(); ++i) {
      const Value* input = graph.inputs()[i];
      export_value_info(input->type(), names_.of(*input), *proto.add_input());
    }
    for (const auto& value : graph.initializers()) export_data(*value, proto);
    for (const auto& node : graph.nodes()) export_node(*node, *proto.add_node());
    for (const Graph::Output& output : graph.outputs()) export_output(graph, output, proto);
  }

 private:
  static void export_value_info(const Type& type, const std::string& name,
                                onnx::ValueInfoProto& proto) {
    proto.set_name(name);
    const bool is_known = !type.is_tensor() || type.dtype != DataType::kUndefined;
    if (is_known) export_type(type, *proto.mutable_type());
  }

  void export_data(const Value& value, onnx::GraphProto& proto) {
    // Floating-point initializers are parameters.
    if (value.kind() == Value::Kind::kConstant && is_float(value.type().dtype)) {
      auto& node = *proto.add_node();
      node.set_op_type("Constant");
      node.add_output(names_.of(value));
      auto& attr = *node.add_attribute();
      attr.set_name("value");
      attr.set_type(onnx::AttributeProto::TENSOR);
      return write_tensor(*value.data(), *attr.mutable_t());
    }
    auto& tensor = *proto.add_initializer();
    tensor.set_name(names_.of(value));
    write_tensor(*value.data(), tensor);
  }

  void export_node(const Node& node, onnx::NodeProto& proto) {
    refuse_ended_form(node);
    opsets_.note(node);
    proto.set_op_type(std::string(node.op().name));
    if (!node.op().domain.empty()) proto.set_domain(std::string(node.op().domain));
    if (!node.name().empty()) proto.set_name(node.name());
    for (const Value* input : node.inputs()) {
      proto.add_input(input == nullptr ? "" : names_.of(*input));
    }
    export_outputs(node, proto);
    for (const auto& [name, value] : names_.attrs_of(node)) {
      // ONNX's checker has none, which mean the same as no attribute.
      if (is_empty_list(value)) continue;
      auto& attr = *proto.add_attribute();
      attr.set_name(name);
      // The one attribute that is a type; graphs hold it as text.
      if (node.op().name == "Optional" && name == "type") {
        attr.set_type(onnx::AttributeProto::TYPE_PROTO);
        export_type(*type_from_text(std::get<std::string>(value)), *attr.mutable_tp());
        continue;
      }
      std::visit([&](const auto& held) { export_attr(held, attr); }, value);
    }
  }

  void export_outputs(const Node& node, onnx::NodeProto& proto) {
    const std::size_t required = required_outputs(node);
    for (std::size_t i = 0; i < std::max(required, node.output_count()); ++i) {
      if (const Value* output = node.output(i)) {
        proto.add_output(names_.of(*output));
      } else {
        proto.add_output(i < required ? names_.fresh(node.op().outputs[i].name) : "");
      }
    }
  }

  void export_output(const Graph& graph, const Graph::Output& output, onnx::GraphProto& proto) {
    std::string name = names_.of(*output.value);
    if (!names_.delivers(graph, output)) {
      opsets_.note_copy(*output.value);
      auto& copy = *proto.add_node();
      copy.set_op_type("Identity");
      copy.add_input(name);
      name = names_.fresh(output.name);
      copy.add_output(name);
    }
    export_value_info(output.value->type(), name, *proto.add_output());
  }

  static void export_attr(std::int64_t value, onnx::AttributeProto& proto) {
    proto.set_type(onnx::AttributeProto::INT);
    proto.set_i(value);
  }
  static void export_attr(float value, onnx::AttributeProto& proto) {
    proto.set_type(onnx::AttributeProto::FLOAT);
    proto.set_f(value);
  }
  static void export_attr(const std::string& value, onnx::AttributeProto& proto) {
    proto.set_type(onnx::AttributeProto::STRING);
    proto.set_s(value);
  }
  static void export_attr(const std::vector<std::int64_t>& value, onnx::AttributeProto& proto) {
    proto.set_type(onnx::AttributeProto::INTS);
    proto.mutable_ints()->Add(value.begin(), value.end());
  }
  static void export_attr(const std::vector<float>& value, onnx::AttributeProto& proto) {
    proto.set_type(onnx::AttributeProto::FLOATS);
    proto.mutable_floats()->Add(value.begin(), value.end());
  }
  static void export_attr(const std::vector<std::string>& value, onnx::AttributeProto& proto) {
    proto.set_type(onnx::AttributeProto::STRINGS);
    for (const std::string& text : value) proto.add_strings(text);
  }
  void export_attr(const Tensor& value, onnx::AttributeProto& proto) {
    proto.set_type(onnx::AttributeProto::TENSOR);
    write_tensor(value, *proto.mutable_t());
  }
  void export_attr(const SubGraph& value, onnx::AttributeProto& proto) {
    proto.set_type(onnx::AttributeProto::GRAPH);
    export_graph(*value, *proto.mutable_g());
  }

  void write_tensor(const Tensor& tensor, onnx::TensorProto& proto) {
    constexpr std::size_t kLeastExternalBytes = 1024;
    if (external_ == nullptr || tensor.bytes() < kLeastExternalBytes) {
      return export_tensor(tensor, proto);
    }
    // Aligned so that the file can be mapped into memory.
    constexpr std::size_t kAlignment = 4096;
    const std::size_t padding = (kAlignment - external_->size % kAlignment) % kAlignment;
    external_->stream << std::string(padding, '\0');
    external_->size += padding;
    proto.set_data_type(static_cast<std::int32_t>(tensor.dtype()));
    for (const std::int64_t dim : tensor.dims()) proto.add_dims(dim);
    proto.set_data_location(onnx::TensorProto::EXTERNAL);
    const auto add = [&](const char* key, const std::string& value) {
      auto& entry = *proto.add_external_data();
      entry.set_key(key);
      entry.set_value(value);
    };
    add("location", external_->location);
    add("offset", std::to_string(external_->size));
    add("length", std::to_string(tensor.bytes()));
    external_->stream.write(reinterpret_cast<const char*>(tensor.raw()),
                            static_cast<std::streamsize>(tensor.bytes()));
    external_->size += tensor.bytes();
  }

  ValueNames names_;
  ExternalTarget* external_;
  OpsetNeeds& opsets_;
};

std::size_t tensor_bytes(const Graph& graph) {
  std::size_t bytes = 0;
  for (const auto& value : graph.initializers()) bytes += value->data()->bytes();
  for (const auto& node : graph.nodes()) {
    for (const auto& [name, value] : node->attrs()) {
      if (const auto* tensor = std::get_if<Tensor>(&value)) bytes += tensor->bytes();
    }
    for (const Graph* inner : node->sub_graphs()) bytes += tensor_bytes(*inner);
  }
  return bytes;
}

std::string as_it_is(std::string_view name) { return std::string(name); }

void export_bindings(const std::vector<TrainingStage::Binding>& bindings,
                     google::protobuf::RepeatedPtrField<onnx::StringStringEntryProto>& entries) {
  for (const TrainingStage::Binding& binding : bindings) {
    auto& entry = *entries.Add();
    entry.set_key(binding.initializer);
    entry.set_value(binding.output);
  }
}

void export_stage(const TrainingStage& stage, const Model& model, const ValueNames& model_names,
                  ExternalTarget* external, OpsetNeeds& opsets, onnx::TrainingInfoProto& proto) {
  Exporter(ValueNames(*stage.initialization, as_it_is), external, opsets)
      .export_graph(*stage.initialization, *proto.mutable_initialization());
  Exporter(ValueNames(stage, *model.graph, model_names), external, opsets)
      .export_graph(*stage.algorithm, *proto.mutable_algorithm(), stage.captured);
  export_bindings(stage.initialization_bindings, *proto.mutable_initialization_binding());
  export_bindings(stage.update_bindings, *proto.mutable_update_binding());
}

}  // namespace

std::size_t tensor_bytes(const Model& model) {
  std::size_t bytes = tensor_bytes(*model.graph);
  for (const TrainingStage& stage : model.training) {
    bytes += tensor_bytes(*stage.initialization) + tensor_bytes(*stage.algorithm);
  }
  return bytes;
}

onnx::ModelProto export_model(const Model& model, ExternalTarget* external) {
  onnx::ModelProto proto;
  proto.set_producer_name("gatefold");
  for (const auto& [key, value] : model.metadata) {
    auto& entry = *proto.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  OpsetNeeds opsets;
  const ValueNames names(*model.graph, as_it_is);
  Exporter(names, external, opsets).export_graph(*model.graph, *proto.mutable_graph());
  for (const TrainingStage& stage : model.training) {
    export_stage(stage, model, names, external, opsets, *proto.add_training_info());
  }
  proto.set_ir_version(ir_version_of(opsets.versions().at(kOnnxDomain)));
  for (const auto& [domain, version] : opsets.versions()) {
    auto& import = *proto.add_opset_import();
    import.set_domain(std::string(domain));
    import.set_version(version);
  }
  return proto;
}

}  // namespace gatefold
