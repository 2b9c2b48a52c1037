#include "ir/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "ir/op_def.h"
#include "ir/text.h"
#include "ir/value_names.h"

namespace gatefold {
namespace {

constexpr std::int64_t kMostElementsShown = 16;

// FNV-1a, 64 bits.
std::uint64_t digest(const Tensor& tensor) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < tensor.bytes(); ++i) {
    hash = (hash ^ static_cast<std::uint64_t>(tensor.raw()[i])) * 0x100000001b3;
  }
  return hash;
}

class Printer {
 public:
  explicit Printer(ValueNames names) : names_(std::move(names)) {}

  /// Inputs before `first_input` are not declared.
  std::string print_main(const Graph& graph, std::size_t first_input = 0) {
    collect_elided(graph);
    std::string inputs;
    for (std::size_t i = first_input; i < graph.inputs().size(); ++i) {
      inputs += fmt::format("{}{}", inputs.empty() ? "" : ", ", declaration(*graph.inputs()[i]));
    }
    for (const Value* value : elided_) {
      inputs += fmt::format("{}\n    {}", inputs.empty() ? "" : ",", declaration(*value));
      const char* kind = value->kind() == Value::Kind::kParameter ? "parameter" : "constant";
      elided_notes_ += fmt::format("# {} is a {} with digest {:016x}\n", names_.of(*value), kind,
                                   digest(*value->data()));
    }
    return elided_notes_ + identifier(graph.name()) + " (" + inputs + ")" + body(graph) + "\n";
  }

 private:
  static bool is_elided(const Value& value) {
    return value.data()->size() > kMostElementsShown || !is_expressible(*value.data());
  }

  // Those of sub-graphs become inputs of the main graph, too, whose values sub-graphs can use.
  void collect_elided(const Graph& graph) {
    for (const auto& value : graph.initializers()) {
      if (is_elided(*value)) elided_.push_back(value.get());
    }
    for (const auto& node : graph.nodes()) {
      for (const Graph* inner : node->sub_graphs()) collect_elided(*inner);
    }
  }

  std::string type_text(const Type& type) {
    if (type.kind == Type::Kind::kSequence) return fmt::format("seq({})", type_text(*type.element));
    if (type.kind == Type::Kind::kOptional) {
      return fmt::format("optional({})", type_text(*type.element));
    }
    if (type.dtype == DataType::kUndefined) return "";
    if (!type.has_rank()) return fmt::format("{}[]", name_of(type.dtype));
    std::string dims;
    for (const Dim& dim : *type.shape) {
      dims += fmt::format("{}{}", dims.empty() ? "" : ",", dim_text(dim));
    }
    return dims.empty() ? std::string(name_of(type.dtype))
                        : fmt::format("{}[{}]", name_of(type.dtype), dims);
  }

  std::string dim_text(const Dim& dim) {
    if (dim.is_known()) return std::to_string(dim.size());
    if (!dim.is_symbol()) return "?";
    auto [entry, is_new] = symbols_.emplace(dim.symbol(), identifier(dim.symbol()));
    while (is_new && !symbol_identifiers_.insert(entry->second).second) entry->second += '_';
    return entry->second;
  }

  std::string named_type(const Type& type, const std::string& name) {
    const std::string text = type_text(type);
    return text.empty() ? name : text + " " + name;
  }
  std::string declaration(const Value& value) { return named_type(value.type(), names_.of(value)); }

  // Everything of a graph after its inputs.
  std::string body(const Graph& graph);
  std::string initializers(const Graph& graph);
  std::string constant_nodes(const Graph& graph);
  std::string node_text(const Node& node);
  std::string attrs_text(const Node& node);
  std::string attr_text(const AttrValue& value);
  std::string sub_graph_text(const Graph& graph);

  ValueNames names_;
  std::unordered_map<std::string, std::string> symbols_;
  std::unordered_set<std::string> symbol_identifiers_;
  std::vector<const Value*> elided_;
  std::string elided_notes_;
  std::string indent_;
};

// Constants that an initializer would turn into parameters when read back.
bool needs_constant_node(const Value& value) {
  return value.kind() == Value::Kind::kConstant && is_float(value.type().dtype);
}

std::string Printer::initializers(const Graph& graph) {
  std::string text;
  for (const auto& value : graph.initializers()) {
    if (is_elided(*value) || needs_constant_node(*value)) continue;
    text += fmt::format("{}{} = {{{}}}", text.empty() ? "" : ", ", declaration(*value),
                        elements_text(*value->data()));
  }
  return text.empty() ? "" : fmt::format("\n{}  <{}>\n{}", indent_, text, indent_);
}

std::string Printer::constant_nodes(const Graph& graph) {
  std::string text;
  for (const auto& value : graph.initializers()) {
    if (is_elided(*value) || !needs_constant_node(*value)) continue;
    text += fmt::format("{}{} = Constant <value = {}> ()\n", indent_, names_.of(*value),
                        attr_text(*value->data()));
  }
  return text;
}

