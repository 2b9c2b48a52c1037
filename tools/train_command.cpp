#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "frontend/onnx_writer.h"
#include "frontend/tensor_places.h"
#include "ir/error.h"
#include "session/arrays/files.h"
#include "session/arrays/npz.h"
#include "session/carried_states.h"
#include "session/training/corpus.h"
#include "session/training/training_run.h"
#include "tools/binding_options.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/inputs.h"
#include "tools/output.h"
#include "tools/precision_option.h"
#include "tools/training/progress.h"
#include "tools/training/tensor_choice.h"

namespace gatefold::tools {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path model;
  fs::path output;
  fs::path spec;
  fs::path report;
  std::string loss;
  std::string loss_output;
  std::string optimizer;
  std::string schedule;
  std::optional<double> learning_rate;
  std::optional<double> momentum;
  std::optional<double> weight_decay;
  std::optional<double> clip_norm;
  std::optional<double> clip_value;
  std::optional<std::int64_t> accumulate;
  std::optional<std::int64_t> checkpoint_every;
  std::uint64_t seed = 0;
  std::vector<TensorWish> wishes;
  std::vector<std::string> states;
  fs::path log;
  std::vector<std::string> batch_axes;
  std::vector<std::string> dims;
  bool is_corpus = false;
  RunOptions run;
};

/// The two sides of "A=B".
std::pair<std::string, std::string> split_pair(const std::string& option, const char* form) {
  const std::size_t sign = option.find('=');
  if (sign == 0 || sign == std::string::npos || sign + 1 == option.size()) {
    fail("'{}' does not have the form {}", option, form);
  }
  return {option.substr(0, sign), option.substr(sign + 1)};
}

template <typename T, typename Option>
void set_if_given(T& target, const Option& option) {
  if (option) target = *option;
}

void set_if_given(std::string& target, const std::string& option) {
  if (!option.empty()) target = option;
}

/// What the spec file says, with the options that are given in place of its own.
TrainingPlan make_plan(const Options& options) {
  TrainingPlan plan;
  if (!options.spec.empty()) plan = read_training_plan(options.spec);
  TrainingSpec& step = plan.step;
  set_if_given(step.loss.type, options.loss);
  set_if_given(step.loss.output, options.loss_output);
  set_if_given(step.optimizer.type, options.optimizer);
  set_if_given(step.optimizer.momentum, options.momentum);
  set_if_given(step.optimizer.weight_decay, options.weight_decay);
  set_if_given(step.clip_norm, options.clip_norm);
  set_if_given(step.clip_value, options.clip_value);
  set_if_given(step.accumulate, options.accumulate);
  set_if_given(step.checkpoint_every, options.checkpoint_every);
  set_if_given(plan.schedule.type, options.schedule);
  if (options.learning_rate || !options.schedule.empty()) plan.schedule.first_rates.clear();
  step.seed = static_cast<std::int64_t>(options.seed);
  set_if_given(step.optimizer.learning_rate, options.learning_rate);
  for (const std::string& state : options.states) {
    plan.carried.push_back(parse_carried_state(state));
  }
  if (step.loss.type.empty())
    fail("no loss is given, and the model's file describes no training; use --loss or --spec");
  return plan;
}

std::map<std::string, std::int64_t> parse_axes(const std::vector<std::string>& options) {
  std::map<std::string, std::int64_t> axes;
  for (const std::string& option : options) {
    const auto [name, axis] = split_pair(option, "NAME=AXIS");
    const char* end = axis.data() + axis.size();
    const auto [rest, code] = std::from_chars(axis.data(), end, axes[name]);
    if (code != std::errc() || rest != end) {
      fail("--batch-axis {}: '{}' is not the number of an axis", option, axis);
    }
  }
  return axes;
}

