#include <fmt/ranges.h>

#include <memory>
#include <string>
#include <vector>

#include "ir/error.h"
#include "language/decoding/classification.h"
#include "language/decoding/regression.h"
#include "language/decoding/tagging.h"
#include "language/projects/project.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/language/lines.h"
#include "tools/language/untrained.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::shared_ptr<const GivenOptions> given;
  std::filesystem::path folder;
  std::vector<std::string> texts;
  std::uint64_t best = 1;
};

int classify(const Project& project, const Options& options) {
  Classifier classifier(project.load_model(kModelFile), project.tokenizer(), project.labels(),
                        project.config().window());
  for_each_text(options.texts, [&](const std::string& text) {
    const bool is_single = options.texts.size() == 1;
    for (const LabelProbability& found : classifier.classify(text, options.best)) {
      if (is_single) {
        print("{}\t{:.4f}\n", found.label, found.probability);
      } else {
        print("{}\t{}\t{:.4f}\n", text, found.label, found.probability);
      }
    }
  });
  note_if_untrained(project);
  return kSuccess;
}

int tag(const Project& project, const Options& options) {
  Tagger tagger(project.load_model(kModelFile), project.tokenizer(), project.labels());
  for_each_text(options.texts, [&](const std::string& text) {
    const bool is_single = options.texts.size() == 1;
    const std::string labels = fmt::format("{}", fmt::join(tagger.tag(text), " "));
    print("{}{}\n", is_single ? "" : text + "\t", labels);
  });
  note_if_untrained(project);
  return kSuccess;
}

int compute(const Project& project, const Options& options) {
  Regression regression(project.load_model(kModelFile), project.config().options.inputs);
  for_each_text(options.texts, [&](const std::string& text) {
    const std::string numbers = fmt::format("{}", fmt::join(regression.compute(text), "\t"));
    print("{}\n", numbers);
  });
  note_if_untrained(project);
  return kSuccess;
}

int run(const Options& options) {
  const Project project(options.folder);
  if (project.task() == Task::kClassification) return classify(project, options);
  if (options.given->contains("--best")) {
    fail("--best does not go with a project of the template '{}': it is for classifiers",
         project.config().template_name);
  }
  if (project.task() == Task::kTagging) return tag(project, options);
  if (project.task() == Task::kRegression) return compute(project, options);
  fail("'{}' is a project of the template '{}', which predicts neither labels nor numbers",
       options.folder.string(), project.config().template_name);
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  options->given = parser.given();
  parser.add_option("DIR", options->folder, "Folder of the project").required();
  parser.add_option("TEXT", options->texts,
                    "Texts to label, or for linear and mlp the numbers of the inputs, separated by "
                    "spaces or commas; by default the lines of standard input");
  parser
      .add_option("-k,--best", options->best,
                  "Show this many labels of each text, for a classifier")
      .positive()
      .show_default();
  return [options] { return run(*options); };
}

}  // namespace

const Command kPredictCommand{
    .name = "predict",
    .summary = "Label texts or each of their words, or compute numbers, with a trained model",
    .example =
        "gatefold predict names Jones Satoshi -k 3\n"
        "  gatefold predict line 2.5 -1\n\n"
        "Each line is a label and its probability, or the labels of the words, after the text "
        "itself\nif there are several; or the numbers of the outputs, separated by tabs.",
    .declare = declare,
};

}  // namespace gatefold::tools
