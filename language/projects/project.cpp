#include "language/projects/project.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
#include "ir/error.h"
#include "ir/op_def.h"
#include "language/projects/token_tables.h"
#include "language/text/split.h"
#include "language/text/utf8.h"
#include "session/arrays/files.h"
#include "session/carried_states.h"
#include "session/training/checkpoint.h"

namespace gatefold {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// The values that recurrent layers hand to the next one, or what these are multiplied by, as
/// add_recurrent and attend_by_sums name them.
std::vector<std::string> values_between_layers(const std::vector<NamedModel>& models,
                                               std::int64_t layers) {
  std::vector<std::string> names;
  for (const NamedModel& made : models) {
    for (const auto& node : made.model.graph->nodes()) {
      for (std::int64_t layer = 0; layer + 1 < layers; ++layer) {
        const std::string& name = node->output()->name();
        const bool is_between = name.ends_with(fmt::format(".output_l{}", layer)) ||
                                name.ends_with(fmt::format(".kept_l{}", layer));
        if (is_between) names.push_back(name);
      }
    }
  }
  return names;
}

ordered_json dropout_settings(const std::vector<NamedModel>& models,
                              const TemplateOptions& options) {
  ordered_json rules;
  for (const std::string& name : values_between_layers(models, options.layers)) {
    rules.push_back({{"pattern", name}, {"p", options.dropout}});
  }
  if (rules.empty()) {
    fail("--dropout {} has no place: it needs recurrent layers on one another; give --layers 2",
         options.dropout);
  }
  return rules;
}

/// How models of a task are trained unless their owner says otherwise.
std::string training_settings(Task task, const std::vector<NamedModel>& models,
                              const TemplateOptions& options) {
  const char* loss = task == Task::kRegression                        ? "mse"
                     : task == Task::kSkipGram || task == Task::kCbow ? "bce_with_logits"
                                                                      : "cross_entropy";
  ordered_json settings{{"loss", {{"type", loss}}},
                        {"optimizer", {{"type", "adam"}, {"lr", 0.001}}}};
  if (task == Task::kLanguageModel || task == Task::kTranslation) settings["clip_norm"] = 5.0;
  if (task == Task::kLanguageModel) {
    for (const CarriedState& state : stated_states(models.front().model)) {
      settings["carried"].push_back({{"input", state.input}, {"output", state.output}});
    }
  }
  if (options.dropout > 0) settings["dropout"] = dropout_settings(models, options);
  return settings.dump(2) + "\n";
}

/// Whether the sizes of the model depend on data.
bool needs_data(Task task) { return task != Task::kRegression; }

}  // namespace

Project::Project(fs::path folder, ProjectConfig config)
    : folder_(std::move(folder)), config_(std::move(config)) {}

Project::Project(fs::path folder) : folder_(std::move(folder)) {
  if (!is_project(folder_)) {
    fail("'{}' is no project: it has no {}; make one with: gatefold new TEMPLATE {}",
         folder_.string(), kConfigFile, folder_.string());
  }
  config_ = read_config(file(kConfigFile));
}

bool Project::is_project(const fs::path& path) {
  return fs::is_directory(path) && fs::exists(path / kConfigFile);
}

Project Project::create(const fs::path& folder, const std::string& template_name,
                        const TemplateOptions& options) {
  if (is_project(folder)) {
    fail("'{}' holds a project already; choose another folder", folder.string());
  }
  const Template& chosen = find_template(template_name);
  check_options(options);
  // Made before anything is written: the options may contradict each other.
  const DataSizes smallest{.tokens = 1, .targets = 1};
  const std::vector<NamedModel> trial = chosen.make(options, smallest);
  const std::string settings = training_settings(chosen.task, trial, options);
  make_folder(folder);
  Project project(folder, {template_name, options, {}, {}});
  FileSet files(folder);
  files.write(std::string(kTrainingFile),
              [&](const fs::path& path) { write_file(path, settings); });
  if (needs_data(chosen.task)) {
    files.write(std::string(kConfigFile),
                [&](const fs::path& path) { write_config(project.config_, path); });
  } else {
    project.make_models({}, files);
  }
  files.commit();
  return project;
}

void Project::make_models(const DataSizes& sizes, FileSet& files) {
  config_.sizes = sizes;
  config_.models.clear();
  const std::vector<NamedModel> models = config_.model_template().make(config_.options, sizes);
  for (const NamedModel& made : models) {
    files.write(made.file, [&](const fs::path& path) { write_model(made.model, path); });
    files.remove(trained_file(made.file).filename().string());
    config_.models.push_back(made.file);
  }
  files.remove(std::string(kCheckpointFile));
  if (sizes.padding >= 0) complete_settings(models, files);
  files.write(std::string(kConfigFile), [&](const fs::path& path) { write_config(config_, path); });
}