std::string Printer::body(const Graph& graph) {
  std::string outputs;
  std::string copies;
  for (const Graph::Output& output : graph.outputs()) {
    std::string name = names_.of(*output.value);
    if (!names_.delivers(graph, output)) {
      const std::string copy = names_.fresh(output.name);
      copies += fmt::format("{}  {} = Identity ({})\n", indent_, copy, name);
      name = copy;
    }
    outputs += (outputs.empty() ? "" : ", ") + named_type(output.value->type(), name);
  }
  std::string list = initializers(graph);
  std::string text = fmt::format(" => ({}){}{{\n", outputs, list.empty() ? " " : list);
  const std::string outer_indent = indent_;
  indent_ += "  ";
  text += constant_nodes(graph);
  for (const auto& node : graph.nodes()) text += indent_ + node_text(*node);
  indent_ = outer_indent;
  return text + copies + indent_ + "}";
}

std::string Printer::node_text(const Node& node) {
  std::string outputs;
  std::string types;
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    const Value* output = node.output(i);
    if (i > 0) outputs += output == nullptr ? ", " : ", " + names_.of(*output);
    // The parser takes blanks between outputs or inputs but not for the first of them.
    if (i == 0) outputs += output == nullptr ? "_" : names_.of(*output);
    if (output == nullptr) continue;
    const std::string type = type_text(output->type());
    types += (types.empty() ? "" : ", ") + (type.empty() ? "?" : type);
  }
  if (outputs.empty()) outputs = "_";
  std::string inputs;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (i > 0) inputs += ", ";
    if (node.input(i) != nullptr) {
      inputs += names_.of(*node.input(i));
    } else if (i == 0) {
      inputs += "_";
    }
  }
  const std::string domain = node.op().domain.empty() ? "" : fmt::format("{}.", node.op().domain);
  return fmt::format("{} = {}{}{} ({})  # {}\n", outputs, domain, node.op().name, attrs_text(node),
                     inputs, types);
}

std::string Printer::attrs_text(const Node& node) {
  std::string text;
  for (const auto& [name, value] : names_.attrs_of(node)) {
    // The parser has no empty lists, which mean the same as no attribute.
    const std::string value_text = attr_text(value);
    if (value_text == "[]") continue;
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, value_text);
  }
  return text.empty() ? "" : fmt::format(" <{}>", text);
}

template <typename T>
std::string list_text(const std::vector<T>& values) {
  std::string text;
  for (const T& value : values) {
    if (!text.empty()) text += ", ";
    if constexpr (std::is_same_v<T, float>) {
      text += float_text(value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      text += '"' + value + '"';
    } else {
      text += std::to_string(value);
    }
  }
  return "[" + text + "]";
}

std::string Printer::attr_text(const AttrValue& value) {
  return std::visit(
      [&](const auto& held) -> std::string {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::int64_t>) {
          return std::to_string(held);
        } else if constexpr (std::is_same_v<T, float>) {
          return float_text(held);
        } else if constexpr (std::is_same_v<T, std::string>) {
          return '"' + held + '"';
        } else if constexpr (std::is_same_v<T, Tensor>) {
          return fmt::format("{} {{{}}}", type_text(held.type()), elements_text(held));
        } else if constexpr (std::is_same_v<T, SubGraph>) {
          return sub_graph_text(*held);
        } else {
          return list_text(held);
        }
      },
      value);
}

std::string Printer::sub_graph_text(const Graph& graph) {
  std::string inputs;
  for (const Value* input : graph.inputs()) {
    inputs += (inputs.empty() ? "" : ", ") + declaration(*input);
  }
  const std::string outer_indent = indent_;
  indent_ += "  ";
  std::string text =
      fmt::format("\n{}{} ({}){}", indent_, identifier(graph.name()), inputs, body(graph));
  indent_ = outer_indent;
  return text;
}

std::string bindings_text(const std::vector<TrainingStage::Binding>& bindings,
                          const TrainingStage& stage, const Graph& model,
                          const ValueNames& stage_names, const ValueNames& model_names) {
  std::string text;
  for (const TrainingStage::Binding& binding : bindings) {
    const Value* own = find_value(*stage.algorithm, binding.initializer);
    const Value* other = find_value(model, binding.initializer);
    text += fmt::format("# store {} in {}\n", identifier(binding.output),
                        own != nullptr     ? stage_names.of(*own)
                        : other != nullptr ? model_names.of(*other)
                                           : identifier(binding.initializer));
  }
  return text;
}

std::string stage_text(const TrainingStage& stage, const Graph& model,
                       const ValueNames& model_names) {
  const ValueNames names(stage, model, model_names);
  std::string text = "\n## algorithm\n" +
                     bindings_text(stage.update_bindings, stage, model, names, model_names) +
                     Printer(names).print_main(*stage.algorithm, stage.captured);
  if (!stage.initialization->outputs().empty()) {
    text += "\n## initialization\n" +
            bindings_text(stage.initialization_bindings, stage, model, names, model_names) +
            print(*stage.initialization);
  }
  return text;
}

}  // namespace

std::string print(const Graph& graph) {
  return Printer(ValueNames(graph, identifier)).print_main(graph);
}

std::string print(const Model& model) {
  const ValueNames names(*model.graph, identifier);
  std::string text = Printer(names).print_main(*model.graph);
  for (const TrainingStage& stage : model.training) {
    text += stage_text(stage, *model.graph, names);
  }
  return text;
}

}  // namespace gatefold
