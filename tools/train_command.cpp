#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frontend/onnx_writer.h"
#include "frontend/tensor_places.h"
#include "ir/error.h"
#include "language/projects/project.h"
#include "language/projects/project_samples.h"
#include "session/arrays/file_set.h"
#include "session/arrays/files.h"
#include "session/arrays/npz.h"
#include "session/carried_states.h"
#include "session/training/corpus.h"
#include "session/training/training_run.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/inputs.h"
#include "tools/output.h"
#include "tools/training/progress.h"
#include "tools/training/project_training.h"
#include "tools/training/tensor_choice.h"
#include "tools/training/train_options.h"

namespace gatefold::tools {
namespace {

namespace fs = std::filesystem;

/// Options that say otherwise what a model's own training says.
void refuse_beside_stages(const TrainOptions& options) {
  const std::pair<const char*, bool> given[] = {
      {"--loss-output", !options.loss_output.empty()},
      {"--optimizer", !options.optimizer.empty()},
      {"--momentum", options.momentum.has_value()},
      {"--weight-decay", options.weight_decay.has_value()},
      {"--clip-norm", options.clip_norm.has_value()},
      {"--clip-value", options.clip_value.has_value()},
      {"--accumulate", options.accumulate.has_value()},
      {"--checkpoint-every", options.checkpoint_every.has_value()},
      {"--freeze or --trainable", !options.wishes.empty()},
      {"--dry-run", options.run.dry},
      {"--state", !options.states.empty()},
      {"--padding", !options.padding.empty()},
      {"--dropout", !options.dropout.empty()},
      {"--bucket", options.run.batches.bucket},
      {"--bptt", options.run.batches.chunk > 0},
      {"--metric", !options.run.metrics.empty()},
      {"--valid", !options.run.validation.empty()},
      {"--keep best", options.run.keep_best},
      {"--report", !options.report.empty()},
  };
  for (const auto& [name, is_given] : given) {
    if (!is_given) continue;
    fail(
        "{} does not go with the training that the model's own file describes; give a --loss to "
        "train the model otherwise",
        name);
  }
}

/// Trains as the model's file says.
int run_stages(TrainOptions& options, Model& model, const TensorPlaces& places) {
  refuse_beside_stages(options);
  ScheduleSpec schedule;
  if (!options.schedule.empty()) schedule.type = options.schedule;
  Progress progress(options.log, options.run.resume);
  const auto states =
      train_by_stages(model, schedule, options.learning_rate, options.run, progress);
  write_model_with_weights(options.model, places, states, options.output);
  print("wrote {}\n", options.output.string());
  return kSuccess;
}

/// What a project adds to the progress of its run.
struct ProjectProgress {
  const ProjectSamples* samples = nullptr;  ///< Texts to make after each epoch.
  std::string note = {};                    ///< Lines to show before the first step.
};

/// Says before the first step what is trained, and makes sure that it can be written.
class PlanProgress : public Progress {
 public:
  /// All weights must have a place in one of these files.
  PlanProgress(const TrainOptions& options, std::vector<const TensorPlaces*> files,
               std::vector<ChosenTensor> tensors, ProjectProgress of_project)
      : Progress(options.log, options.run.resume, of_project.samples),
        is_dry_(options.run.dry),
        files_(std::move(files)),
        tensors_(std::move(tensors)),
        note_(std::move(of_project.note)) {}

  void begin(const std::vector<std::string>& weights) override {
    Progress::begin(weights);
    if (files_.size() == 1) require_writable(*files_.front(), weights);
    keep_trained(tensors_, weights);
    print("{}{}{}", note_, describe_choice(tensors_), is_dry_ ? list_choice(tensors_) : "");
    flush_output();
  }

