#include "frontend/model_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "frontend/graph_importer.h"
#include "frontend/model_proto.h"
#include "frontend/node_order.h"
#include "frontend/proto_types.h"
#include "ir/error.h"
#include "ir/print.h"
#include "ir/text.h"

namespace gatefold {
namespace {

using Attribute = onnx::AttributeProto;
template <typename T>
using List = google::protobuf::RepeatedPtrField<T>;

/// The items as `text_of` gives them, with commas between.
template <typename Items, typename TextOf>
std::string joined(const Items& items, TextOf text_of) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + text_of(item);
  return text;
}

const std::string& checked_name(const std::string& name, std::string_view what) {
  if (identifier(name) == name && name != "_") return name;
  fail(
      "ONNX text cannot hold the {} '{}', which would become '{}'; write the model to a file named "
      ".onnx",
      what, name, identifier(name));
}

/// Text may have several lines, but none that looks like the heading of a training section.
std::string quoted(const std::string& text) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char letter) {
    return letter != '"' && letter != '\\' &&
           (letter == '\n' || static_cast<unsigned char>(letter) >= ' ');
  });
  if (!is_plain || text.find("\n#") != std::string::npos) {
    fail(
        "ONNX text cannot hold '{}', which has a quote, a control character or a line with # in it",
        text);
  }
  return '"' + text + '"';
}

std::string type_text(const Type& type, const std::string& name) {
  if (!type.is_tensor()) {
    fail("ONNX text cannot hold '{}', which is {}; write the model to a file named .onnx", name,
         to_string(type));
  }
  if (type.dtype == DataType::kUndefined) return "";
  if (!type.has_rank()) return fmt::format("{}[]", name_of(type.dtype));
  const std::string dims = joined(*type.shape, [](const Dim& dim) -> std::string {
    if (dim.is_known()) return std::to_string(dim.size());
    return dim.is_symbol() ? checked_name(dim.symbol(), "extent") : "?";
  });
  return std::string(name_of(type.dtype)) + (dims.empty() ? "" : "[" + dims + "]");
}

std::string typed_name(const Type& type, const std::string& name) {
  const std::string text = type_text(type, name);
  return (text.empty() ? "" : text + " ") + checked_name(name, "name");
}

std::string declaration(const onnx::ValueInfoProto& value) {
  return typed_name(import_type(value.type(), value.name()), value.name());
}

Tensor expressible(const onnx::TensorProto& proto, std::string_view what) {
  Tensor tensor = import_tensor(proto, {}, what);
  if (is_expressible(tensor)) return tensor;
  fail("ONNX text has no numbers for {}, which is {}{}; write the model to a file named .onnx",
       what, to_string(tensor.type()),
       is_half(tensor.dtype()) ? "" : " and holds an infinity, a NaN or a denormal");
}

std::string initializer_text(const onnx::TensorProto& proto) {
  const Tensor tensor = expressible(proto, fmt::format("initializer '{}'", proto.name()));
  return fmt::format("{} = {{{}}}", typed_name(tensor.type(), proto.name()), elements_text(tensor));
}

std::string finite_text(float value, std::string_view what) {
  if (is_expressible(Tensor::scalar(value))) return float_text(value);
  fail("ONNX text has no number for {}, which is {}", what, value);
}

std::string graph_text(const onnx::GraphProto& graph, const std::string& indent);

/// The kind of an attribute that refers to one of the function's.
std::string_view kind_name(Attribute::AttributeType kind) {
  constexpr std::pair<Attribute::AttributeType, std::string_view> kNames[] = {
      {Attribute::FLOAT, "float"},   {Attribute::INT, "int"},        {Attribute::STRING, "string"},
      {Attribute::TENSOR, "tensor"}, {Attribute::GRAPH, "graph"},    {Attribute::FLOATS, "floats"},
      {Attribute::INTS, "ints"},     {Attribute::STRINGS, "strings"}};
  for (const auto& [known, name] : kNames) {
    if (known == kind) return name;
  }
  fail("ONNX text has no attributes of kind {}", Attribute::AttributeType_Name(kind));
}

std::string value_text(const Attribute& attribute, const std::string& indent) {
  const std::string what = fmt::format("attribute '{}'", attribute.name());
  const auto number = [&](float value) { return finite_text(value, what); };
  if (holds_graph(attribute))
    return "\n" + indent + "    " + graph_text(attribute.g(), indent + "    ");
  switch (attribute.type()) {
    case Attribute::FLOAT:
      return number(attribute.f());
    case Attribute::INT:
      return std::to_string(attribute.i());
    case Attribute::STRING:
      return quoted(attribute.s());
    case Attribute::FLOATS:
      return "[" + joined(attribute.floats(), number) + "]";
    case Attribute::INTS:
      return "[" + joined(attribute.ints(), [](auto value) { return std::to_string(value); }) + "]";
    case Attribute::STRINGS:
      return "[" + joined(attribute.strings(), quoted) + "]";
    case Attribute::TENSOR: {
      const Tensor tensor = expressible(attribute.t(), what);
      return fmt::format("{} {{{}}}", type_text(tensor.type(), what), elements_text(tensor));
    }
    default:
      fail("ONNX text cannot hold {}, which is of kind {}; write the model to a file named .onnx",
           what, Attribute::AttributeType_Name(attribute.type()));
  }
}

