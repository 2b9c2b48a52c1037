#include "tools/training/project_training.h"

#include <string>
#include <vector>

#include "ir/error.h"
#include "session/training/corpus.h"

namespace gatefold::tools {
namespace {

std::vector<std::string> metrics_of(Task task) {
  switch (task) {
    case Task::kClassification:
    case Task::kTagging:
      return {"accuracy"};
    case Task::kLanguageModel:
      return {"perplexity"};
    case Task::kTranslation:
      return {"accuracy", "perplexity"};
    default:
      return {};
  }
}

SourceMaker source_of(Task task, const WordPairOptions& pairs) {
  if (task == Task::kLanguageModel) return source_maker<Corpus>();
  if (task != Task::kSkipGram && task != Task::kCbow) return source_maker<Dataset>();
  return [pairs](const DataSource& source, const std::vector<const Value*>& /*wanted*/,
                 const std::string& target, const BatchOptions& options) {
    return std::make_unique<WordPairs>(source, target, options, pairs);
  };
}

}  // namespace

void take_project(const Project& project, TrainOptions& options) {
  if (!options.output.empty()) {
    fail("--output does not go with a project: its trained model is written to {}",
         project.trained_file(kModelFile).string());
  }
  RunOptions& run = options.run;
  const std::filesystem::path data = project.file(kTrainingDataFile);
  if (run.data.empty()) {
    if (!exists(data)) {
      fail("'{}' has no {} yet; make it of text with: gatefold prepare {} --text FILE",
           project.folder().string(), kTrainingDataFile, project.folder().string());
    }
    run.data.path = data;
    const std::filesystem::path held_back = project.file(kValidationDataFile);
    if (run.validation.empty() && exists(held_back)) run.validation.path = held_back;
  }
  if (options.spec.empty()) options.spec = project.file(kTrainingFile);
  if (options.log.empty()) options.log = project.file(kLogFile);
  if (run.metrics.empty()) run.metrics = metrics_of(project.task());
  run.make_source = source_of(project.task(), options.word_pairs);
  run.batches.shuffle = true;
}

}  // namespace gatefold::tools