 private:
  bool is_dry_;
  std::vector<const TensorPlaces*> files_;
  std::vector<ChosenTensor> tensors_;
  std::string note_;
};

/// Trains a graph, whose weights have their places in these files, as the options say.
RunResult run_plan(TrainOptions& options, std::shared_ptr<Graph> graph,
                   std::vector<const TensorPlaces*> files, ProjectProgress of_project = {}) {
  TrainingPlan plan = make_plan(options);
  const std::vector<ChosenTensor> tensors = choose_tensors(*graph, options.wishes, plan.step);
  PlanProgress progress(options, std::move(files), tensors, std::move(of_project));
  options.run.record = !options.report.empty();
  if (options.run.record) check_writable(options.report);
  RunResult result = train(std::move(graph), plan, options.run, progress);
  if (options.run.record && !options.run.dry) {
    write_npz(options.report, {result.record.begin(), result.record.end()});
  }
  return result;
}

/// Options that only the files of a project give a meaning.
void refuse_beside_files(const TrainOptions& options) {
  if (!options.teacher_forcing.empty()) {
    fail("--teacher-forcing is for projects: a file does not say which model is the decoder");
  }
  if (!options.samples.empty()) {
    fail("--sample is for projects: a file does not say what the model's numbers mean");
  }
  for (const char* option : {"--window", "--negatives"}) {
    if (options.given->contains(option)) fail("{} is for projects of skipgram and cbow", option);
  }
  for (const char* option : {"--resume", "--save-every"}) {
    if (options.given->contains(option) && options.run.checkpoint.empty()) {
      fail("{} needs --checkpoint, the folder that holds the run", option);
    }
  }
}

void require_files(const TrainOptions& options) {
  if (!fs::exists(options.model)) fail("{}: there is no such file", options.model.string());
  if (options.run.dry) return;
  if (options.run.data.empty())
    fail("--data is required: arrays named like the inputs, and targets");
  if (options.output.empty()) fail("--output is required: where to write the trained model");
}

/// Writes the weights that each model of a project holds into its trained file, all or none.
void write_trained(const Project& project, std::span<const ProjectModel> models,
                   const RunResult& result) {
  FileSet files(project.folder());
  for (const ProjectModel& one : models) {
    std::map<std::string, Tensor> weights = result.weights;
    std::erase_if(weights,
                  [&](const auto& weight) { return !one.places.numbers.contains(weight.first); });
    const auto metadata =
        models.size() == 1 ? metadata_of(result.carried) : std::map<std::string, std::string>();
    files.write(one.trained, [&](const fs::path& path) {
      write_model_with_weights(project.file(one.source), one.places, weights, path, metadata);
    });
  }
  files.commit();
  for (const ProjectModel& one : models) print("wrote {}\n", project.file(one.trained).string());
}

/// Trains the model of a project; its files stand in for the options that are not given.
int run_project(TrainOptions& options) {
  const Project project(options.model);
  take_project(project, options);
  std::vector<ProjectModel> models = project.read_untrained();
  std::vector<const TensorPlaces*> files;
  for (const ProjectModel& one : models) {
    check_writable(project.file(one.trained));
    files.push_back(&one.places);
  }
  std::optional<ProjectSamples> samples;
  if (!options.samples.empty()) samples.emplace(project, options.samples);
  std::shared_ptr<Graph> graph = project.training_graph(models, feed_of(options));
  for (ProjectModel& one : models) one.model = {};
  std::string note;
  if (!options.run.resume && !options.run.dry && project.is_trained()) {
    note = fmt::format("training starts anew from {}; to go on with the last run, give --resume\n",
                       project.file(kModelFile).string());
  }
  const RunResult result = run_plan(options, std::move(graph), std::move(files),
                                    {samples ? &*samples : nullptr, std::move(note)});
  if (!options.run.dry) write_trained(project, models, result);
  return kSuccess;
}

int run_model(TrainOptions& options) {
  require_files(options);
  TensorPlaces places;
  Model model = read_model(options.model, places);
  bind_dims(*model.graph, parse_dim_sizes(options.dims));
  refuse_beside_files(options);
  if (options.is_corpus) options.run.make_source = source_maker<Corpus>();
  if (!options.output.empty()) {
    check_writable(options.output);
    check_text_holds(options.model, options.output);
  }
  if (!model.training.empty() && options.loss.empty() && options.spec.empty()) {
    return run_stages(options, model, places);
  }
  const RunResult result = run_plan(options, std::move(model.graph), {&places});
  if (options.run.dry) return kSuccess;
  write_model_with_weights(options.model, places, result.weights, options.output,
                           metadata_of(result.carried));
  print("wrote {}\n", options.output.string());
  return kSuccess;
}

int run(TrainOptions& options) {
  options.run.batches.seed = options.seed;
  options.run.batches.batch_axes = parse_axes(options.batch_axes);
  // A folder that is no project is refused as one.
  return fs::is_directory(options.model) ? run_project(options) : run_model(options);
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<TrainOptions>();
  add_train_options(parser, *options);
  return [options] { return run(*options); };
}

}  // namespace

const Command kTrainCommand{
    .name = "train",
    .summary = "Train a model's weights and write the model with the new ones",
    .example =
        "gatefold train examples/models/char_lstm/model.onnx --data "
        "examples/models/char_lstm/text.npz --loss cross_entropy --optimizer adam -o trained.onnx",
    .declare = declare,
};

}  // namespace gatefold::tools
