#include "tools/training/train_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "ir/error.h"
#include "ir/number_text.h"
#include "session/carried_states.h"
#include "tools/binding_options.h"
#include "tools/command_line.h"
#include "tools/kernels_option.h"
#include "tools/precision_option.h"

namespace gatefold::tools {
namespace {

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

/// The number that stands behind the sign of an option NAME=NUMBER.
template <typename T>
T parse_number(std::string_view option, const std::string& given, const std::string& number,
               std::string_view kind) {
  const auto value = number_from_text<T>(number);
  if (!value) fail("{} {}: '{}' is not {}", option, given, number, kind);
  return *value;
}

/// Options that say which tensors are trained; what is given later counts over what is earlier.
void add_wishes(OptionParser& parser, TrainOptions& options) {
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

void add_what_to_train(OptionParser& parser, TrainOptions& options) {
  parser
      .add_option(
          "MODEL", options.model,
          "ONNX model to train, or the folder of a project; training starts from its weights")
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

std::vector<std::string> words(const std::vector<std::string_view>& names) {
  return {names.begin(), names.end()};
}

void add_how_to_train(OptionParser& parser, TrainOptions& options) {
  parser.add_option("--loss", options.loss, "Minimize this loss").one_of(words(loss_names()));
  parser.add_option("--loss-output", options.loss_output,
                    "Compute the loss of this output; by default of the first one");
  parser.add_option("--optimizer", options.optimizer, "Update weights by this optimizer")
      .one_of(words(optimizer_names()));
  parser.add_option("--lr", options.learning_rate, "Learning rate");
  parser.add_option("--momentum", options.momentum, "Momentum for sgd and rmsprop");
  parser.add_option("--weight-decay", options.weight_decay,
                    "Weight decay, which pulls the weights towards zero");
  parser.add_option("--schedule", options.schedule, "Change the learning rate by this schedule")
      .one_of(words(schedule_names()));
  parser
      .add_option("--milestones", options.milestones,
                  "Epochs after which the rate of the multistep schedule changes")
      .comma_separated();
  parser
      .add_option("--rates", options.rates,
                  "Learning rates of the multistep schedule, one more than milestones; by default "
                  "each milestone multiplies the rate by 0.1")
      .comma_separated();
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
  add_padding_option(parser, options.padding);
  parser
      .add_option("--dropout", options.dropout,
                  "Drop elements of the values whose names match with probability P")
      .type_name("GLOB=P")
      .repeatable();
  parser
      .add_option("--state", options.states,
                  "Carry an output of each step into an input of the next one")
      .type_name("OUTPUT=INPUT")
      .repeatable();
}

void add_batches(OptionParser& parser, TrainOptions& options) {
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
  parser
      .add_option("--window", options.word_pairs.window,
                  "For word vectors: tokens on either side that count as neighbours")
      .positive()
      .show_default();
  parser
      .add_option("--negatives", options.word_pairs.negatives,
                  "For word vectors: tokens drawn at random for each pair of neighbours")
      .positive()
      .show_default();
  parser
      .add_option("--teacher-forcing", options.teacher_forcing,
                  "For seq2seq: the share of target tokens that the decoder is given instead of "
                  "its own choices, at the beginning and at the end of the run")
      .type_name("FROM:TO");
  parser.add_flag(
      "--shuffle", run.batches.shuffle,
      "Shuffle the examples before each epoch; projects always do without --no-shuffle");
  parser
      .add_flag("--bucket", run.batches.bucket,
                "Shuffle, put examples of like length into a batch, and cut its padding")
      .excludes({"--bptt", "--corpus"});
  parser
      .add_flag("--no-shuffle", options.keeps_order,
                "Take the examples in the order in which the data have them")
      .excludes({"--shuffle", "--bucket"});
  parser.add_option("--seed", options.seed, "Seed for shuffling and dropout").show_default();
}

void add_run(OptionParser& parser, TrainOptions& options) {
  RunOptions& run = options.run;
  parser.add_option("--metric", run.metrics, "Also report these metrics: accuracy, perplexity")
      .comma_separated();
  parser
      .add_option("--checkpoint", run.checkpoint,
                  "Save the run in this folder after each epoch; a project saves it in its own "
                  "folder, at the end and every half minute or so")
      .type_name("DIR");
  parser
      .add_option("--save-every", run.save_every, "Save the run after every so many steps instead")
      .positive();
  parser
      .add_option(
          "--early-stopping", run.early_stopping,
          "Stop after this many epochs without a better loss (that of --valid if it is given)")
      .positive();
  parser
      .add_option(
          "--keep", [&run](const std::string& which) { run.keep_best = which == "best"; },
          "Write the weights of the last step or of the epoch with the best loss; by default the "
          "last, but for a project with held-back data the best")
      .one_of({"last", "best"});
  parser.add_flag("--resume", run.resume,
                  "Continue the run that is saved in the --checkpoint folder, or in that of a "
                  "project");
  parser.add_option("--log", options.log, "Write a line of JSON for each step and each epoch")
      .type_name("FILE.jsonl");
  parser
      .add_option("--sample", options.samples,
                  "For projects: after each epoch show and log how a language model continues this "
                  "text, or how it is translated")
      .type_name("TEXT")
      .repeatable();
  parser
      .add_option("--report", options.report,
                  "Write losses, gradients and weights of the run, as a training test expects them")
      .type_name("FILE.npz")
      .excludes({"--checkpoint", "--resume"});
  parser.add_option("--threads", run.threads, "Use this many threads for each step")
      .positive()
      .show_default();
  add_precision_option(parser, run.products);
  add_kernels_option(parser, run.kernels);
}

}  // namespace

TrainingPlan make_plan(const TrainOptions& options) {
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
  if (!options.milestones.empty()) {
    plan.schedule.milestones.clear();
    plan.schedule.milestone_epochs = options.milestones;
  }
  if (!options.rates.empty()) plan.schedule.rates = options.rates;
  if (options.learning_rate || !options.schedule.empty()) plan.schedule.first_rates.clear();
  step.seed = static_cast<std::int64_t>(options.seed);
  set_if_given(step.optimizer.learning_rate, options.learning_rate);
  for (const std::string& state : options.states) {
    plan.carried.push_back(parse_carried_state(state));
  }
  for (const auto& [table, row] : parse_padding(options.padding)) step.padding[table] = row;
  for (const std::string& option : options.dropout) {
    const auto [pattern, p] = split_pair(option, "GLOB=P");
    step.dropout.push_back(
        {pattern, parse_number<double>("--dropout", option, p, "a probability")});
  }
  if (step.loss.type.empty())
    fail("no loss is given, and the model's file describes no training; use --loss or --spec");
  return plan;
}

void add_padding_option(OptionParser& parser, std::vector<std::string>& padding) {
  parser
      .add_option("--padding", padding,
                  "Give this row of a table no gradient, as PyTorch's padding_idx does")
      .type_name("NAME=INDEX")
      .repeatable();
}

PaddingRows parse_padding(const std::vector<std::string>& options) {
  PaddingRows padding;
  for (const std::string& option : options) {
    const auto [table, row] = split_pair(option, "NAME=INDEX");
    padding[table] = parse_number<std::int64_t>("--padding", option, row, "the number of a row");
  }
  return padding;
}

std::map<std::string, std::int64_t> parse_axes(const std::vector<std::string>& options) {
  std::map<std::string, std::int64_t> axes;
  for (const std::string& option : options) {
    const auto [name, axis] = split_pair(option, "NAME=AXIS");
    axes[name] = parse_number<std::int64_t>("--batch-axis", option, axis, "the number of an axis");
  }
  return axes;
}

void add_train_options(OptionParser& parser, TrainOptions& options) {
  options.given = parser.given();
  add_what_to_train(parser, options);
  add_how_to_train(parser, options);
  add_batches(parser, options);
  add_run(parser, options);
}

}  // namespace gatefold::tools
