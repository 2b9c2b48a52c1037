#include "tools/gradients/loss_problem.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/random.h"
#include "language/projects/project.h"
#include "passes/training/loss_gradients.h"
#include "passes/training/model_parts.h"
#include "session/arrays/npz.h"
#include "session/carried_states.h"
#include "session/port.h"
#include "session/training/training_plan.h"
#include "tools/binding_options.h"
#include "tools/command_line.h"
#include "tools/input_values.h"
#include "tools/inputs.h"

namespace gatefold::tools {
namespace {

using Arrays = std::map<std::string, Tensor>;

/// The array as it is where its rank is that of the type, or one entry along a leading axis.
Tensor entry_for(const Type& type, const std::string& name, const Tensor& array,
                 std::int64_t step) {
  const std::int64_t rank = type.has_rank() ? type.rank() : array.rank();
  Tensor entry = array;
  if (array.rank() == rank + 1) {
    const std::int64_t steps = array.dims().front();
    if (step < 0 || step >= steps) fail("array '{}' has no step {}, only {}", name, step, steps);
    entry = entry_of(array, step);
  } else if (array.rank() != rank) {
    fail("array '{}' is {} but must be {}, or have an axis of steps before", name,
         to_string(array.type()), to_string(type));
  }
  return entry.dtype() == type.dtype ? entry : entry.converted(type.dtype);
}

/// Sizes that arrays give to the named extents of the inputs they are for.
DimSizes sizes_in(const Graph& model, const Arrays& arrays) {
  DimSizes sizes;
  for (const Value* input : model.inputs()) {
    const auto array = arrays.find(input->name());
    if (array == arrays.end() || !input->type().has_rank()) continue;
    // There may be an axis of steps in front.
    std::span<const std::int64_t> extents = array->second.dims();
    if (static_cast<std::int64_t>(extents.size()) == input->type().rank() + 1)
      extents = extents.subspan(1);
    note_sizes(input->type(), extents, sizes);
  }
  return sizes;
}

bool is_float_tensor(const Type& type) { return type.is_tensor() && is_float(type.dtype); }

/// The type with 1 for every extent that is not known.
Type with_open_extents_1(Type type) {
  for (Dim& dim : *type.shape) {
    if (!dim.is_known()) dim = 1;
  }
  return type;
}

/// Lets the files of a project stand in for the options that are not given.
void take_project(const Project& project, LossProblemOptions& options) {
  const Task task = project.task();
  if (task != Task::kRegression && task != Task::kClassification && task != Task::kTagging) {
    fail(
        "the batches of '{}', a project of the template '{}', are made while it is trained; name "
        "a model and --data",
        project.folder().string(), project.config().template_name);
  }
  options.model = project.newest_file(kModelFile);
  if (options.spec.empty()) options.spec = project.file(kTrainingFile);
  if (options.data.empty() && exists(project.file(kTrainingDataFile))) {
    options.data = project.file(kTrainingDataFile);
  }
}

/// Collects the numbers of a problem.
class ProblemReader {
 public:
  explicit ProblemReader(LossProblemOptions options) : options_(std::move(options)) {
    if (Project::is_project(options_.model)) take_project(Project(options_.model), options_);
    model_ = read_model(options_.model);
    if (!options_.spec.empty()) plan_ = read_training_plan(options_.spec);
    if (!options_.data.empty()) arrays_ = read_npz(options_.data);
    Graph& graph = *model_.graph;
    bind_inputs(graph, parse_dim_sizes(options_.dims), parse_input_values(options_.values));
    bind_dims(graph, sizes_in(graph, arrays_));
  }

  LossProblem read() {
    const Graph& model = *model_.graph;
    LossQuestion question{.parameters = plan_.step.trainable};
    if (options_.differentiate_inputs) question.inputs = float_inputs(model);
    if (!options_.loss.empty()) plan_.step.loss.type = options_.loss;
    if (!options_.loss.empty() || !options_.spec.empty()) question.loss = plan_.step.loss;
    if (question.parameters.empty()) question.parameters = trained_parameters(question);
    problem_.loss = build_loss(model, question);
    problem_.gradients = build_loss_gradients(model, question);
    for (const Value* input : model.inputs()) problem_.data.emplace_back(model_data(*input));
    add_loss_data(question);
    add_variables(question);
    return std::move(problem_);
  }

 private:
  std::vector<std::string> trained_parameters(const LossQuestion& question) const {
    if (!question.loss) return default_trainable(*model_.graph);
    return default_trainable(*model_.graph, {question.loss->output});
  }

