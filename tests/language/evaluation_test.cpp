#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "ir/error.h"
#include "language/corpora/arrays.h"
#include "language/evaluation/bleu.h"
#include "language/evaluation/confusion.h"
#include "language/evaluation/judgement.h"
#include "session/compiled_model.h"
#include "tests/temporary_folder.h"

namespace gatefold::test {
namespace {

using Tokens = std::vector<std::int64_t>;
using References = std::vector<Tokens>;

TEST(Confusion, CountsLabels) {
  Confusion confusion(3);
  confusion.add(0, 0);
  confusion.add(0, 0);
  confusion.add(0, 1);
  confusion.add(1, 1);
  EXPECT_EQ(confusion.total(), 4);
  EXPECT_EQ(confusion.count(0, 1), 1);
  EXPECT_EQ(confusion.count(1, 0), 0);
  EXPECT_DOUBLE_EQ(confusion.accuracy(), 0.75);
  // 4/5 for the first label, 2/3 for the second; the third is never seen.
  EXPECT_DOUBLE_EQ(confusion.macro_f1(), (4.0 / 5 + 2.0 / 3) / 2);
  EXPECT_EQ(Confusion(2).accuracy(), 0);
  EXPECT_EQ(Confusion(2).macro_f1(), 0);
}

TEST(Bleu, IsTheMeanOfThePrecisions) {
  Bleu bleu;
  bleu.add(Tokens{1, 2, 3, 4, 5}, References{Tokens{1, 2, 3, 4, 6}});
  EXPECT_NEAR(bleu.score(), 100 * std::pow(4.0 / 5 * 3 / 4 * 2 / 3 * 1 / 2, 0.25), 1e-9);
}

TEST(Bleu, PenalizesBrevityOnly) {
  Bleu brief;
  brief.add(Tokens{1, 2, 3, 4}, References{Tokens{1, 2, 3, 4, 5}});
  EXPECT_NEAR(brief.score(), 100 * std::exp(1 - 5.0 / 4), 1e-9);
  Bleu lengthy;
  lengthy.add(Tokens{1, 2, 3, 4, 5}, References{Tokens{1, 2, 3, 4}});
  EXPECT_NEAR(lengthy.score(), 100 * std::pow(4.0 / 5 * 3 / 4 * 2 / 3 * 1 / 2, 0.25), 1e-9);
}

TEST(Bleu, SumsOverTheCorpusAndCountsEachTokenOnce) {
  Bleu bleu;
  bleu.add(Tokens{7, 7, 7},
           References{Tokens{7, 8}});  // One of 3 tokens, none of 2 pairs, none of 1 triple.
  EXPECT_EQ(bleu.score(), 0);
  bleu.add(Tokens{1, 2, 3, 4}, References{Tokens{1, 2, 3, 4}});
  EXPECT_NEAR(bleu.score(), 100 * std::pow(5.0 / 7 * 3 / 5 * 2 / 3 * 1 / 1, 0.25), 1e-9);
}

TEST(Bleu, CountsEachGramAsTheReferenceThatHasMostOfIt) {
  Bleu bleu;
  bleu.add(Tokens{1, 2, 3, 4}, References{{1, 2, 3, 9, 9, 9}, {2, 3, 4}});
  // All of 4 tokens and of 3 pairs, both triples, not the four; as long as the nearest reference.
  EXPECT_EQ(bleu.score(), 0);
  bleu.add(Tokens{5, 6, 7, 8}, References{{8}, {5, 6, 7, 8, 1}});
  EXPECT_NEAR(bleu.score(), 100 * std::pow(1.0 / 2, 0.25), 1e-9);
  Bleu between;
  between.add(Tokens{1, 2, 3, 4, 5}, References{{1, 2, 3, 4, 5, 6}, {1, 2, 3, 4}});
  EXPECT_NEAR(between.score(), 100, 1e-9);
}

class Judgement : public testing::Test {
 protected:
  std::shared_ptr<const CompiledModel> model(const std::string& text,
                                             const std::string& metadata = {}) const {
    const auto path = folder_.path() / "model.onnxtxt";
    std::ofstream(path) << "<ir_version: 8, " << metadata << "opset_import: [\"\" : 17]>\n" << text;
    return load(path);
  }

  /// The scores of a token: 0 and log 3 for token 0, 0 and 0 for token 1.
  const std::string table_ = "float[2,2] table = {0, 1.0986123, 0, 0}";
  /// Texts (0, 1), (1) and (0), the second and third of which are padded.
  const ExampleArrays texts_{{"tokens", Tensor::of<std::int64_t>({3, 2}, {0, 1, 1, 1, 0, 1})},
                             {"lengths", Tensor::of<std::int64_t>({3}, {2, 1, 1})}};