void Project::complete_settings(std::span<const NamedModel> models, FileSet& files) const {
  if (!fs::exists(file(kTrainingFile))) return;
  ordered_json settings = ordered_json::parse(read_file(file(kTrainingFile)), nullptr, false);
  // Training says what is wrong with a file that is no object.
  if (!settings.is_object() || settings.contains("padding")) return;
  for (const NamedModel& made : models) {
    for (const Value* table : find_token_tables(*made.model.graph)) {
      settings["padding"][table->name()] = config_.sizes.padding;
    }
  }
  files.write(std::string(kTrainingFile),
              [&](const fs::path& path) { write_file(path, settings.dump(2) + "\n"); });
}

fs::path Project::trained_file(std::string_view model) const {
  return file(model == kModelFile ? "best.onnx" : fmt::format("best_{}", model));
}

fs::path Project::require(std::string_view name) const {
  if (!fs::exists(file(name))) {
    fail("'{}' has no {} yet; make it of text with: gatefold prepare {} --text FILE",
         folder_.string(), name, folder_.string());
  }
  return file(name);
}

void Project::check_vocabulary(std::string_view model, const Graph& graph,
                               const fs::path& path) const {
  const bool is_decoder = model == kDecoderFile;
  const std::int64_t tokens = is_decoder ? config_.sizes.targets : config_.sizes.tokens;
  for (const Value* table : find_token_tables(graph)) {
    const std::int64_t rows = table->type().dims()[0];
    if (rows == tokens) continue;
    fail(
        "'{}' is made for {} tokens, but the vocabulary of {} has {} tokens; they do not fit: make "
        "the model anew with gatefold prepare and gatefold train",
        path.string(), rows, is_decoder ? kTargetTokenizerFile : kTokenizerFile, tokens);
  }
}

fs::path Project::newest_file(std::string_view model) const {
  fs::path trained = trained_file(model);
  return fs::exists(trained) ? trained : require(model);
}

Model Project::read_newest(std::string_view model) const {
  const fs::path path = newest_file(model);
  Model read = read_model(path);
  check_vocabulary(model, *read.graph, path);
  return read;
}

std::shared_ptr<const CompiledModel> Project::load_model(std::string_view model,
                                                         const LoadOptions& options) const {
  return load(read_newest(model), options);
}

std::vector<ProjectModel> Project::read_untrained() const {
  require(kModelFile);
  std::vector<ProjectModel> models;
  for (const std::string& name : config_.models) {
    ProjectModel& one = models.emplace_back();
    one.source = name;
    one.trained = trained_file(name).filename().string();
    one.model = read_model(require(name), one.places);
    check_vocabulary(name, *one.model.graph, file(name));
  }
  return models;
}

std::shared_ptr<Graph> Project::training_graph(std::span<const ProjectModel> models,
                                               DecoderFeed feed) const {
  if (task() != Task::kTranslation) return models.front().model.graph;
  const Model& decoder = models.back().model;
  return join_graphs(*models.front().model.graph, *decoder.graph, stated_states(decoder), feed);
}

Tokenizer Project::read_tokenizer_of(std::string_view name, std::int64_t size) const {
  Tokenizer tokenizer = read_tokenizer(require(name));
  if (tokenizer.vocabulary_size() != size) {
    fail(
        "'{}' has {} tokens, but the model was made for {}; make both of the same text with: "
        "gatefold prepare {} --text FILE",
        file(name).string(), tokenizer.vocabulary_size(), size, folder_.string());
  }
  return tokenizer;
}

Tokenizer Project::tokenizer() const {
  return read_tokenizer_of(kTokenizerFile, config_.sizes.tokens);
}

Tokenizer Project::target_tokenizer() const {
  return read_tokenizer_of(kTargetTokenizerFile, config_.sizes.targets);
}

bool Project::is_trained() const { return fs::exists(trained_file(kModelFile)); }

std::vector<std::string> Project::labels() const {
  std::vector<std::string> labels = split(read_text(require(kLabelsFile)), '\n');
  if (labels.back().empty()) labels.pop_back();
  if (std::ssize(labels) != config_.sizes.targets) {
    fail(
        "'{}' must have a line for each of the model's {} labels, but has {}; make both with: "
        "gatefold prepare {} --text FILE",
        file(kLabelsFile).string(), config_.sizes.targets, labels.size(), folder_.string());
  }
  return labels;
}

}  // namespace gatefold