  Tensor model_data(const Value& input) const {
    const auto array = arrays_.find(input.name());
    if (array != arrays_.end()) {
      return entry_for(input.type(), input.name(), array->second, options_.data_step);
    }
    const auto is_input = [&](const CarriedState& state) { return state.input == input.name(); };
    const bool is_carried = std::any_of(plan_.carried.begin(), plan_.carried.end(), is_input);
    if (!options_.make_up_data && !is_carried) {
      const std::vector<CarriedState> proposed =
          propose_states(inputs_of(*model_.graph), outputs_of(*model_.graph));
      const auto state = std::find_if(proposed.begin(), proposed.end(), is_input);
      fail("'{}' has no array '{}', which the model needs{}", options_.data.string(), input.name(),
           state == proposed.end()
               ? ""
               : fmt::format("; for a state that starts at zero give a --spec with {{\"carried\": "
                             "[{{\"input\": \"{}\", \"output\": \"{}\"}}]}}",
                             state->input, state->output));
    }
    const Datum drawn = random_input(input, problem_.data.size(), options_.seed);
    const auto& tensor = std::get<Tensor>(drawn);
    return options_.make_up_data ? tensor : Tensor(tensor.dtype(), tensor.dims());
  }

  /// The extents of what the loss takes depend on those of the model's outputs.
  void add_loss_data(const LossQuestion& question) {
    const auto executable =
        std::make_shared<Executable>(model_.graph, CompileOptions{.threads = options_.threads});
    Context context(executable);
    const std::span<const Datum> outputs = context.run(problem_.data);
    const Graph& model = *model_.graph;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto* output = std::get_if<Tensor>(&outputs[i]);
      if (!question.loss) {
        if (output != nullptr && is_float(output->dtype())) add_weights(*output);
      } else if (model.outputs()[i].name == judged_output(*question.loss)) {
        if (output == nullptr)
          fail("loss '{}': the judged output is no tensor", question.loss->type);
        add_answers(*question.loss, output->type());
      }
    }
  }

  std::string judged_output(const LossSpec& loss) const {
    return loss.output.empty() ? model_.graph->outputs().front().name : loss.output;
  }

  void add_weights(const Tensor& output) {
    problem_.data.emplace_back(draw({output.dtype(), output.dims()}, -0.5, 1));
  }

  void add_answers(const LossSpec& loss, const Type& output) {
    for (const LossInput& input : loss_inputs(loss, output)) {
      const auto array = arrays_.find(input.name);
      if (array != arrays_.end()) {
        problem_.data.emplace_back(
            entry_for(input.type, input.name, array->second, options_.data_step));
      } else if (options_.make_up_data) {
        const bool is_number = is_float(input.type.dtype);
        problem_.data.emplace_back(draw(with_open_extents_1(input.type),
                                        static_cast<double>(input.first),
                                        is_number ? 1 : static_cast<double>(input.end)));
      } else {
        fail("'{}' has no array '{}', which the loss needs", options_.data.string(), input.name);
      }
    }
  }

  /// Uniform in [low, high), other numbers for every input.
  Tensor draw(const Type& type, double low, double high) const {
    const RandomNumbers numbers(options_.seed + 1000 * (problem_.data.size() + 1));
    Tensor drawn(DataType::kFloat64, type.dims());
    for (std::int64_t i = 0; i < drawn.size(); ++i) {
      drawn.data<double>()[i] = low + (high - low) * numbers.uniform(static_cast<std::uint64_t>(i));
    }
    return drawn.converted(type.dtype);
  }

  void add_variables(const LossQuestion& question) {
    for (const Value* parameter : find_parameters(*model_.graph, question.parameters)) {
      problem_.variables.push_back({parameter->name(), true, problem_.data.size()});
      problem_.data.emplace_back(*parameter->data());
    }
    const auto& inputs = model_.graph->inputs();
    for (std::size_t i = 0; i < inputs.size() && options_.differentiate_inputs; ++i) {
      if (is_float_tensor(inputs[i]->type())) {
        problem_.variables.push_back({inputs[i]->name(), false, i});
      }
    }
  }

  LossProblemOptions options_;
  Model model_;
  TrainingPlan plan_;
  Arrays arrays_;
  LossProblem problem_;
};

}  // namespace

void add_loss_option(OptionParser& parser, std::string& loss) {
  parser.add_option("--loss", loss,
                    fmt::format("Use this loss: {}", fmt::join(loss_names(), ", ")));
}

std::vector<std::string> float_inputs(const Graph& graph) {
  std::vector<std::string> names;
  for (const Value* input : graph.inputs()) {
    if (is_float_tensor(input->type())) names.push_back(input->name());
  }
  return names;
}

void add_loss_problem_options(OptionParser& parser, LossProblemOptions& options) {
  parser
      .add_option("--spec", options.spec,
                  "Read the loss and the trainable parameters from a file, as train does")
      .type_name("FILE.json");
  add_loss_option(parser, options.loss);
  parser
      .add_option("--data", options.data,
                  "Read arrays, named like the inputs and the target, from a file")
      .type_name("FILE.npz");
  add_dim_option(parser, options.dims);
  add_value_option(parser, options.values);
  parser.add_option("--seed", options.seed, "Seed for all random numbers").show_default();
  parser.add_option("--threads", options.threads, "Use this many threads for the kernels")
      .show_default();
}

LossProblem read_loss_problem(const LossProblemOptions& options) {
  return ProblemReader(options).read();
}

}  // namespace gatefold::tools
