#include "language/projects/evaluation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "ir/error.h"
#include "language/evaluation/judgement.h"
#include "language/projects/examples.h"
#include "language/tokenizers/special_names.h"
#include "session/arrays/npz.h"

namespace gatefold {
namespace {

using NamedValues = std::map<std::string, double>;

/// A task that can be judged.
struct Judge {
  Task task;
  std::vector<std::string> metrics;
  /// Makes arrays of texts as preparation does, but by the project's tokenizers and labels.
  ExampleArrays (*read)(const Project& project, const std::vector<TextSource>& texts);
  NamedValues (*judge)(const Project& project, const ExampleArrays& examples,
                       const EvaluationOptions& options, Evaluation& evaluation);
};

ExampleArrays by_name(const NamedArrays& arrays) { return {arrays.begin(), arrays.end()}; }

LabelNumbers label_numbers(const Project& project) {
  LabelNumbers numbers;
  for (const std::string& label : project.labels()) {
    numbers.emplace(label, static_cast<std::int64_t>(numbers.size()));
  }
  return numbers;
}

ExampleArrays read_numbers(const Project& project, const std::vector<TextSource>& texts) {
  const TemplateOptions& sizes = project.config().options;
  const auto inputs = static_cast<std::size_t>(sizes.inputs);
  const std::vector<Texts> columns =
      read_columns(texts, inputs + static_cast<std::size_t>(sizes.outputs));
  std::vector<std::size_t> records(columns.front().size());
  std::iota(records.begin(), records.end(), 0);
  return by_name(number_arrays(columns, inputs, records));
}

ExampleArrays read_labelled_texts(const Project& project, const std::vector<TextSource>& texts) {
  const std::vector<Texts> columns = read_labelled(texts);
  const TokenRows rows = encode_records(project.tokenizer(), columns[0]);
  check_window(rows, project.config().window());
  return by_name(label_arrays(rows, number_labels(columns[1], label_numbers(project)),
                              project.config().sizes.padding));
}

ExampleArrays read_tagged_texts(const Project& project, const std::vector<TextSource>& texts) {
  const std::vector<Texts> columns = read_columns(texts, 2);
  const TokenRows rows = encode_records(project.tokenizer(), columns[0]);
  const TokenRows tags = number_tags(split_tags(columns[1]), rows, label_numbers(project));
  return by_name(tag_arrays(rows, tags, project.config().sizes.padding));
}

ExampleArrays read_long_texts(const Project& project, const std::vector<TextSource>& texts) {
  return by_name(text_arrays(encode_all(project.tokenizer(), read_documents(texts))));
}

ExampleArrays read_pairs(const Project& project, const std::vector<TextSource>& texts) {
  const std::vector<Texts> columns = read_columns(texts, 2);
  return by_name(translation_arrays(encode_records(project.tokenizer(), columns[0]),
                                    encode_records(project.target_tokenizer(), columns[1]),
                                    project.config().sizes.padding));
}

NamedValues judge_by_numbers(const Project& project, const ExampleArrays& examples,
                             const EvaluationOptions& /*options*/, Evaluation& evaluation) {
  const double loss = judge_numbers(project.load_model(kModelFile), examples);
  evaluation.examples = examples.at("target").dims()[0];
  return {{"loss", loss}};
}

NamedValues judge_by_labels(const Project& project, const ExampleArrays& examples,
                            const EvaluationOptions& /*options*/, Evaluation& evaluation) {
  evaluation.labels = project.labels();
  LabelJudgement judgement =
      judge_labels(project.load_model(kModelFile), examples, evaluation.labels.size());
  const Confusion& confusion = evaluation.confusion.emplace(std::move(judgement.confusion));
  evaluation.examples = confusion.total();
  return {
      {"loss", judgement.loss}, {"accuracy", confusion.accuracy()}, {"f1", confusion.macro_f1()}};
}

NamedValues judge_by_tokens(const Project& project, const ExampleArrays& examples,
                            const EvaluationOptions& /*options*/, Evaluation& evaluation) {
  const TextJudgement judgement =
      judge_text(project.load_model(kModelFile), examples, project.tokenizer().id_of(kEndToken),
                 project.config().options.window);
  evaluation.examples = judgement.tokens;
  return {{"loss", judgement.loss},
          {"perplexity", std::exp(judgement.loss)},
          {"accuracy", judgement.accuracy}};
}

NamedValues judge_by_translating(const Project& project, const ExampleArrays& examples,
                                 const EvaluationOptions& options, Evaluation& evaluation) {
  Translator translator(project.load_model(kModelFile), project.load_model(kDecoderFile),
                        project.tokenizer(), project.target_tokenizer());
  const TranslationJudgement judgement = judge_translations(translator, examples, options.beam);
  evaluation.examples = judgement.texts;
  return {{"exact", judgement.exact}, {"bleu", judgement.bleu}};
}

const Judge& judge_of(const Project& project) {
  static const std::vector<Judge> kJudges{
      {Task::kRegression, {"loss"}, read_numbers, judge_by_numbers},
      {Task::kClassification, {"loss", "accuracy", "f1"}, read_labelled_texts, judge_by_labels},
      {Task::kTagging, {"loss", "accuracy", "f1"}, read_tagged_texts, judge_by_labels},
      {Task::kLanguageModel, {"loss", "perplexity", "accuracy"}, read_long_texts, judge_by_tokens},
      {Task::kTranslation, {"exact", "bleu"}, read_pairs, judge_by_translating},
  };
  const auto found = std::find_if(kJudges.begin(), kJudges.end(),
                                  [&](const Judge& judge) { return judge.task == project.task(); });
  if (found == kJudges.end()) {
    fail(
        "'{}' is a project of the template '{}', whose vectors no number judges; look at them with "
        "nn and embed",
        project.folder().string(), project.config().template_name);
  }
  return *found;
}

/// The metrics that are asked for, all of which the task must have.
std::vector<std::string> chosen_metrics(const Project& project, const Judge& judge,
                                        const std::vector<std::string>& asked) {
  for (const std::string& metric : asked) {
    if (std::count(judge.metrics.begin(), judge.metrics.end(), metric) > 0) continue;
    fail("metric '{}' is not one of the template '{}'; choose from {}", metric,
         project.config().template_name, fmt::join(judge.metrics, ", "));
  }
  return asked.empty() ? judge.metrics : asked;
}

std::string names_of(const std::vector<TextSource>& texts) {
  std::vector<std::string> names;
  for (const TextSource& text : texts) names.push_back(text.path.string());
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::string_view unit_of_examples(Task task) {
  if (task == Task::kRegression) return "records";
  return task == Task::kTagging || task == Task::kLanguageModel ? "tokens" : "texts";
}

std::pair<ExampleArrays, std::string> own_examples(const Project& project) {
  const auto held_back = project.file(kValidationDataFile);
  if (exists(held_back)) {
    return {read_npz(held_back), fmt::format("{}, held back from training", kValidationDataFile)};
  }
  const auto training = project.file(kTrainingDataFile);
  if (!exists(training)) {
    fail("'{}' has no data to judge its model on; give some as --data FILE",
         project.folder().string());
  }
  return {read_npz(training), fmt::format("{}, the data of training", kTrainingDataFile)};
}

Evaluation evaluate(const Project& project, const EvaluationOptions& options) {
  const Judge& judge = judge_of(project);
  const std::vector<std::string> metrics = chosen_metrics(project, judge, options.metrics);
  const auto [examples, source] =
      options.texts.empty()
          ? own_examples(project)
          : std::pair(judge.read(project, options.texts), names_of(options.texts));
  Evaluation evaluation{.source = source};
  try {
    const NamedValues values = judge.judge(project, examples, options, evaluation);
    for (const std::string& metric : metrics) {
      evaluation.metrics.emplace_back(metric, values.at(metric));
    }
  } catch (const Error& error) {
    fail("{}: {}", source, error.what());
  }
  return evaluation;
}

}  // namespace gatefold
