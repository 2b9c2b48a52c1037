#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ir/error.h"
#include "language/decoding/word_vectors.h"
#include "language/pictures/point_map.h"
#include "language/projects/project.h"
#include "session/arrays/files.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/language/untrained.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

/// Tokens that a map shows unless it is said otherwise.
constexpr std::uint64_t kShownTokens = 100;

struct Options {
  std::filesystem::path folder;
  std::vector<std::string> tokens;
  std::uint64_t count = 8;
  std::string table;
  std::filesystem::path output;
  std::filesystem::path map;
  std::filesystem::path projector;
};

WordVectors read_vectors(const Project& project, const Options& options) {
  return {*project.read_newest(kModelFile).graph, project.tokenizer(), options.table};
}

int show_neighbours(const Options& options) {
  const Project project(options.folder);
  const WordVectors vectors = read_vectors(project, options);
  for (const std::string& token : options.tokens) {
    if (options.tokens.size() > 1) print("{}:\n", token);
    for (const Neighbour& found : vectors.nearest(token, options.count)) {
      print("{}\t{:.4f}\n", found.token, found.cosine);
    }
  }
  note_if_untrained(project);
  return kSuccess;
}

/// Draws the chosen tokens, or the most frequent ones.
void draw_map(const WordVectors& vectors, const Options& options) {
  const std::vector<std::string> names =
      options.tokens.empty() ? vectors.first_names(options.count) : options.tokens;
  write_file(options.map, draw_token_map(vectors, names));
  print("wrote {}\n", options.map.string());
}

int write_vectors(const Options& options) {
  if (options.output.empty() && options.map.empty() && options.projector.empty()) {
    fail("nothing to make is asked for: give --output, --svg or --projector");
  }
  const Project project(options.folder);
  const WordVectors vectors = read_vectors(project, options);
  if (!options.map.empty()) draw_map(vectors, options);
  if (!options.output.empty()) {
    vectors.write_text(options.output);
    print("wrote {}\n", options.output.string());
  }
  if (!options.projector.empty()) {
    vectors.write_projector(options.projector);
    print("wrote {}\n", (options.projector / "vectors.tsv").string());
    print("wrote {}\n", (options.projector / "metadata.tsv").string());
  }
  note_if_untrained(project);
  return kSuccess;
}

void declare_source(OptionParser& parser, Options& options) {
  parser.add_option("DIR", options.folder, "Folder of the project").required();
  parser
      .add_option("--table", options.table,
                  "Read the vectors of this tensor; by default of the first table that the model "
                  "looks tokens up in")
      .type_name("NAME");
}

std::function<int()> declare_neighbours(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  declare_source(parser, *options);
  parser.add_option("TOKEN", options->tokens, "Tokens whose neighbours to show").required();
  parser.add_option("-k,--count", options->count, "Show this many neighbours of each token")
      .positive()
      .show_default();
  return [options] { return show_neighbours(*options); };
}

std::function<int()> declare_vectors(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  options->count = kShownTokens;
  declare_source(parser, *options);
  parser
      .add_option("-o,--output", options->output,
                  "Write the vectors to this file as word2vec and fastText do")
      .type_name("FILE.vec");
  parser
      .add_option("--svg", options->map,
                  "Draw the vectors into this file, on their first two principal components")
      .type_name("FILE.svg");
  parser.add_option("--tokens", options->tokens, "Draw these tokens")
      .type_name("TOKEN,...")
      .comma_separated()
      .needs("--svg");
  parser.add_option("--count", options->count, "Draw this many of the most frequent tokens")
      .positive()
      .show_default()
      .excludes({"--tokens"})
      .needs("--svg");
  parser
      .add_option("--projector", options->projector,
                  "Write vectors.tsv and metadata.tsv for TensorBoard's projector to this folder")
      .type_name("FOLDER");
  return [options] { return write_vectors(*options); };
}

}  // namespace

const Command kNeighboursCommand{
    .name = "nn",
    .summary = "Show the tokens whose vectors are nearest to a token's",
    .example =
        "gatefold nn vectors 东 -k 8\n\n"
        "Each line is a token and the cosine of the angle between the two vectors.",
    .declare = declare_neighbours,
};

const Command kEmbedCommand{
    .name = "embed",
    .summary = "Write or draw the vectors of tokens",
    .example =
        "gatefold embed vectors -o vectors.vec --svg map.svg --count 200\n"
        "  gatefold embed vectors --svg directions.svg --tokens 东,西,南,北",
    .declare = declare_vectors,
};

}  // namespace gatefold::tools
