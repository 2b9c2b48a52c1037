#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ir/error.h"
#include "language/projects/preparation.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::shared_ptr<const GivenOptions> given;
  std::filesystem::path folder;
  std::vector<std::string> texts;
  PreparationOptions preparation;
};

/// Throws Error for options that have no effect on the data of the project.
void refuse_unused(const Project& project, const Options& options) {
  const auto refuse = [&](std::string_view option, std::string_view reason) {
    if (!options.given->contains(option)) return;
    fail("{} does not go with a project of the template '{}': {}", option,
         project.config().template_name, reason);
  };
  const Task task = project.task();
  if (task == Task::kRegression) {
    for (const char* option : {"--tokens", "--min-count", "--lower-case"}) {
      refuse(option, "it reads numbers");
    }
  }
  const bool learns_vectors = task == Task::kSkipGram || task == Task::kCbow;
  if (learns_vectors && options.preparation.validation != 0) {
    refuse("--valid", "it learns from all texts");
  }
}

int run(const Options& options) {
  Project project(options.folder);
  refuse_unused(project, options);
  PreparationOptions preparation = options.preparation;
  for (const std::string& text : options.texts) {
    preparation.texts.push_back(parse_text_source(text));
  }
  const Preparation made = prepare(project, preparation);
  const bool is_text = project.task() == Task::kLanguageModel ||
                       project.task() == Task::kSkipGram || project.task() == Task::kCbow;
  print("{} {} for training, {} held back", made.training, is_text ? "tokens" : "examples",
        made.validation);
  if (made.sizes.tokens > 0) print("; a vocabulary of {}", made.sizes.tokens);
  if (project.task() == Task::kTranslation) {
    print(" and one of {} for the target", made.sizes.targets);
  } else if (made.sizes.targets > 0) {
    print("; {} labels", made.sizes.targets);
  }
  print("\n");
  return kSuccess;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  options->given = parser.given();
  PreparationOptions& preparation = options->preparation;
  parser.add_option("DIR", options->folder, "Folder of the project").required();
  parser
      .add_option("--text", options->texts,
                  "Read texts from these files: .tsv, .csv, .jsonl, or lines of text. Columns are "
                  "names or numbers from 1; see docs/learn.md for those that a template needs")
      .type_name("FILE[:COLUMN,...]")
      .required();
  parser
      .add_option("--tokens", preparation.tokens,
                  "Cut texts into characters (char), words (word) or, by byte-pair encoding, a "
                  "vocabulary of so many pieces (bpe:SIZE); by default what suits the template")
      .type_name("char|word|bpe:SIZE");
  parser
      .add_option("--min-count", preparation.min_count,
                  "Replace tokens that are rarer than this by <unk>")
      .positive()
      .show_default();
  parser.add_flag("--lower-case", preparation.lower_case, "Read capital letters as small ones");
  parser
      .add_option("--valid", preparation.validation,
                  "Hold back this share of the examples, to judge the model on")
      .show_default();
  parser.add_option("--seed", preparation.seed, "Seed for the choice of those that are held back")
      .show_default();
  return [options] { return run(*options); };
}

}  // namespace

const Command kPrepareCommand{
    .name = "prepare",
    .summary = "Turn texts into a project's vocabulary, data and model",
    .example = "gatefold prepare names --text names.tsv:1,2 --tokens char",
    .declare = declare,
};

}  // namespace gatefold::tools
