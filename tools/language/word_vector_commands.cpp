#include <memory>
#include <string>

#include "frontend/onnx_reader.h"
#include "language/decoding/word_vectors.h"
#include "language/projects/project.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::filesystem::path folder;
  std::vector<std::string> tokens;
  std::uint64_t count = 8;
  std::string table;
  std::filesystem::path output;
};

WordVectors read_vectors(const Options& options) {
  const Project project(options.folder);
  return {*read_model(project.newest_file(kModelFile)).graph, project.tokenizer(), options.table};
}

int show_neighbours(const Options& options) {
  const WordVectors vectors = read_vectors(options);
  for (const std::string& token : options.tokens) {
    if (options.tokens.size() > 1) print("{}:\n", token);
    for (const Neighbour& found : vectors.nearest(token, options.count)) {
      print("{}\t{:.4f}\n", found.token, found.cosine);
    }
  }
  return kSuccess;
}

int write_vectors(const Options& options) {
  read_vectors(options).write_text(options.output);
  print("wrote {}\n", options.output.string());
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
  declare_source(parser, *options);
  parser.add_option("-o,--output", options->output, "Write the vectors to this file")
      .type_name("FILE.vec")
      .required();
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
    .summary = "Write the vectors of all tokens as text",
    .example = "gatefold embed vectors -o vectors.vec",
    .declare = declare_vectors,
};

}  // namespace gatefold::tools
