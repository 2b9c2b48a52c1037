#include <algorithm>
#include <memory>
#include <optional>

#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
#include "ir/error.h"
#include "ir/number_text.h"
#include "ir/print.h"
#include "language/pictures/graph_drawing.h"
#include "passes/training/model_parts.h"
#include "passes/training/training_stages.h"
#include "session/arrays/files.h"
#include "session/carried_states.h"
#include "session/compiled_model.h"
#include "session/training/training_plan.h"
#include "tools/binding_options.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/graph_dot.h"
#include "tools/input_values.h"
#include "tools/inputs.h"
#include "tools/model_summary.h"
#include "tools/output.h"
#include "tools/pass_options.h"
#include "tools/table.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::filesystem::path model;
  std::filesystem::path output;
  std::string emit = "onnx";
  std::string pipeline = std::string(kInferencePipeline);
  std::string passes;
  std::vector<std::string> dims;
  std::vector<std::string> values;
  std::vector<std::string> states;
  std::filesystem::path training;
  std::optional<std::filesystem::path> picture;
  PassFlags flags;
};

std::string recurrent_layers(const ModelSummary& summary) {
  return fmt::format("{}", summary.recurrent_layers.size());
}

std::string macs(const ModelSummary& summary) {
  return summary.macs.open_extent.empty()
             ? format_count(summary.macs.macs)
             : fmt::format("open until {} is given", summary.macs.open_extent);
}

std::int64_t node_count(const ModelSummary& summary) {
  std::int64_t count = 0;
  for (const auto& [op, number] : summary.op_counts) count += number;
  return count;
}

void print_comparison(const ModelSummary& before, const ModelSummary& after) {
  Table table({{""}, {"before", Table::Align::kRight}, {"after", Table::Align::kRight}});
  table.add_row({"nodes", format_count(node_count(before)), format_count(node_count(after))});
  table.add_row({"recurrent layers", recurrent_layers(before), recurrent_layers(after)});
  table.add_row({"parameters", format_count(before.parameters.elements),
                 format_count(after.parameters.elements)});
  table.add_row({"multiply-adds", macs(before), macs(after)});
  print("{}", table.to_string());
}

/// Text or a drawing under a name that promises a model in protobuf could not be read again.
void check_file_name(const Options& options) {
  if (options.emit == "onnx" || options.output.extension() != ".onnx") return;
  fail("--emit {} would write '{}', which by its name is a model in protobuf; name it otherwise",
       options.emit, options.output.string());
}

void emit(const Model& model, const Options& options) {
  if (options.emit == "onnx") {
    write_model(model, options.output);
  } else if (options.emit == "text") {
    write_file(options.output, print(model));
  } else {
    write_file(options.output, graph_dot(*model.graph));
  }
}

/// Draws a graph before and after compiling.
void write_picture(const std::filesystem::path& path, const Graph& before, const Graph& after) {
  if (!is_drawable(before) || !is_drawable(after)) {
    fail(
        "a drawing of {} nodes before compiling and {} after it could not be read; --emit dot "
        "writes a graph for Graphviz",
        before.node_count(), after.node_count());
  }
  const TitledGraph graphs[] = {{&before, "Before compiling"}, {&after, "After compiling"}};
  write_file(path, draw_graphs(graphs));
}

bool has_constant_rate(const TrainingPlan& plan) {
  const double base = *with_defaults(plan.step.optimizer).learning_rate;
  const auto is_base = [&](double rate) { return rate == base; };
  const std::vector<double>& rates = plan.schedule.first_rates;
  return plan.schedule.type == "constant" && std::all_of(rates.begin(), rates.end(), is_base);
}

/// The schedule as a part of each step, which knows how many there were but nothing of epochs.
ScheduleSpec schedule_of_steps(const TrainingPlan& plan) {
  ScheduleSpec schedule = plan.schedule;
  if (schedule.total_steps == 0) schedule.total_steps = plan.steps / plan.step.accumulate;
  if (schedule.type == "reduce_on_plateau") {
    fail("schedule 'reduce_on_plateau' looks at epochs, of which a model's file knows nothing");
  }
  if (schedule.type.ends_with("cosine") && schedule.total_steps == 0) {
    fail("schedule '{}' must be told its end in a model's file; give total_steps", schedule.type);
  }
  return schedule;
}

