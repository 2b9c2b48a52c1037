#include "tools/model_summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "ir/op_def.h"

namespace gatefold::tools {
namespace {

constexpr std::array<std::string_view, 3> kRecurrentOps{"LSTM", "GRU", "RNN"};

std::string extent(const Value* value, std::size_t axis) {
  if (value == nullptr || !value->type().has_rank() || axis >= value->type().shape->size()) {
    return "?";
  }
  const std::string text = to_string(Shape{(*value->type().shape)[axis]});
  return text.substr(1, text.size() - 2);
}

std::string format_attr(const AttrValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *number);
  if (const auto* number = std::get_if<float>(&value)) return fmt::format("{}", *number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* numbers = std::get_if<std::vector<float>>(&value)) {
    return fmt::format("{}", fmt::join(*numbers, ","));
  }
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    return fmt::format("{}", fmt::join(*texts, ","));
  }
  return "...";
}

/// Attributes away from their defaults and optional inputs that are given, such as
/// "clip=3 B initial_h".
std::string options_of(const Node& node) {
  std::string options;
  for (const auto& [name, value] : node.attrs()) {
    if (name == "direction" || name == "hidden_size") continue;
    const AttrDef* attr = node.op().find_attr(name);
    const std::string text = format_attr(value);
    const bool is_default = attr != nullptr && attr->default_value.has_value() &&
                            format_attr(*attr->default_value) == text;
    if (!is_default) options += fmt::format("{}={} ", name, text);
  }
  const std::vector<Port>& ports = node.op().inputs;
  for (std::size_t i = 3; i < ports.size(); ++i) {
    if (node.input(i) != nullptr) options += fmt::format("{} ", ports[i].name);
  }
  if (!options.empty()) options.pop_back();
  return options;
}

RecurrentLayer recurrent_layer(const Node& node) {
  const bool batch_first = node.has_attr("layout") && node.attr_int("layout") == 1;
  return {
      .op = std::string(node.op().name),
      .name = node.name().empty() ? node.describe() : node.name(),
      .direction = node.attr_string("direction"),
      .input_size = extent(node.input(1), 2),
      .hidden_size = extent(node.input(2), 2),
      .time = extent(node.input(0), batch_first ? 1 : 0),
      .batch = extent(node.input(0), batch_first ? 0 : 1),
      .options = options_of(node),
  };
}

void add_graph(const Graph& graph, ModelSummary& summary) {
  for (const auto& value : graph.initializers()) {
    DataAmount& amount =
        value->kind() == Value::Kind::kParameter ? summary.parameters : summary.constants;
    ++amount.tensors;
    amount.elements += value->data()->size();
    amount.bytes += static_cast<std::int64_t>(value->data()->bytes());
  }
  for (const auto& node : graph.nodes()) {
    const OpDef& op = node->op();
    ++summary.op_counts[std::string(op.domain) + (op.domain.empty() ? "" : ".") +
                        std::string(op.name)];
    if (op.domain == kOnnxDomain &&
        std::find(kRecurrentOps.begin(), kRecurrentOps.end(), op.name) != kRecurrentOps.end()) {
      summary.recurrent_layers.push_back(recurrent_layer(*node));
    }
    for (const Graph* body : node->sub_graphs()) add_graph(*body, summary);
  }
}

}  // namespace

ModelSummary summarize(const Graph& graph) {
  ModelSummary summary;
  add_graph(graph, summary);
  summary.macs = count_macs(graph);
  return summary;
}

}  // namespace gatefold::tools
