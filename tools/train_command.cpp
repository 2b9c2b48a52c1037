#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "frontend/onnx_writer.h"
#include "frontend/tensor_places.h"
#include "ir/error.h"
#include "language/projects/project.h"
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

/// A file whose weights are trained, and the file that holds them afterwards.
struct TrainedFile {
  fs::path source;
  fs::path output;
  TensorPlaces places;
};

/// Says before the first step what is trained, and makes sure that it can be written.
class PlanProgress : public Progress {
 public:
  PlanProgress(const TrainOptions& options, std::span<const TrainedFile> files,
               std::vector<ChosenTensor> tensors)
      : Progress(options.log, options.run.resume),
        is_dry_(options.run.dry),
        files_(files),
        tensors_(std::move(tensors)) {}

  void begin(const std::vector<std::string>& weights) override {
    Progress::begin(weights);
    if (files_.size() == 1) require_writable(files_.front().places, weights);
    keep_trained(tensors_, weights);
    print("{}{}", describe_choice(tensors_), is_dry_ ? list_choice(tensors_) : "");
    flush_output();
  }

 private:
  bool is_dry_;
  std::span<const TrainedFile> files_;
  std::vector<ChosenTensor> tensors_;
};

/// Writes the weights that a file holds into its output.
void write_trained(const TrainedFile& file, std::map<std::string, Tensor> weights,
                   const std::map<std::string, std::string>& metadata) {
  std::erase_if(weights,
                [&](const auto& weight) { return !file.places.numbers.contains(weight.first); });
  write_model_with_weights(file.source, file.places, weights, file.output, metadata);
  print("wrote {}\n", file.output.string());
}

/// Trains a graph as the options say, and writes the weights into the files that they came from.
int run_plan(TrainOptions& options, std::shared_ptr<Graph> graph,
             std::span<const TrainedFile> files) {
  TrainingPlan plan = make_plan(options);
  const std::vector<ChosenTensor> tensors = choose_tensors(*graph, options.wishes, plan.step);
  PlanProgress progress(options, files, tensors);
  options.run.record = !options.report.empty();
  if (options.run.record) check_writable(options.report);
  const RunResult result = train(std::move(graph), plan, options.run, progress);
  if (options.run.dry) return kSuccess;
  if (options.run.record) {
    write_npz(options.report, {result.record.begin(), result.record.end()});
  }
  for (const TrainedFile& file : files) {
    write_trained(
        file, result.weights,
        files.size() == 1 ? metadata_of(plan.carried) : std::map<std::string, std::string>());
  }
  return kSuccess;
}

void require_files(const TrainOptions& options) {
  if (!fs::exists(options.model)) fail("{}: there is no such file", options.model.string());
  if (options.run.dry) return;
  if (options.run.data.empty())
    fail("--data is required: arrays named like the inputs, and targets");
  if (options.output.empty()) fail("--output is required: where to write the trained model");
}

/// Trains the model of a project; its files stand in for the options that are not given.
int run_project(TrainOptions& options) {
  const Project project(options.model);
  take_project(project, options);
  std::vector<TrainedFile> files;
  for (const std::string& name : project.config().models) {
    TrainedFile& file =
        files.emplace_back(TrainedFile{project.file(name), project.trained_file(name), {}});
    read_model(file.source, file.places);
    check_writable(file.output);
  }
  return run_plan(options, project.training_graph(feed_of(options)), files);
}

int run_model(TrainOptions& options) {
  require_files(options);
  std::vector<TrainedFile> files{{options.model, options.output, {}}};
  Model model = read_model(options.model, files.front().places);
  bind_dims(*model.graph, parse_dim_sizes(options.dims));
  if (!options.teacher_forcing.empty()) {
    fail("--teacher-forcing is for projects: a file does not say which model is the decoder");
  }
  for (const char* option : {"--window", "--negatives"}) {
    if (options.given->contains(option)) fail("{} is for projects of skipgram and cbow", option);
  }
  if (options.is_corpus) options.run.make_source = source_maker<Corpus>();
  if (!options.output.empty()) {
    check_writable(options.output);
    check_text_holds(options.model, options.output);
  }
  if (!model.training.empty() && options.loss.empty() && options.spec.empty()) {
    return run_stages(options, model, files.front().places);
  }
  return run_plan(options, std::move(model.graph), files);
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
