#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "language/projects/project.h"
#include "session/arrays/files.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/gradients/gradient_flow.h"
#include "tools/output.h"
#include "tools/table.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::vector<std::filesystem::path> models;
  LossProblemOptions problem;
  std::filesystem::path svg;
  bool json = false;
};

/// A direction of a layer, and what tables call it.
struct Line {
  std::string name;
  const LayerFlow* layer;
};

/// Steps that the table shows at most.
constexpr std::size_t kShownSteps = 16;
/// Factors per step outside of [1 / kSteep, kSteep] are remarked on.
constexpr double kSteep = 1.3;

std::string direction(const LayerFlow& line) { return line.is_reverse ? "reverse" : "forward"; }

std::string remark(const LayerFlow& line) {
  const double factor = line.factor_per_step;
  if (factor < 1 / kSteep) return "vanishing";
  return factor > kSteep ? "exploding" : "";
}

/// The smallest and the largest of the norms of steps that count; 0 for none.
std::pair<double, double> range_of(std::vector<double> norms) {
  std::erase(norms, 0.0);
  if (norms.empty()) return {0, 0};
  const auto [low, high] = std::minmax_element(norms.begin(), norms.end());
  return {*low, *high};
}

/// All layers, named by their number, or by their model where there are several.
std::vector<Line> lines_of(const std::vector<GradientFlow>& flows) {
  std::vector<Line> lines;
  for (const GradientFlow& flow : flows) {
    for (std::size_t i = 0; i < flow.layers.size(); ++i) {
      const bool is_only = flows.size() > 1 && flow.layers.size() == 1;
      lines.push_back({fmt::format("{}{}", flows.size() == 1 ? "layer" : flow.model,
                                   is_only ? "" : fmt::format(" {}", i + 1)),
                       &flow.layers[i]});
    }
  }
  return lines;
}

void print_layers(const std::vector<Line>& lines) {
  constexpr auto kRight = Table::Align::kRight;
  Table table({{""},
               {"weights"},
               {"direction"},
               {"steps", kRight},
               {"smallest", kRight},
               {"largest", kRight},
               {"per step", kRight},
               {""}});
  for (const auto& [name, layer] : lines) {
    const auto [low, high] = range_of(layer->norms);
    table.add_row({name, layer->op + " " + layer->layer, direction(*layer),
                   fmt::format("{}", layer->norms.size()), fmt::format("{:.3g}", low),
                   fmt::format("{:.3g}", high), fmt::format("{:.3f}", layer->factor_per_step),
                   remark(*layer)});
  }
  print("{}", table.to_string());
}

/// The norms of every layer at steps that are spread over the longest.
void print_steps(const std::vector<Line>& lines) {
  std::size_t steps = 0;
  std::vector<Table::Column> columns{{"step", Table::Align::kRight}};
  for (const Line& line : lines) {
    steps = std::max(steps, line.layer->norms.size());
    columns.push_back({line.name, Table::Align::kRight});
  }
  Table table(std::move(columns));
  const std::size_t shown = std::min(steps, kShownSteps);
  for (std::size_t row = 0; row < shown; ++row) {
    const std::size_t step = shown < 2 ? 0 : row * (steps - 1) / (shown - 1);
    std::vector<std::string> cells{fmt::format("{}", step)};
    for (const Line& line : lines) {
      const std::vector<double>& norms = line.layer->norms;
      cells.push_back(step < norms.size() ? fmt::format("{:.3g}", norms[step]) : "");
    }
    table.add_row(std::move(cells));
  }
  print("{}", table.to_string());
}

void print_parameters(const GradientFlow& flow) {
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"parameter"}, {"gradient", kRight}, {"/ weights", kRight}});
  for (const ParameterFlow& parameter : flow.parameters) {
    table.add_row({parameter.name, fmt::format("{:.3g}", parameter.norm),
                   fmt::format("{:.3g}", parameter.relative_norm)});
  }
  print("{}", table.to_string());
}

GradientFlow measure(const Options& options, const std::filesystem::path& model) {
  LossProblemOptions problem = options.problem;
  problem.model = model;
  if (problem.data.empty() && !Project::is_project(model)) {
    fail("--data is required: arrays named like the inputs of '{}', and targets", model.string());
  }
  return measure_gradient_flow(model.string(), read_loss_problem(problem), problem.threads);
}

int run(const Options& options) {
  std::vector<GradientFlow> flows;
  for (const std::filesystem::path& model : options.models) {
    flows.push_back(measure(options, model));
  }
  if (!options.svg.empty()) write_file(options.svg, to_svg(flows));
  if (options.json) {
    print("{}", to_json(flows));
    return kSuccess;
  }
  const std::vector<Line> lines = lines_of(flows);
  for (const GradientFlow& flow : flows) {
    print("{}loss {:.6g}\n", flows.size() == 1 ? "" : flow.model + ": ", flow.loss);
  }
  if (lines.empty()) {
    print("\nthere is no LSTM, GRU or RNN layer\n");
  } else {
    print("\n");
    print_layers(lines);
    print("\nnorm of the gradient by h\n");
    print_steps(lines);
  }
  for (const GradientFlow& flow : flows) {
    print("\n{}", flows.size() == 1 ? "" : flow.model + "\n");
    print_parameters(flow);
  }
  return kSuccess;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  parser
      .add_option("MODEL", options->models,
                  "ONNX models (.onnx or .onnxtxt), or folders of projects, which bring their loss "
                  "and data; several are shown side by side")
      .required();
  add_loss_problem_options(parser, options->problem);
  parser
      .add_option("--step", options->problem.data_step,
                  "Use this entry of arrays that have a leading axis of steps")
      .show_default();
  parser.add_option("--svg", options->svg, "Plot the norms over the steps into this SVG file")
      .type_name("FILE.svg");
  parser.add_flag("--json", options->json, "Print one JSON object instead of text");
  return [options] { return run(*options); };
}

}  // namespace

const Command kGradflowCommand{
    .name = "gradflow",
    .summary = "Show how gradients vanish or explode over time",
    .example =
        "gatefold gradflow model.onnx --data data.npz --spec spec.json --svg flow.svg\n"
        "  gatefold gradflow rnn gru lstm --svg flow.svg\n\n"
        "For each direction of a recurrent layer the command shows the norm of dH, the gradient\n"
        "of the loss by the hidden state, after each time step, and the factor by which the\n"
        "gradient changes per step: the geometric mean of |G[t]| / |G[t']| over all sequences and\n"
        "steps, where t is the step computed before t', and G is dH without what the loss adds at\n"
        "steps other than the one where the sequence's gradient begins. Norms are computed for\n"
        "each sequence, and their geometric mean is shown. A step counts if it is within the\n"
        "sequence's length and the loss depends on it; sequences are aligned at the steps where\n"
        "their gradients begin. For each parameter the command shows the norm of its gradient,\n"
        "and that norm divided by the norm of the parameter.",
    .declare = declare,
};

}  // namespace gatefold::tools
