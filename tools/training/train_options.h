#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "language/corpora/negative_sampling.h"
#include "passes/training/padding_rows.h"
#include "session/training/training_run.h"
#include "tools/command_line.h"
#include "tools/training/tensor_choice.h"

namespace gatefold::tools {

/// What the command line of `train` says.
struct TrainOptions {
  std::shared_ptr<const GivenOptions> given;
  std::filesystem::path model;  ///< A model, or the folder of a project.
  std::filesystem::path output;
  std::filesystem::path spec;
  std::filesystem::path report;
  std::string loss;
  std::string loss_output;
  std::string optimizer;
  std::string schedule;
  std::vector<std::int64_t> milestones;
  std::vector<double> rates;
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
  std::vector<std::string> padding;
  std::vector<std::string> dropout;
  std::filesystem::path log;
  std::vector<std::string> batch_axes;
  std::vector<std::string> dims;
  bool is_corpus = false;
  bool keeps_order = false;
  std::string teacher_forcing;
  std::vector<std::string> samples;  ///< Texts that a project's model answers after each epoch.
  WordPairOptions word_pairs;
  RunOptions run;
};

/// Declares the options of `train`.
void add_train_options(OptionParser& parser, TrainOptions& options);

/// Returns what the spec file says, with the options that are given in place of its own.
TrainingPlan make_plan(const TrainOptions& options);

/// Declares --padding NAME=INDEX, which may be repeated.
void add_padding_option(OptionParser& parser, std::vector<std::string>& padding);

/// Parses the options --padding NAME=INDEX. Throws Error for another form.
PaddingRows parse_padding(const std::vector<std::string>& options);

/// Parses the options --batch-axis NAME=AXIS. Throws Error for another form.
std::map<std::string, std::int64_t> parse_axes(const std::vector<std::string>& options);

}  // namespace gatefold::tools
