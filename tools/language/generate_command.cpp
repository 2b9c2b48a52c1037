#include <memory>
#include <string>
#include <utility>

#include "ir/error.h"
#include "language/decoding/generation.h"
#include "language/projects/project.h"
#include "language/tokenizers/special_names.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/language/untrained.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::filesystem::path folder;
  std::string prompt;
  std::int64_t count = 64;
  SamplingOptions sampling;
};

int run(const Options& options) {
  const Project project(options.folder);
  if (project.task() != Task::kLanguageModel) {
    fail("'{}' is a project of the template '{}', which continues no texts",
         options.folder.string(), project.config().template_name);
  }
  const Tokenizer tokenizer = project.tokenizer();
  Generator generator(project.load_model(kModelFile), tokenizer, tokenizer.id_of(kEndToken),
                      project.config().options.window);
  // The prompt is shown once it is known that it can be continued.
  bool has_begun = false;
  const auto show = [&](std::string_view piece) {
    if (!std::exchange(has_begun, true)) print("{}", options.prompt);
    print_text(piece);
    flush_output();
  };
  generator.generate(options.prompt, options.count, options.sampling, show);
  show("\n");
  note_if_untrained(project);
  return kSuccess;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  SamplingOptions& sampling = options->sampling;
  parser.add_option("DIR", options->folder, "Folder of the project").required();
  parser.add_option("-p,--prompt", options->prompt, "Continue this text").required();
  parser.add_option("-n,--count", options->count, "Make at most this many tokens")
      .positive()
      .show_default();
  parser
      .add_option("--temp,--temperature", sampling.temperature,
                  "Divide the scores by this: below 1 surer, above 1 more surprising")
      .show_default();
  parser.add_option("--top-k", sampling.top_k, "Draw from this many most probable tokens only");
  parser
      .add_option("--top-p", sampling.top_p,
                  "Draw from the most probable tokens that together have this share")
      .show_default();
  parser.add_flag("--greedy", sampling.greedy, "Always take the most probable token");
  parser.add_option("--seed", sampling.seed, "Seed for the draws").show_default();
  return [options] { return run(*options); };
}

}  // namespace

const Command kGenerateCommand{
    .name = "generate",
    .summary = "Continue a text with a trained language model",
    .example = "gatefold generate poems -p 登鸛雀樓 -n 64 --greedy",
    .declare = declare,
};

}  // namespace gatefold::tools
