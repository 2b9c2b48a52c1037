#include "language/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <vector>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/number_text.h"
#include "language/pictures/page.h"
#include "language/pictures/training_log.h"
#include "language/report/sections.h"
#include "session/arrays/files.h"
#include "session/arrays/npz.h"

namespace gatefold {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using Arrays = std::map<std::string, Tensor>;

std::string name_of(const fs::path& folder) {
  const fs::path path = fs::absolute(folder).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

/// What is inside a JSON document, each with the path to it: "optimizer.lr" 0.001.
Page::Facts facts_of(const ordered_json& document) {
  Page::Facts facts;
  const ordered_json flat = document.flatten();
  for (const auto& [path, value] : flat.items()) {
    std::string name = path.substr(std::min<std::size_t>(1, path.size()));
    std::replace(name.begin(), name.end(), '/', '.');
    facts.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return facts;
}

ordered_json read_json(const fs::path& path) {
  try {
    return ordered_json::parse(read_file(path));
  } catch (const ordered_json::exception& error) {
    fail("'{}' is not JSON: {}", path.string(), error.what());
  }
}

Arrays arrays_of(const Project& project, std::string_view name) {
  const fs::path path = project.file(name);
  return exists(path) ? read_npz(path) : Arrays();
}

/// How many examples there are or, where the data are one text, tokens.
std::string count_examples(const Arrays& arrays) {
  const auto target = arrays.find("target");
  const auto found = target != arrays.end() ? target : arrays.find("tokens");
  if (found == arrays.end() || found->second.rank() == 0) return "none";
  return format_count(found->second.dims()[0]);
}

std::optional<TrainingLog> read_log(const fs::path& path) {
  if (!exists(path) || fs::file_size(path) == 0) return std::nullopt;
  return read_training_logs(std::vector{path}).front();
}

/// Composes the page of a project section by section.
class ProjectReport {
 public:
  explicit ProjectReport(const Project& project)
      : project_(project),
        folder_(project.folder().string()),
        training_(arrays_of(project, kTrainingDataFile)),
        held_back_(arrays_of(project, kValidationDataFile)),
        log_(read_log(project.file(kLogFile))),
        page_(name_of(project.folder()), fmt::format("{}: {}", project.config().template_name,
                                                     project.config().model_template().summary)) {}

  std::string compose() {
    add_figures();
    add_data();
    add_models();
    add_training();
    add_result();
    add_speech();
    return page_.to_string();
  }

 private:
  void add_figures() {
    const DataSizes& sizes = project_.config().sizes;
    Page::Facts facts;
    if (has_models()) facts.emplace_back("parameters", format_count(parameters()));
    if (sizes.tokens > 0) facts.emplace_back("tokens", format_count(sizes.tokens));
    if (sizes.targets > 0) {
      const bool is_translating = project_.task() == Task::kTranslation;
      facts.emplace_back(is_translating ? "target tokens" : "labels", format_count(sizes.targets));
    }
    facts.emplace_back(is_text() ? "training tokens" : "training examples",
                       count_examples(training_));
    facts.emplace_back("held back", count_examples(held_back_));
    if (log_) facts.emplace_back("epochs", format_count(std::ssize(log_->epochs)));
    page_.figures(facts);
    page_.section("How it is made");
    page_.heading(std::string(kConfigFile));
    page_.list(facts_of(read_json(project_.file(kConfigFile)).value("options", ordered_json())));
    if (!exists(project_.file(kTrainingFile))) return;
    page_.heading(std::string(kTrainingFile));
    page_.list(facts_of(read_json(project_.file(kTrainingFile))));
  }

  void add_data() {
    page_.section("Data");
    if (training_.empty()) return advise_to_prepare("There are no data yet. They are made by");
    PageTable table{{{"array"}, {"for training"}, {"held back"}}};
    for (const auto& [name, array] : training_) {
      const auto other = held_back_.find(name);
      table.rows.push_back({name, to_string(array.type()),
                            other == held_back_.end() ? "–" : to_string(other->second.type())});
    }
    page_.table(table);
  }

  void add_models() {
    page_.section("Graphs");
    if (!has_models()) return advise_to_prepare("There is no model yet. It is made by");
    std::vector<fs::path> files;
    for (const std::string& name : project_.config().models) {
      files.push_back(project_.newest_file(name));
    }
    add_graphs(page_, files);
  }

  void add_training() {
    page_.section("Training");
    if (!log_) return page_.advice("Nothing is trained yet. Training begins with", train_command());
    add_curves(page_, *log_);
  }

  void add_result() {
    page_.section("What it has learned");
    if (!project_.is_trained()) {
      return page_.advice("There is no trained model yet. It is made by", train_command());
    }
    if (training_.empty())
      return advise_to_prepare("There are no data to judge by. They are made by");
    add_abilities(page_, project_);
  }

  void add_speech() {
    const bool can_speak =
        project_.task() == Task::kLanguageModel || project_.task() == Task::kTranslation;
    const bool has_spoken = log_ && has_samples(*log_);
    if (!can_speak && !has_spoken) return;
    page_.section("What it said while it learned");
    if (has_spoken) return add_samples(page_, *log_);
    page_.advice("What the model says after each epoch stands here after",
                 train_command() + " --sample TEXT");
  }

  void advise_to_prepare(std::string_view text) {
    page_.advice(text, fmt::format("gatefold prepare {} --text FILE", folder_));
  }

  std::string train_command() const { return "gatefold train " + folder_; }
  bool has_models() const { return !project_.config().models.empty(); }
  /// Whether the data are one text.
  bool is_text() const { return !training_.contains("target") && training_.contains("tokens"); }

  std::int64_t parameters() const {
    std::int64_t numbers = 0;
    for (const std::string& name : project_.config().models) {
      numbers += count_parameters(*project_.read_newest(name).graph);
    }
    return numbers;
  }

  const Project& project_;
  std::string folder_;
  Arrays training_;
  Arrays held_back_;
  std::optional<TrainingLog> log_;
  Page page_;
};

PageTable port_table(const Graph& graph) {
  PageTable table{{{""}, {"name"}, {"type"}}};
  for (const Value* input : graph.inputs()) {
    table.rows.push_back({"input", input->name(), to_string(input->type())});
  }
  for (const Graph::Output& output : graph.outputs()) {
    table.rows.push_back({"output", output.name, to_string(output.value->type())});
  }
  return table;
}

}  // namespace

std::string report_page(const Project& project) { return ProjectReport(project).compose(); }

std::string report_page(const fs::path& model, const fs::path& log) {
  const Model read = read_model(model);
  Page page(model.filename().string(),
            fmt::format("opset {}{}", read.opset,
                        read.producer.empty() ? "" : fmt::format(", made by {}", read.producer)));
  page.figures({{"parameters", format_count(count_parameters(*read.graph))}});
  page.table(port_table(*read.graph));
  page.section("Graph");
  add_graphs(page, std::span(&model, 1));
  page.section("Training");
  if (log.empty()) {
    page.advice("Give a log of training to see the loss over the steps:",
                fmt::format("gatefold report {} --log LOG.jsonl -o PAGE.html", model.string()));
    return page.to_string();
  }
  const TrainingLog training = read_training_logs(std::vector{log}).front();
  add_curves(page, training);
  if (has_samples(training)) {
    page.section("What it said while it learned");
    add_samples(page, training);
  }
  return page.to_string();
}

}  // namespace gatefold
