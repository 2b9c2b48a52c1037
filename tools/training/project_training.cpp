#include "tools/training/project_training.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/error.h"
#include "language/corpora/teacher_forcing.h"
#include "language/corpora/word_pairs.h"
#include "language/corpora/word_windows.h"
#include "session/training/corpus.h"

namespace gatefold::tools {
namespace {

/// Seconds between the checkpoints that a project saves without being asked.
constexpr double kSavePause = 30;

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

template <typename Source>
SourceMaker word_source(const WordPairOptions& pairs) {
  return [pairs](const DataSource& source, const std::vector<const Value*>& /*wanted*/,
                 const std::string& target, const BatchOptions& options) {
    return std::make_unique<Source>(source, target, options, pairs);
  };
}

SourceMaker source_of(Task task, const WordPairOptions& pairs) {
  switch (task) {
    case Task::kLanguageModel:
      return source_maker<Corpus>();
    case Task::kSkipGram:
      return word_source<WordPairs>(pairs);
    case Task::kCbow:
      return word_source<WordWindows>(pairs);
    default:
      return source_maker<Dataset>();
  }
}

/// Batches of a source that say which target tokens the decoder is given.
SourceMaker with_forcing(const SourceMaker& make, ForcedShare share) {
  return [make, share](const DataSource& source, std::vector<const Value*> wanted,
                       const std::string& target, const BatchOptions& options) {
    std::erase_if(wanted, [](const Value* input) { return input->name() == kForcedInput; });
    return std::make_unique<TeacherForcing>(make(source, wanted, target, options), share,
                                            options.seed);
  };
}

/// Keeps chunks within what the model reads at a time. Throws Error for longer ones that are asked
/// for.
void fit_chunk(const Project& project, std::int64_t& chunk) {
  const std::optional<std::int64_t> window = project.config().window();
  if (!window) return;
  if (chunk == 0 && project.task() == Task::kLanguageModel) chunk = std::min(kUsualChunk, *window);
  if (chunk <= *window) return;
  fail("--bptt {} is longer than the {} tokens that the model reads at a time; see new --window",
       chunk, *window);
}

/// An option that only some tasks have a use for, and why the others have none.
struct TaskOption {
  std::string_view name;
  std::vector<Task> tasks;
  std::string_view reason;
};

/// Throws Error for options that have no effect on how the project is trained.
void refuse_unused(const Project& project, const GivenOptions& given) {
  constexpr std::string_view kNoVectors = "it learns no word vectors";
  constexpr std::string_view kOwnData = "its own files say how its data are read";
  static const std::vector<TaskOption> kOptions{
      {"--bptt", {Task::kLanguageModel}, "it reads each text whole"},
      {"--bucket",
       {Task::kClassification, Task::kTagging, Task::kTranslation},
       "its batches have no padding"},
      {"--teacher-forcing", {Task::kTranslation}, "it has no decoder"},
      {"--window", {Task::kSkipGram, Task::kCbow}, kNoVectors},
      {"--negatives", {Task::kSkipGram, Task::kCbow}, kNoVectors},
      {"--corpus", {}, kOwnData},
      {"--batch-axis", {}, kOwnData},
      {"--dim", {}, kOwnData},
  };
  for (const TaskOption& option : kOptions) {
    const bool is_used = std::count(option.tasks.begin(), option.tasks.end(), project.task()) > 0;
    if (is_used || !given.contains(option.name)) continue;
    fail("{} does not go with a project of the template '{}': {}", option.name,
         project.config().template_name, option.reason);
  }
}

void choose_source(const Project& project, TrainOptions& options) {
  RunOptions& run = options.run;
  run.make_source = source_of(project.task(), options.word_pairs);
  if (options.teacher_forcing.empty()) return;
  const ForcedShare share = parse_forced_share(options.teacher_forcing);
  if (feed_of(options) == DecoderFeed::kChoices) {
    run.make_source = with_forcing(run.make_source, share);
  }
}

}  // namespace

DecoderFeed feed_of(const TrainOptions& options) {
  if (options.teacher_forcing.empty()) return DecoderFeed::kTargets;
  const ForcedShare share = parse_forced_share(options.teacher_forcing);
  return share.first < 1 || share.last < 1 ? DecoderFeed::kChoices : DecoderFeed::kTargets;
}

void take_project(const Project& project, TrainOptions& options) {
  if (!options.output.empty()) {
    fail("--output does not go with a project: its trained model is written to {}",
         project.trained_file(kModelFile).string());
  }
  refuse_unused(project, *options.given);
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
  if (!options.given->contains("--keep")) run.keep_best = !run.validation.empty();
  if (run.checkpoint.empty() && options.report.empty()) {
    run.checkpoint = project.folder();
    run.save_pause = kSavePause;
  }
  fit_chunk(project, run.batches.chunk);
  choose_source(project, options);
  run.batches.shuffle = !options.keeps_order;
}

}  // namespace gatefold::tools