std::string attribute_text(const Attribute& attribute, const std::string& indent) {
  if (!attribute.ref_attr_name().empty()) {
    return fmt::format("{}: {} = @{}", attribute.name(), kind_name(attribute.type()),
                       attribute.ref_attr_name());
  }
  return attribute.name() + " = " + value_text(attribute, indent);
}

/// Inputs or outputs of a node. The parser takes a blank for each but the first.
std::string ports_text(const List<std::string>& names) {
  std::string text;
  for (int i = 0; i < names.size(); ++i) {
    if (i > 0) text += ", ";
    if (!names[i].empty()) text += checked_name(names[i], "name");
    if (names[i].empty() && i == 0) text += "_";
  }
  return text;
}

std::string nodes_text(const List<onnx::NodeProto>& nodes, const std::string& indent) {
  std::string text = "{\n";
  for (const auto& node : nodes) {
    std::string attributes;
    for (const auto& attribute : node.attribute()) {
      const std::string one = attribute_text(attribute, indent);
      // The parser has no empty lists, which mean the same as no attribute.
      if (one.ends_with(" = []")) continue;
      attributes += (attributes.empty() ? "" : ", ") + one;
    }
    const std::string outputs = ports_text(node.output());
    text +=
        fmt::format("{}  {} = {}{}{} ({})\n", indent, outputs.empty() ? "_" : outputs,
                    node.domain().empty() ? "" : node.domain() + ".", node.op_type(),
                    attributes.empty() ? "" : " <" + attributes + ">", ports_text(node.input()));
  }
  return text + indent + "}";
}

std::string graph_text(const onnx::GraphProto& graph, const std::string& indent) {
  std::string text =
      fmt::format("{} ({}) => ({})", identifier(graph.name()), joined(graph.input(), declaration),
                  joined(graph.output(), declaration));
  if (graph.initializer_size() > 0) {
    text += fmt::format("\n{}  <{}>\n{}", indent, joined(graph.initializer(), initializer_text),
                        indent);
  }
  return text + (text.back() == ')' ? " " : "") + nodes_text(graph.node(), indent);
}

std::string opsets_text(const List<onnx::OperatorSetIdProto>& opsets) {
  return joined(opsets, [](const onnx::OperatorSetIdProto& opset) {
    return fmt::format("{} : {}", quoted(opset.domain()), opset.version());
  });
}

std::string header_text(const onnx::ModelProto& model) {
  std::string text = fmt::format("<ir_version: {}, opset_import: [{}]", model.ir_version(),
                                 opsets_text(model.opset_import()));
  const std::pair<std::string_view, const std::string&> texts[] = {
      {"producer_name", model.producer_name()},
      {"producer_version", model.producer_version()},
      {"domain", model.domain()}};
  for (const auto& [key, value] : texts) {
    if (!value.empty()) text += fmt::format(", {}: {}", key, quoted(value));
  }
  if (model.model_version() != 0) text += fmt::format(", model_version: {}", model.model_version());
  if (model.metadata_props_size() > 0) {
    text +=
        fmt::format(", metadata_props: [{}]", joined(model.metadata_props(), [](const auto& entry) {
                      return quoted(entry.key()) + ": " + quoted(entry.value());
                    }));
  }
  return text + ">\n";
}

std::string function_text(const onnx::FunctionProto& function) {
  const auto name = [](const std::string& value) { return checked_name(value, "name"); };
  const std::string attributes = joined(function.attribute(), name);
  return fmt::format(
      "\n<domain: {}, opset_import: [{}]>\n{}{} ({}) => ({}) {}\n", quoted(function.domain()),
      opsets_text(function.opset_import()), checked_name(function.name(), "name"),
      attributes.empty() ? "" : " <" + attributes + ">", joined(function.input(), name),
      joined(function.output(), name), nodes_text(function.node(), ""));
}

std::string section_text(std::string_view heading, const onnx::GraphProto& graph,
                         const List<onnx::StringStringEntryProto>& bindings) {
  std::string text = fmt::format("\n## {}\n", heading);
  for (const auto& binding : bindings) {
    text += fmt::format("# store {} in {}\n", binding.value(), binding.key());
  }
  return text + graph_text(graph, "") + "\n";
}

/// What no check foresaw: the text must give the same graphs.
void check_text(const onnx::ModelProto& model, const std::string& text) {
  const Model before = import_model(model, {});
  const Model after = import_model(parse_model_text(text), {});
  if (print(before) == print(after)) return;
  fail("ONNX text cannot hold the model as it is; write it to a file named .onnx");
}

}  // namespace

std::string model_text(const onnx::ModelProto& model) {
  std::string text = header_text(model) + graph_text(model.graph(), "") + "\n";
  for (const auto& function : model.functions()) text += function_text(function);
  for (const auto& stage : model.training_info()) {
    text += section_text("algorithm", stage.algorithm(), stage.update_binding());
    if (stage.initialization().output_size() == 0) continue;
    text += section_text("initialization", stage.initialization(), stage.initialization_binding());
  }
  check_text(model, text);
  return text;
}

}  // namespace gatefold
