#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ir/error.h"
#include "language/decoding/translation.h"
#include "language/pictures/shaded_grid.h"
#include "language/projects/project.h"
#include "session/arrays/files.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/language/lines.h"
#include "tools/language/untrained.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::filesystem::path folder;
  std::vector<std::string> texts;
  BeamOptions beam;
  std::filesystem::path attention;
};

void draw_attention_of(const Translation& translation, const std::filesystem::path& path) {
  write_file(path, draw_attention(translation.source_tokens, translation.tokens,
                                  translation.attention.values<float>()));
}

int run(const Options& options) {
  const Project project(options.folder);
  if (project.task() != Task::kTranslation) {
    fail("'{}' is a project of the template '{}', which does not translate",
         options.folder.string(), project.config().template_name);
  }
  Translator translator(project.load_model(kModelFile), project.load_model(kDecoderFile),
                        project.tokenizer(), project.target_tokenizer());
  bool is_to_draw = !options.attention.empty();
  if (is_to_draw && !translator.has_attention()) {
    fail(
        "the decoder of '{}' has no output 'attention' to draw; make one that attends with: "
        "gatefold new seq2seq DIR --attention bahdanau",
        options.folder.string());
  }
  for_each_text(options.texts, [&](const std::string& text) {
    const std::vector<Translation> translations = translator.translate(text, options.beam);
    if (is_to_draw) draw_attention_of(translations.front(), options.attention);
    is_to_draw = false;
    for (const Translation& found : translations) {
      if (options.beam.best > 1) print("{:.4f}\t", found.score);
      print("{}\n", found.text);
    }
    flush_output();
  });
  note_if_untrained(project);
  return kSuccess;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  BeamOptions& beam = options->beam;
  parser.add_option("DIR", options->folder, "Folder of the project").required();
  parser.add_option("TEXT", options->texts,
                    "Texts to translate; by default the lines of standard input");
  parser.add_option("--beam-size", beam.size, "Follow this many translations at a time; 1: greedy")
      .positive()
      .show_default();
  parser
      .add_option("--length-penalty", beam.length_penalty,
                  "Divide the score of a translation by its length to this power")
      .show_default();
  parser.add_option("--n-best", beam.best, "Show this many translations, with their scores")
      .positive()
      .show_default();
  parser.add_option("--longest", beam.longest, "Make at most this many tokens")
      .positive()
      .show_default();
  parser
      .add_option("--attention", options->attention,
                  "Draw what each token of the best translation of the first text attends to into "
                  "this file")
      .type_name("FILE.svg");
  return [options] { return run(*options); };
}

}  // namespace

const Command kTranslateCommand{
    .name = "translate",
    .summary = "Translate texts with a trained encoder and decoder",
    .example = "gatefold translate fra-eng \"Comme c'est chouette !\" --n-best 3",
    .declare = declare,
};

}  // namespace gatefold::tools
