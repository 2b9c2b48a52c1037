#include <algorithm>
#include <memory>
#include <optional>

#include "frontend/onnx_reader.h"
#include "ir/number_text.h"
#include "ir/print.h"
#include "session/arrays/files.h"
#include "session/carried_states.h"
#include "session/port.h"
#include "tools/binding_options.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/graph_dot.h"
#include "tools/inputs.h"
#include "tools/model_json.h"
#include "tools/model_summary.h"
#include "tools/output.h"
#include "tools/table.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::filesystem::path model;
  std::vector<std::string> dims;
  std::optional<std::filesystem::path> dot;
  bool json = false;
  bool text = false;
};

void print_header(const Model& model) {
  print("{}: opset {}, IR version {}{}\n", model.path, model.opset, model.ir_version,
        model.producer.empty() ? "" : ", made by " + model.producer);
  Table ports({{""}, {"name"}, {"type"}});
  for (const Value* input : model.graph->inputs()) {
    ports.add_row({"input", input->name(), to_string(input->type())});
  }
  for (const Graph::Output& output : model.graph->outputs()) {
    ports.add_row({"output", output.name, to_string(output.value->type())});
  }
  print("\n{}", ports.to_string());
}

void print_states(const StatePairs& pairs) {
  if (!pairs.stated.empty()) print("\nstates that the file names:");
  for (const CarriedState& state : pairs.stated) print(" {}", to_string(state));
  if (!pairs.proposed.empty()) print("\npairs that look like states (OUTPUT=INPUT):");
  for (const CarriedState& state : pairs.proposed) print(" {}", to_string(state));
  if (!pairs.stated.empty() || !pairs.proposed.empty()) print("\n");
}

void print_contradictions(const std::vector<ShapeContradiction>& contradictions) {
  Table table({{"stated shape is wrong"}, {"stated"}, {"derived, and used"}});
  for (const ShapeContradiction& found : contradictions) {
    table.add_row({found.value, to_string(found.stated), to_string(found.derived)});
  }
  if (!table.empty()) print("\n{}", table.to_string());
}

void print_amounts(const ModelSummary& summary) {
  const auto line = [](std::string_view what, const DataAmount& amount) {
    print("{}: {} numbers in {} tensors, {}\n", what, format_count(amount.elements), amount.tensors,
          format_bytes(static_cast<std::uint64_t>(amount.bytes)));
  };
  print("\n");
  line("parameters", summary.parameters);
  line("constants", summary.constants);
  if (summary.macs.open_extent.empty()) {
    print("multiply-accumulates: {}\n", format_count(summary.macs.macs));
  } else {
    print("multiply-accumulates: open, they depend on {}; named extents get a size with --dim\n",
          summary.macs.open_extent);
  }
}

void print_training(const Model& model) {
  constexpr auto kRight = Table::Align::kRight;
  Table stages({{"training"}, {"nodes", kRight}, {"states", kRight}, {"inputs of its own"}});
  for (const TrainingStage& stage : model.training) {
    const Graph& algorithm = *stage.algorithm;
    std::string inputs;
    for (std::size_t i = stage.captured; i < algorithm.inputs().size(); ++i) {
      const Value& input = *algorithm.inputs()[i];
      inputs +=
          fmt::format("{}{} {}", inputs.empty() ? "" : ", ", to_string(input.type()), input.name());
    }
    stages.add_row({algorithm.name(),
                    format_count(static_cast<std::int64_t>(algorithm.node_count())),
                    format_count(static_cast<std::int64_t>(stage.update_bindings.size())), inputs});
  }
  if (!stages.empty()) print("\n{}", stages.to_string());
}

void print_operators(const ModelSummary& summary) {
  std::vector<std::pair<std::string, int>> counts(summary.op_counts.begin(),
                                                  summary.op_counts.end());
  std::stable_sort(counts.begin(), counts.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  Table operators({{"operator"}, {"count", Table::Align::kRight}});
  for (const auto& [op, count] : counts) operators.add_row({op, format_count(count)});
  if (!operators.empty()) print("\n{}", operators.to_string());

  constexpr auto kRight = Table::Align::kRight;
  Table layers({{"recurrent layer"},
                {"op"},
                {"direction"},
                {"I", kRight},
                {"H", kRight},
                {"T", kRight},
                {"N", kRight},
                {"options"}});
  for (const RecurrentLayer& layer : summary.recurrent_layers) {
    layers.add_row({layer.name, layer.op, layer.direction, layer.input_size, layer.hidden_size,
                    layer.time, layer.batch, layer.options});
  }
  if (!layers.empty()) print("\n{}", layers.to_string());
}

int run(const Options& options) {
  std::vector<ShapeContradiction> contradictions;
  const Model model = read_model(options.model, contradictions);
  bind_dims(*model.graph, parse_dim_sizes(options.dims));
  if (options.dot) write_file(*options.dot, graph_dot(*model.graph));
  const ModelSummary summary = summarize(*model.graph);
  if (options.text) {
    print_text(gatefold::print(model));
    return kSuccess;
  }
  if (options.json) {
    print("{}\n", model_json(model, summary, contradictions));
    return kSuccess;
  }
  print_header(model);
  print_states(find_states(model));
  print_contradictions(contradictions);
  print_amounts(summary);
  print_operators(summary);
  print_training(model);
  return kSuccess;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  add_model_option(parser, options->model).required();
  add_dim_option(parser, options->dims);
  parser.add_option("--dot", options->dot, "Also write the graph to this Graphviz file")
      .type_name("FILE");
  parser.add_flag("--json", options->json, "Print one JSON object instead of text");
  parser
      .add_flag("--text", options->text,
                "Print the imported graph as ONNX text instead of a summary")
      .excludes({"--json"});
  return [options] { return run(*options); };
}

}  // namespace

const Command kInspectCommand{
    .name = "inspect",
    .summary = "Show a model's inputs, outputs, operators, parameters and states",
    .example = "gatefold inspect model.onnx --dim batch=1 --dim time=32",
    .declare = declare,
};

}  // namespace gatefold::tools
