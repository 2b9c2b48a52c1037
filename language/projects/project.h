#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/tensor_places.h"
#include "language/projects/joined_graph.h"
#include "language/projects/project_config.h"
#include "language/tokenizers/tokenizer.h"
#include "session/arrays/file_set.h"
#include "session/compiled_model.h"

namespace gatefold {

/// The files of a project, all in one folder. A trained model stands beside the one that training
/// begins with, under a name of its own.
inline constexpr std::string_view kModelFile = "model.onnx";
inline constexpr std::string_view kDecoderFile = "decoder.onnx";
inline constexpr std::string_view kConfigFile = "config.json";
inline constexpr std::string_view kTrainingFile = "training.json";  ///< As for `train --spec`.
inline constexpr std::string_view kTokenizerFile = "tokenizer.json";
inline constexpr std::string_view kTargetTokenizerFile = "target_tokenizer.json";
inline constexpr std::string_view kLabelsFile = "labels.txt";
inline constexpr std::string_view kTrainingDataFile = "train.npz";
inline constexpr std::string_view kValidationDataFile = "valid.npz";
inline constexpr std::string_view kLogFile = "log.jsonl";

/// A file from which training begins, and the one in the same folder to which it leads.
struct ProjectModel {
  std::string source;
  std::string trained;
  Model model;
  TensorPlaces places;
};

/// A folder that holds a model, its data and what came of them.
class Project {
 public:
  /// Opens a project. Throws Error as read_config does, and for a folder that is no project.
  explicit Project(std::filesystem::path folder);
  /// Makes a project: a new folder with the configuration, how to train, and the models where no
  /// data decide about their sizes. Throws Error for a folder that holds a project already
  /// and for options that the template cannot follow.
  static Project create(const std::filesystem::path& folder, const std::string& template_name,
                        const TemplateOptions& options);
  /// Returns whether the path is a folder with a configuration.
  static bool is_project(const std::filesystem::path& path);

  const std::filesystem::path& folder() const { return folder_; }
  const ProjectConfig& config() const { return config_; }
  Task task() const { return config_.model_template().task; }
  std::filesystem::path file(std::string_view name) const { return folder_ / name; }

  /// Makes the models for data of these sizes, and writes them and the configuration into `files`,
  /// a set of this folder. Models that were trained before, and the run that did so, are removed,
  /// for they no longer fit. How to train is completed by what the sizes decide, the rows of
  /// padding, unless it says something of them.
  void make_models(const DataSizes& sizes, FileSet& files);

  /// Returns the file to which training writes a model: best.onnx, best_decoder.onnx.
  std::filesystem::path trained_file(std::string_view model) const;
  /// Returns the trained file of a model if there is one, else the file of the model itself. Throws
  /// Error when there is neither, saying what makes them.
  std::filesystem::path newest_file(std::string_view model) const;
  /// Reads the newest file of a model. Throws Error as newest_file does, and for a model that looks
  /// up another number of tokens than the project has.
  Model read_newest(std::string_view model) const;
  /// Loads what read_newest reads.
  std::shared_ptr<const CompiledModel> load_model(std::string_view model,
                                                  const LoadOptions& options = {}) const;
  /// Reads the models that training begins with. Throws Error as read_newest does.
  std::vector<ProjectModel> read_untrained() const;
  /// Returns the graph that training takes: the model, or encoder and decoder as one, which is fed
  /// as `feed` says. Throws Error as join_graphs does.
  std::shared_ptr<Graph> training_graph(std::span<const ProjectModel> models,
                                        DecoderFeed feed = DecoderFeed::kTargets) const;

  /// Returns whether training has written a model.
  bool is_trained() const;

  /// The tokenizer of what the model reads. Throws Error when it has another number of tokens than
  /// the model was made for.
  Tokenizer tokenizer() const;
  /// The same of what the model produces, where that is another tokenizer.
  Tokenizer target_tokenizer() const;
  /// The labels in the order of the model's outputs. Throws Error when there are more or fewer of
  /// them than the model was made for.
  std::vector<std::string> labels() const;

 private:
  Project(std::filesystem::path folder, ProjectConfig config);

  std::filesystem::path require(std::string_view name) const;
  Tokenizer read_tokenizer_of(std::string_view name, std::int64_t size) const;
  void complete_settings(std::span<const NamedModel> models, FileSet& files) const;
  void check_vocabulary(std::string_view model, const Graph& graph,
                        const std::filesystem::path& path) const;

  std::filesystem::path folder_;
  ProjectConfig config_;
};

}  // namespace gatefold
