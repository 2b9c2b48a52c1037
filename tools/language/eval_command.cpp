#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ir/error.h"
#include "ir/number_text.h"
#include "language/pictures/shaded_grid.h"
#include "language/projects/evaluation.h"
#include "session/arrays/files.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/language/untrained.h"
#include "tools/output.h"
#include "tools/table.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::shared_ptr<const GivenOptions> given;
  std::vector<std::filesystem::path> folders;
  std::vector<std::string> data;
  EvaluationOptions evaluation;
  std::filesystem::path confusion;
};

/// With more labels the confusion matrix is not printed.
constexpr std::size_t kMostShownLabels = 20;

void print_metrics(const Evaluation& evaluation, std::string_view unit) {
  print("{}: {} {}\n", evaluation.source, format_count(evaluation.examples), unit);
  for (const auto& [name, value] : evaluation.metrics) print("{:<12}{:.4f}\n", name, value);
}

/// A row for each label, with the counts of the labels that were found in the same order.
void print_confusion(const Evaluation& evaluation) {
  const Confusion& confusion = *evaluation.confusion;
  std::vector<Table::Column> columns{{"", Table::Align::kRight}, {"label"}};
  for (std::size_t i = 0; i < evaluation.labels.size(); ++i) {
    columns.push_back({fmt::format("{}", i + 1), Table::Align::kRight});
  }
  Table table(std::move(columns));
  for (std::size_t row = 0; row < evaluation.labels.size(); ++row) {
    std::vector<std::string> cells{fmt::format("{}", row + 1), evaluation.labels[row]};
    for (std::size_t column = 0; column < evaluation.labels.size(); ++column) {
      cells.push_back(fmt::format("{}", confusion.count(row, column)));
    }
    table.add_row(std::move(cells));
  }
  print("\nexamples of each label, by the number of the label that the model finds\n{}",
        table.to_string());
}

/// A row for each project. A metric that another one lacks has an empty cell there.
void print_side_by_side(const std::vector<std::filesystem::path>& folders,
                        const std::vector<Evaluation>& evaluations) {
  constexpr auto kRight = Table::Align::kRight;
  std::vector<std::string> names;
  for (const Evaluation& evaluation : evaluations) {
    for (const auto& [name, value] : evaluation.metrics) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  std::vector<Table::Column> columns{{"project"}, {"examples", kRight}};
  for (const std::string& name : names) columns.push_back({name, kRight});
  columns.push_back({"of"});
  Table table(std::move(columns));
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const Evaluation& evaluation = evaluations[i];
    const std::map<std::string, double> values(evaluation.metrics.begin(),
                                               evaluation.metrics.end());
    std::vector<std::string> cells{folders[i].string(), format_count(evaluation.examples)};
    for (const std::string& name : names) {
      cells.push_back(values.contains(name) ? fmt::format("{:.4f}", values.at(name)) : "");
    }
    cells.push_back(evaluation.source);
    table.add_row(std::move(cells));
  }
  print("{}", table.to_string());
}

int compare(const Options& options) {
  if (!options.confusion.empty()) fail("--confusion draws one project; name no others");
  std::vector<Evaluation> evaluations;
  for (const std::filesystem::path& folder : options.folders) {
    const Project project(folder);
    evaluations.push_back(evaluate(project, options.evaluation));
    note_if_untrained(project);
  }
  print_side_by_side(options.folders, evaluations);
  return kSuccess;
}

int judge_one(const Options& options) {
  const Project project(options.folders.front());
  const bool has_labels =
      project.task() == Task::kClassification || project.task() == Task::kTagging;
  if (!has_labels && !options.confusion.empty()) {
    fail("--confusion needs a model that finds labels, but '{}' is a project of the template '{}'",
         project.folder().string(), project.config().template_name);
  }
  if (project.task() != Task::kTranslation && options.given->contains("--beam-size")) {
    fail("--beam-size does not go with a project of the template '{}', which does not translate",
         project.config().template_name);
  }
  const Evaluation evaluation = evaluate(project, options.evaluation);
  note_if_untrained(project);
  print_metrics(evaluation, unit_of_examples(project.task()));
  if (!evaluation.confusion) return kSuccess;
  if (evaluation.labels.size() <= kMostShownLabels) print_confusion(evaluation);
  if (!options.confusion.empty()) {
    write_file(options.confusion,
               draw_confusion(evaluation.labels, evaluation.confusion->counts()));
    print("wrote {}\n", options.confusion.string());
  }
  return kSuccess;
}

int run(Options& options) {
  for (const std::string& text : options.data) {
    options.evaluation.texts.push_back(parse_text_source(text));
  }
  return options.folders.size() == 1 ? judge_one(options) : compare(options);
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  options->given = parser.given();
  EvaluationOptions& evaluation = options->evaluation;
  parser
      .add_option("DIR", options->folders,
                  "Folder of the project; several are shown side by side, a row for each")
      .required();
  parser
      .add_option("--data", options->data,
                  "Judge by texts of these files, of the form that prepare takes; by default by "
                  "the data that prepare has held back, or by those of training if there are none")
      .type_name("FILE[:COLUMN,...]");
  parser
      .add_option("--metric", evaluation.metrics,
                  "Show these numbers only: loss, accuracy, f1 (the mean over the labels), "
                  "perplexity, bleu, exact (the share of texts whose translation is one of those "
                  "that the data give for it), as "
                  "far as the template has them")
      .type_name("NAME,...")
      .comma_separated();
  parser
      .add_option("--confusion", options->confusion,
                  "Draw which labels the model finds for which into this file")
      .type_name("FILE.svg");
  parser
      .add_option("--beam-size", evaluation.beam.size,
                  "Follow this many translations at a time; 1: greedy")
      .positive()
      .show_default();
  return [options] { return run(*options); };
}

}  // namespace

const Command kEvalCommand{
    .name = "eval",
    .summary = "Judge a trained model on texts that it has not seen",
    .example =
        "gatefold eval names --metric accuracy,f1 --confusion confusion.svg\n"
        "  gatefold eval fra-eng --data test.tsv:French,English --beam-size 5\n"
        "  gatefold eval rnn gru lstm\n\n"
        "A language model reads the texts as one, with the states carried from each to the next.\n"
        "BLEU is that of the corpus, from 0 to 100, without smoothing, on the project's tokens; "
        "all\n"
        "translations that the data give for a text are its references.",
    .declare = declare,
};

}  // namespace gatefold::tools