/// Writes the model as it is, with a stage that does what the plan says.
int write_with_training(Model& model, const Options& options) {
  TrainingPlan plan = read_training_plan(options.training);
  if (plan.step.loss.type.empty()) fail("'{}' names no loss", options.training.string());
  if (!has_constant_rate(plan)) plan.step.schedule = schedule_of_steps(plan);
  std::vector<std::string>& trainable = plan.step.trainable;
  if (trainable.empty()) trainable = default_trainable(*model.graph, {plan.step.loss.output});
  make_parameters(*model.graph, trainable);  // Steps store into initializers of the graph.
  TrainingOutputs outputs;
  for (const CarriedState& state : plan.carried) outputs.model.push_back(state.output);
  TrainingStep step = build_training_step(*model.graph, plan.step, outputs);
  carry_in_states(step, plan.carried);
  model.training = {make_stage(step, *model.graph)};
  emit(model, options);
  print("training step: {} nodes, {} states, {} inputs of its own\n",
        format_count(static_cast<std::int64_t>(model.training[0].algorithm->node_count())),
        model.training[0].update_bindings.size(),
        model.training[0].algorithm->inputs().size() - model.training[0].captured);
  return kSuccess;
}

/// Makes the options' values constants, and names the states: those of the options if there are
/// any, else those that the file names and whose inputs remain.
void bind_and_name_states(Model& model, const Options& options) {
  Graph& graph = *model.graph;
  std::vector<CarriedState> states;
  if (options.states.empty()) states = stated_states(model);
  for (const std::string& state : options.states) states.push_back(parse_carried_state(state));
  bind_inputs(graph, {}, parse_input_values(options.values));
  if (options.states.empty()) drop_lost_states(states, graph);
  check_states(graph, states);
  model.metadata.erase(std::string(kStatesKey));
  model.metadata.merge(metadata_of(states));
}

int run(const Options& options) {
  check_file_name(options);
  Model model = read_model(options.model);
  bind_dims(*model.graph, parse_dim_sizes(options.dims));
  const ModelSummary before = summarize(*model.graph);
  const std::shared_ptr<const Graph> drawn = options.picture ? model.graph->clone() : nullptr;
  bind_and_name_states(model, options);
  if (!options.training.empty()) return write_with_training(model, options);
  PassFlags flags = options.flags;
  flags.pipeline.training = options.pipeline == kTrainingPipeline;
  const std::string passes = !options.passes.empty()      ? options.passes
                             : options.pipeline == "none" ? ""
                                                          : options.pipeline;
  if (!passes.empty() && !model.training.empty()) {
    print("the compiled model is for running: what its file says of training is left out\n");
    model.training.clear();
  }
  run_passes_shown(*model.graph, passes, flags);
  if (options.passes.empty()) model.metadata[std::string(kCompiledKey)] = options.pipeline;
  if (options.picture) write_picture(*options.picture, *drawn, *model.graph);
  emit(model, options);
  print_comparison(before, summarize(*model.graph));
  return kSuccess;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  add_model_option(parser, options->model).required();
  parser.add_option("-o,--output", options->output, "Write the result to this file")
      .type_name("FILE")
      .required();
  parser
      .add_option("--emit", options->emit,
                  "Write onnx (as text if the file is named .onnxtxt), text for reading, or dot "
                  "for Graphviz")
      .one_of({"onnx", "text", "dot"})
      .show_default();
  parser
      .add_option("--pipeline", options->pipeline,
                  "Run the passes for inference or for training, or none")
      .one_of({"inference", "training", "none"})
      .show_default();
  parser
      .add_option("--passes", options->passes,
                  "Run these passes, separated by commas, instead of a pipeline")
      .type_name("LIST");
  add_dim_option(parser, options->dims);
  add_value_option(parser, options->values);
  parser
      .add_option("--state", options->states,
                  "Write into the file that sessions carry this output into this input; may be "
                  "repeated, and replaces the states that the model's file names")
      .type_name("OUTPUT=INPUT")
      .repeatable();
  parser
      .add_option(
          "--train", options->training,
          "Add the training step that this file describes, and leave the model itself as it is")
      .type_name("SPEC.json")
      .excludes({"--pipeline", "--passes", "--value"});
  parser
      .add_option("--svg", options->picture,
                  "Draw the graphs before and after compiling, side by side, into this file")
      .type_name("FILE.svg")
      .excludes({"--train"});
  add_pass_flags(parser, options->flags);
  return [options] { return run(*options); };
}

}  // namespace

const Command kCompileCommand{
    .name = "compile",
    .summary = "Fuse and simplify a model and write the result",
    .example = "gatefold compile model.onnx -o compiled.onnx --dim batch=1",
    .declare = declare,
};

}  // namespace gatefold::tools
