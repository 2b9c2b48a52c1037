#include "language/evaluation/judgement.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "ir/error.h"
#include "language/corpora/arrays.h"
#include "language/decoding/scores.h"
#include "language/evaluation/bleu.h"
#include "language/evaluation/text_rows.h"
#include "session/session.h"

namespace gatefold {
namespace {

/// Texts that are judged at a time.
constexpr std::int64_t kBatch = 64;

/// -log p of one of the classes that scores belong to.
double surprise(std::span<const float> scores, std::size_t wanted) {
  return log_sum_exp(scores) - scores[wanted];
}

std::size_t best_of(std::span<const float> scores) {
  return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

std::size_t checked_class(std::int64_t wanted, std::size_t classes) {
  if (wanted < 0 || wanted >= static_cast<std::int64_t>(classes)) {
    fail("class {} is wanted, but the model knows {} of them", wanted, classes);
  }
  return static_cast<std::size_t>(wanted);
}

/// The scores of the model for some of the texts: [rows of the target, classes].
class ScoredBatch {
 public:
  ScoredBatch(Session& session, const TextRows& rows, std::int64_t begin, std::int64_t end) {
    TokenRows texts;
    for (std::int64_t row = begin; row < end; ++row) texts.push_back(rows.text(row));
    // An empty text is read as one of padding that does not count.
    if (std::all_of(texts.begin(), texts.end(), [](const auto& text) { return text.empty(); })) {
      texts.front().push_back(0);
    }
    const NamedData& outputs =
        session.run({{"tokens", padded(texts, 0)},
                     {"lengths", rows.lengths().part(static_cast<std::size_t>(begin) * 8,
                                                     DataType::kInt64, {end - begin})}});
    logits_ = std::get<Tensor>(outputs.at("logits")).clone();
  }

  /// How many classified elements each text has.
  std::int64_t width() const { return logits_.rank() == 2 ? 1 : logits_.dims()[1]; }
  std::span<const float> scores(std::int64_t text, std::int64_t place) const {
    const auto classes = static_cast<std::size_t>(logits_.dims().back());
    return logits_.values<float>().subspan(
        static_cast<std::size_t>(text * width() + place) * classes, classes);
  }

 private:
  Tensor logits_;
};

/// All translations of each text, as often as the examples have them, without tokens for the end.
std::map<std::vector<std::int64_t>, TokenRows> translations_of(const TextRows& rows,
                                                               std::int64_t end) {
  std::map<std::vector<std::int64_t>, TokenRows> translations;
  for (std::int64_t row = 0; row < rows.count(); ++row) {
    const auto text = rows.text(row);
    auto wanted = rows.wanted_text(row);
    if (!wanted.empty() && wanted.back() == end) wanted = wanted.first(wanted.size() - 1);
    translations[{text.begin(), text.end()}].emplace_back(wanted.begin(), wanted.end());
  }
  return translations;
}

}  // namespace

double judge_numbers(const std::shared_ptr<const CompiledModel>& model,
                     const ExampleArrays& examples) {
  const Tensor& target = find_array(examples, "target", DataType::kFloat32);
  Session session(model);
  const NamedData& outputs = session.run({{"x", find_array(examples, "x", DataType::kFloat32)}});
  const auto& found = std::get<Tensor>(outputs.at(model->outputs().front().name));
  if (found.type() != target.type()) {
    fail("the model makes {}, but array 'target' is {}", to_string(found.type()),
         to_string(target.type()));
  }
  double sum = 0;
  for (std::int64_t i = 0; i < target.size(); ++i) {
    sum += std::pow(found.number_at(i) - target.number_at(i), 2);
  }
  return sum / static_cast<double>(std::max<std::int64_t>(1, target.size()));
}

LabelJudgement judge_labels(const std::shared_ptr<const CompiledModel>& model,
                            const ExampleArrays& examples, std::size_t labels) {
  const TextRows rows(examples);
  Session session(model);
  LabelJudgement judgement{.confusion = Confusion(labels)};
  double sum = 0;
  for (std::int64_t begin = 0; begin < rows.count(); begin += kBatch) {
    const std::int64_t end = std::min(begin + kBatch, rows.count());
    const ScoredBatch batch(session, rows, begin, end);
    for (std::int64_t row = begin; row < end; ++row) {
      const auto wanted = rows.wanted(row);
      const std::int64_t width = std::min<std::int64_t>(std::ssize(wanted), batch.width());
      for (std::int64_t place = 0; place < width; ++place) {
        const std::int64_t label = wanted[static_cast<std::size_t>(place)];
        if (label == kIgnoredTarget) continue;
        const auto scores = batch.scores(row - begin, place);
        if (scores.size() != labels) {
          fail("the model knows {} labels, but there are {}", scores.size(), labels);
        }
        const std::size_t right = checked_class(label, labels);
        judgement.confusion.add(right, best_of(scores));
        sum += surprise(scores, right);
      }
    }
  }
  const auto total = static_cast<double>(std::max<std::int64_t>(1, judgement.confusion.total()));
  judgement.loss = sum / total;
  return judgement;
}

TextJudgement judge_text(const std::shared_ptr<const CompiledModel>& model,
                         const ExampleArrays& examples, std::optional<std::int64_t> end,
                         std::int64_t chunk) {
  const auto text = find_array(examples, "tokens").values<std::int64_t>();
  std::vector<std::int64_t> stream;
  if (end) stream.push_back(*end);
  stream.insert(stream.end(), text.begin(), text.end());
  if (stream.size() < 2) fail("the text is too short: none of its tokens follows another one");
  Session session(model);
  TextJudgement judgement{.tokens = std::ssize(stream) - 1};
  std::int64_t hits = 0;
  for (std::int64_t begin = 0; begin < judgement.tokens; begin += chunk) {
    const std::int64_t length = std::min(chunk, judgement.tokens - begin);
    const auto part = std::span(stream).subspan(static_cast<std::size_t>(begin),
                                                static_cast<std::size_t>(length) + 1);
    const NamedData& outputs = session.run(
        {{"tokens", Tensor::of<std::int64_t>({1, length}, part.first(part.size() - 1))}});
    const auto& logits = std::get<Tensor>(outputs.at("logits"));
    const auto classes = static_cast<std::size_t>(logits.dims().back());
    for (std::size_t i = 0; i + 1 < part.size(); ++i) {
      const auto scores = logits.values<float>().subspan(i * classes, classes);
      const std::size_t right = checked_class(part[i + 1], classes);
      judgement.loss += surprise(scores, right);
      hits += best_of(scores) == right ? 1 : 0;
    }
  }
  judgement.loss /= static_cast<double>(judgement.tokens);
  judgement.accuracy = static_cast<double>(hits) / static_cast<double>(judgement.tokens);
  return judgement;
}

TranslationJudgement judge_translations(Translator& translator, const ExampleArrays& examples,
                                        const BeamOptions& options) {
  const TextRows rows(examples);
  TranslationJudgement judgement{.texts = rows.count()};
  Bleu bleu;
  std::int64_t exact = 0;
  for (const auto& [text, references] : translations_of(rows, translator.end())) {
    std::vector<std::int64_t> tokens = translator.search(text, options).front().tokens;
    if (!tokens.empty() && tokens.back() == translator.end()) tokens.pop_back();
    const bool right = std::find(references.begin(), references.end(), tokens) != references.end();
    for (std::size_t i = 0; i < references.size(); ++i) {
      exact += right ? 1 : 0;
      bleu.add(tokens, references);
    }
  }
  judgement.exact =
      static_cast<double>(exact) / static_cast<double>(std::max<std::int64_t>(1, rows.count()));
  judgement.bleu = bleu.score();
  return judgement;
}

}  // namespace gatefold