/// Options that say otherwise what a model's own training says.
void refuse_beside_stages(const Options& options) {
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
int run_stages(Options& options, Model& model, const TensorPlaces& places) {
  refuse_beside_stages(options);
  ScheduleSpec schedule;
  set_if_given(schedule.type, options.schedule);
  Progress progress(options.log, options.run.resume);
  const auto states =
      train_by_stages(model, schedule, options.learning_rate, options.run, progress);
  write_model_with_weights(options.model, places, states, options.output);
  print("wrote {}\n", options.output.string());
  return kSuccess;
}

/// Says before the first step what is trained, and makes sure that it can be written.
class PlanProgress : public Progress {
 public:
  PlanProgress(const Options& options, const TensorPlaces& places,
               std::vector<ChosenTensor> tensors)
      : Progress(options.log, options.run.resume),
        is_dry_(options.run.dry),
        places_(places),
        tensors_(std::move(tensors)) {}

  void begin(const std::vector<std::string>& weights) override {
    Progress::begin(weights);
    require_writable(places_, weights);
    keep_trained(tensors_, weights);
    print("{}{}", describe_choice(tensors_), is_dry_ ? list_choice(tensors_) : "");
    flush_output();
  }

 private:
  bool is_dry_;
  const TensorPlaces& places_;
  std::vector<ChosenTensor> tensors_;
};

/// Trains as the options say.
int run_plan(Options& options, Model& model, const TensorPlaces& places) {
  TrainingPlan plan = make_plan(options);
  const std::vector<ChosenTensor> tensors = choose_tensors(*model.graph, options.wishes, plan.step);
  PlanProgress progress(options, places, tensors);
  options.run.record = !options.report.empty();
  if (options.run.record) check_writable(options.report);
  const auto metadata = metadata_of(plan.carried);
  const RunResult result = train(std::move(model.graph), plan, options.run, progress);
  if (options.run.dry) return kSuccess;
  if (options.run.record) {
    write_npz(options.report, {result.record.begin(), result.record.end()});
  }
  write_model_with_weights(options.model, places, result.weights, options.output, metadata);
  print("wrote {}\n", options.output.string());
  return kSuccess;
}

void require_files(const Options& options) {
  if (options.run.dry) return;
  if (options.run.data.empty())
    fail("--data is required: arrays named like the inputs, and targets");
  if (options.output.empty()) fail("--output is required: where to write the trained model");
}

int run(Options& options) {
  require_files(options);
  TensorPlaces places;
  Model model = read_model(options.model, places);
  bind_dims(*model.graph, parse_dim_sizes(options.dims));
  options.run.batches.seed = options.seed;
  if (options.is_corpus) options.run.make_source = source_maker<Corpus>();
  options.run.batches.batch_axes = parse_axes(options.batch_axes);
  if (!options.output.empty()) {
    check_writable(options.output);
    check_text_holds(options.model, options.output);
  }
  if (!model.training.empty() && options.loss.empty() && options.spec.empty()) {
    return run_stages(options, model, places);
  }
  return run_plan(options, model, places);
}

/// Options that say which tensors are trained; what is given later counts over what is earlier.
void add_wishes(OptionParser& parser, Options& options) {
  const auto add = [&](const char* name, bool is_trained, const char* text) {
    parser
        .add_option(
            name,
            [&options, is_trained](const std::string& pattern) {
              options.wishes.push_back({pattern, is_trained});
            },
            text)
        .type_name("GLOB");
  };
  add("--trainable", true, "Also train the tensors whose names match");
  add("--freeze", false, "Do not train the tensors whose names match");
  parser.add_flag("--dry-run", options.run.dry,
                  "List what would be trained and what would not, and end");
}

void add_what_to_train(OptionParser& parser, Options& options) {
  parser.add_option("MODEL", options.model, "ONNX model to train; training starts from its weights")
      .required();
  parser.add_option("-o,--output", options.output, "Write the trained model to this file")
      .type_name("FILE");
  parser
      .add_option("--data", options.run.data.path,
                  "Read the arrays to train on, named like the inputs and the target")
      .type_name("FILE.npz");
  parser
      .add_option("--valid", options.run.validation.path,
                  "Read arrays of the same form and compute their loss after each epoch")
      .type_name("FILE.npz");
  parser
      .add_option("--spec", options.spec,
                  "Read loss, optimizer, schedule and states from a file; options override it")
      .type_name("FILE.json");
  add_wishes(parser, options);
  add_dim_option(parser, options.dims);
}

void add_how_to_train(OptionParser& parser, Options& options) {
  parser.add_option("--loss", options.loss,
                    fmt::format("Minimize this loss: {}", fmt::join(loss_names(), ", ")));
  parser.add_option("--loss-output", options.loss_output,
                    "Compute the loss of this output; by default of the first one");
  parser.add_option(
      "--optimizer", options.optimizer,
      fmt::format("Update weights by this optimizer: {}", fmt::join(optimizer_names(), ", ")));
  parser.add_option("--lr", options.learning_rate, "Learning rate");
  parser.add_option("--momentum", options.momentum, "Momentum for sgd and rmsprop");
  parser.add_option("--weight-decay", options.weight_decay,
                    "Weight decay, which pulls the weights towards zero");
  parser.add_option("--schedule", options.schedule,
                    fmt::format("Change the learning rate by this schedule: {}",
                                fmt::join(schedule_names(), ", ")));
  parser.add_option("--clip-norm", options.clip_norm, "Limit the norm of all gradients together")
      .positive();
  parser
      .add_option("--clip-value", options.clip_value,
                  "Limit the size of each element of the gradients")
      .positive();
  parser
      .add_option("--accumulate", options.accumulate,
                  "Make one update of the mean gradient of this many steps")
      .positive();
  parser
      .add_option("--checkpoint-every", options.checkpoint_every,
                  "Save memory: recompute recurrent layers in the backward step, this many time "
                  "steps at a time")
      .positive();
  parser
      .add_option("--state", options.states,
                  "Carry an output of each step into an input of the next one")
      .type_name("OUTPUT=INPUT")
      .repeatable();
}

void add_batches(OptionParser& parser, Options& options) {
  RunOptions& run = options.run;
  parser.add_option("--epochs", run.epochs, "Train for this many passes over the data").positive();
  parser.add_option("--steps", run.steps, "Train for this many steps instead of epochs")
      .positive()
      .excludes({"--epochs"});
  parser.add_option("--batch-size", run.batches.batch_size, "Use this many examples in each step")
      .positive();
  parser
      .add_option("--batch-axis", options.batch_axes,
                  "Count the examples of an array along this axis instead of axis 0")
      .type_name("NAME=AXIS")
      .repeatable();
  parser
      .add_option("--bptt", run.batches.chunk,
                  "Cut sequences into chunks of this many time steps; see --state")
      .positive();
  parser
      .add_flag("--corpus", options.is_corpus,
                "Read each array as one long text: cut it into --batch-size lanes, and the lanes "
                "into chunks of --bptt; without targets, predict what follows")
      .excludes({"--batch-axis"});
  parser.add_flag("--shuffle", run.batches.shuffle, "Shuffle the examples before each epoch");
  parser.add_option("--seed", options.seed, "Seed for shuffling and dropout").show_default();
}

void add_run(OptionParser& parser, Options& options) {
  RunOptions& run = options.run;
  parser.add_option("--metric", run.metrics, "Also report these metrics: accuracy, perplexity")
      .comma_separated();
  parser.add_option("--checkpoint", run.checkpoint, "Save the run in this folder after each epoch")
      .type_name("DIR");
  parser
      .add_option("--save-every", run.save_every, "Save the run after every so many steps instead")
      .positive()
      .needs("--checkpoint");
  parser
      .add_option(
          "--early-stopping", run.early_stopping,
          "Stop after this many epochs without a better loss (that of --valid if it is given)")
      .positive();
  parser
      .add_option(
          "--keep", [&run](const std::string& which) { run.keep_best = which == "best"; },
          "Write the weights of the last step or of the epoch with the best loss; last by default")
      .one_of({"last", "best"});
  parser
      .add_flag("--resume", run.resume, "Continue the run that is saved in the --checkpoint folder")
      .needs("--checkpoint");
  parser.add_option("--log", options.log, "Write a line of JSON for each step and each epoch")
      .type_name("FILE.jsonl");
  parser
      .add_option("--report", options.report,
                  "Write losses, gradients and weights of the run, as a training test expects them")
      .type_name("FILE.npz")
      .excludes({"--checkpoint"});
  parser.add_option("--threads", run.threads, "Use this many threads for each step")
      .positive()
      .show_default();
  add_precision_option(parser, run.products);
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  add_what_to_train(parser, *options);
  add_how_to_train(parser, *options);
  add_batches(parser, *options);
  add_run(parser, *options);
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