 private:
  TemporaryFolder folder_;
};

TEST_F(Judgement, OfNumbers) {
  const auto twice =
      model("g (float[N,2] x) => (float[N,2] y) <float two = {2}> { y = Mul (x, two) }");
  const Tensor x = Tensor::of<float>({2, 2}, {1, 2, 3, 4});
  const Tensor target = Tensor::of<float>({2, 2}, {2, 5, 6, 6});
  EXPECT_DOUBLE_EQ(judge_numbers(twice, {{"x", x}, {"target", target}}), (1.0 + 4.0) / 4);
  EXPECT_THROW(judge_numbers(twice, {{"x", x}, {"target", target.reshaped({4})}}), Error);
}

TEST_F(Judgement, OfLabelsOfTexts) {
  const auto by_first = model(
      "g (int64[N,T] tokens, int64[N] lengths) => (float[N,2] logits)\n<" + table_ +
      ", int64 first = {0}>\n{ id = Gather <axis = 1> (tokens, first)\n logits = Gather (table, "
      "id) }");
  ExampleArrays texts = texts_;
  texts["target"] = Tensor::of<std::int64_t>({3}, {1, 1, 0});
  const LabelJudgement judgement = judge_labels(by_first, texts, 2);
  // p = 3/4, 1/2, 1/4; of equal scores the first label is found.
  EXPECT_NEAR(judgement.loss, -std::log(0.75 * 0.5 * 0.25) / 3, 1e-6);
  EXPECT_EQ(judgement.confusion.count(1, 1), 1);
  EXPECT_EQ(judgement.confusion.count(1, 0), 1);
  EXPECT_EQ(judgement.confusion.count(0, 1), 1);
  texts["target"] = Tensor::of<std::int64_t>({3}, {1, 2, 0});
  EXPECT_THROW(judge_labels(by_first, texts, 2), Error);
  EXPECT_THROW(judge_labels(by_first, texts, 3), Error);
  EXPECT_THROW(judge_labels(by_first, texts_, 2), Error);
}

TEST_F(Judgement, OfLabelsOfTokens) {
  const auto of_each = model("g (int64[N,T] tokens, int64[N] lengths) => (float[N,T,2] logits)\n<" +
                             table_ + ">\n{ logits = Gather (table, tokens) }");
  ExampleArrays texts = texts_;
  texts["target"] = Tensor::of<std::int64_t>({3, 2}, {1, 0, 1, kIgnoredTarget, 0, kIgnoredTarget});
  const LabelJudgement judgement = judge_labels(of_each, texts, 2);
  EXPECT_EQ(judgement.confusion.total(), 4);
  EXPECT_NEAR(judgement.loss, -std::log(0.75 * 0.5 * 0.5 * 0.25) / 4, 1e-6);
  EXPECT_DOUBLE_EQ(judgement.confusion.accuracy(), 0.5);
}

/// Scores log 3 for token 1 after the first `after` tokens of a stream, which the state counts, and
/// equal ones before.
constexpr const char* kCounting = R"(g (int64[N,T] tokens, float[N,1] before)
    => (float[N,T,2] logits, float[N,1] behind)
<float[1,1,2] step = {0, 1.0986123}, float limit = {300}, int64[1] last = {-1}, int64 axis = {1}>
{ zeros = Sub (tokens, tokens)
  none = Cast <to = 1> (zeros)
  half = Exp (none)
  counts = CumSum (half, axis)
  all = Add (counts, before)
  behind = Gather <axis = 1> (all, last)
  is_late = Greater (all, limit)
  late = Cast <to = 1> (is_late)
  column = Unsqueeze (late, last)
  logits = Mul (column, step) })";

TEST_F(Judgement, OfLongTexts) {
  const auto bigrams = model("g (int64[N,T] tokens) => (float[N,T,2] logits)\n<" + table_ +
                             ">\n{ logits = Gather (table, tokens) }");
  const ExampleArrays text{{"tokens", Tensor::of<std::int64_t>({4}, {0, 1, 1, 0})}};
  const TextJudgement judgement = judge_text(bigrams, text, std::nullopt);
  EXPECT_EQ(judgement.tokens, 3);
  // After 0 comes 1 with 3/4, after 1 comes 1 and then 0 with 1/2.
  EXPECT_NEAR(judgement.loss, -std::log(0.75 * 0.5 * 0.5) / 3, 1e-6);
  EXPECT_NEAR(judgement.accuracy, 2.0 / 3, 1e-12);
  const TextJudgement with_end = judge_text(bigrams, text, 1);
  EXPECT_EQ(with_end.tokens, 4);
  EXPECT_NEAR(with_end.loss, -std::log(0.5 * 0.75 * 0.5 * 0.5) / 4, 1e-6);
  EXPECT_THROW(judge_text(bigrams, {{"tokens", Tensor::of<std::int64_t>({1}, {0})}}, {}), Error);
}

TEST_F(Judgement, CarriesStatesThroughALongText) {
  const auto counting =
      model(kCounting, "metadata_props: [\"gatefold.states\": \"behind=before\"], ");
  Tensor tokens(DataType::kInt64, {1001});
  std::fill_n(tokens.data<std::int64_t>(), 1001, 1);
  const TextJudgement judgement = judge_text(counting, {{"tokens", tokens}}, std::nullopt);
  // 300 predictions with 1/2, 700 with 3/4.
  EXPECT_NEAR(judgement.loss, -(300 * std::log(0.5) + 700 * std::log(0.75)) / 1000, 1e-6);
}

}  // namespace
}  // namespace gatefold::test
