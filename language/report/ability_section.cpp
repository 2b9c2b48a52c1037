#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <span>
#include <vector>

#include "frontend/onnx_reader.h"
#include "ir/number_text.h"
#include "language/decoding/translation.h"
#include "language/decoding/word_vectors.h"
#include "language/evaluation/text_rows.h"
#include "language/pictures/point_map.h"
#include "language/pictures/shaded_grid.h"
#include "language/projects/evaluation.h"
#include "language/report/sections.h"

namespace gatefold {
namespace {

constexpr std::int64_t kShownTranslations = 8;
constexpr std::size_t kMappedTokens = 100;
constexpr std::size_t kNeighbouredTokens = 12;
constexpr std::size_t kNeighbours = 5;

/// Judges the model as `eval` does.
void add_judgement(Page& page, const Project& project) {
  const Evaluation evaluation = evaluate(project, {});
  page.paragraph(fmt::format("On {} ({} {}):", evaluation.source, format_count(evaluation.examples),
                             unit_of_examples(project.task())));
  Page::Facts facts;
  for (const auto& [metric, value] : evaluation.metrics) {
    facts.emplace_back(metric, fmt::format("{:.4f}", value));
  }
  page.figures(facts);
  if (!evaluation.confusion) return;
  const PagePicture picture{draw_confusion(evaluation.labels, evaluation.confusion->counts()),
                            "Rows are the labels of the data, columns what the model finds."};
  page.pictures(std::span(&picture, 1));
}

/// Translates a few sentences as `translate` does, and draws the attention of the longest.
void add_translations(Page& page, const Project& project) {
  const auto [examples, source] = own_examples(project);
  const Tokenizer tokenizer = project.tokenizer();
  const Tokenizer target_tokenizer = project.target_tokenizer();
  Translator translator(project.load_model(kModelFile), project.load_model(kDecoderFile), tokenizer,
                        target_tokenizer);
  const TextRows rows(examples);
  PageTable table{{{"source"}, {"translation"}, {"wanted"}}};
  Translation longest;
  for (std::int64_t i = 0; i < std::min(kShownTranslations, rows.count()); ++i) {
    const std::vector<std::int64_t> text = rows.text(i);
    const auto wanted = rows.wanted_text(i);
    const Translation found = translator.translate(text, {}).front();
    table.rows.push_back({tokenizer.decode(text), found.text,
                          target_tokenizer.decode({wanted.begin(), wanted.end()})});
    if (found.source_tokens.size() > longest.source_tokens.size()) longest = found;
  }
  page.paragraph(fmt::format("The first texts of {}:", source));
  page.table(table);
  if (!longest.attention.is_defined()) return;
  const PagePicture picture{
      draw_attention(longest.source_tokens, longest.tokens, longest.attention.values<float>()),
      "Which tokens of the source the decoder looks at for each token that it writes."};
  page.pictures(std::span(&picture, 1));
}

/// Draws the vectors of the most frequent tokens as `embed` does, and lists neighbours as `nn`.
void add_vectors(Page& page, const Project& project) {
  const WordVectors vectors(*project.read_newest(kModelFile).graph, project.tokenizer());
  const std::vector<std::string> tokens = vectors.first_names(kMappedTokens);
  if (tokens.size() < 2) return page.paragraph("A map needs two tokens at least.");
  PageTable table{{{"token"}, {"nearest tokens"}}};
  for (std::size_t i = 0; i < std::min(kNeighbouredTokens, tokens.size()); ++i) {
    std::vector<std::string> names;
    for (const Neighbour& found : vectors.nearest(tokens[i], kNeighbours)) {
      names.push_back(fmt::format("{} {:.2f}", found.token, found.cosine));
    }
    table.rows.push_back({tokens[i], fmt::format("{}", fmt::join(names, "   "))});
  }
  const PagePicture picture{draw_token_map(vectors, tokens),
                            fmt::format("The {} most frequent tokens.", tokens.size())};
  page.pictures(std::span(&picture, 1));
  page.heading("Neighbours, and the cosines of the angles to them");
  page.table(table);
}

/// What is shown of models of a task.
struct Ability {
  Task task;
  void (*add)(Page& page, const Project& project);
};

constexpr Ability kAbilities[] = {
    {Task::kRegression, add_judgement},
    {Task::kClassification, add_judgement},
    {Task::kTagging, add_judgement},
    {Task::kLanguageModel, add_judgement},
    {Task::kTranslation, add_translations},
    {Task::kSkipGram, add_vectors},
    {Task::kCbow, add_vectors},
};

}  // namespace

void add_abilities(Page& page, const Project& project) {
  const auto* const found =
      std::find_if(std::begin(kAbilities), std::end(kAbilities),
                   [&](const Ability& ability) { return ability.task == project.task(); });
  assert(found != std::end(kAbilities));
  found->add(page, project);
}

}  // namespace gatefold
