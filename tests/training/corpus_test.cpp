#include "session/training/corpus.h"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "frontend/onnx_reader.h"
#include "ir/error.h"

namespace gatefold::test {
namespace {

/// A corpus for a language model with the input `tokens`, of the numbers from 0 to below `size`.
class CorpusTest : public testing::Test {
 protected:
  Corpus corpus(std::int64_t size, const BatchOptions& options,
                std::map<std::string, Tensor> more = {}) {
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(size));
    std::iota(numbers.begin(), numbers.end(), 0);
    more["tokens"] = Tensor::of({size}, std::span<const std::int64_t>(numbers));
    const DataSource source{.path = {}, .arrays = more};
    const std::vector<const Value*> wanted(model_.graph->inputs().begin(),
                                           model_.graph->inputs().end());
    return Corpus(source, wanted, "target", options);
  }

  static std::vector<std::int64_t> values(const Batch& batch, const std::string& name) {
    return batch.at(name).to_int64();
  }

 private:
  Model model_ = parse_model(
      "g (int64[N,T] tokens, int64[N,T] target) => (int64[N,T] y) { y = Add(tokens, target) }");
};

using Numbers = std::vector<std::int64_t>;

TEST_F(CorpusTest, CutsLanesIntoChunksThatFollowOneAnother) {
  Corpus text = corpus(15, {.batch_size = 2, .chunk = 3});  // Lanes of 7 with 14 targets.
  ASSERT_EQ(text.batches_per_epoch(), 3);
  EXPECT_EQ(values(text.batch(0, 0), "tokens"), (Numbers{0, 1, 2, 7, 8, 9}));
  EXPECT_EQ(values(text.batch(0, 0), "target"), (Numbers{1, 2, 3, 8, 9, 10}));
  EXPECT_EQ(values(text.batch(0, 1), "tokens"), (Numbers{3, 4, 5, 10, 11, 12}));
  EXPECT_EQ(values(text.batch(0, 2), "tokens"), (Numbers{6, 13}));
  EXPECT_EQ(values(text.batch(0, 2), "target"), (Numbers{7, 14}));
  EXPECT_TRUE(text.starts_anew(0));
  EXPECT_FALSE(text.starts_anew(1));
}

TEST_F(CorpusTest, MakesNoLaneShorterThanAsked) {
  // Lanes of 7 instead of 3.
  Corpus text = corpus(15, {.batch_size = 4, .chunk = 7, .shortest_lane = 6});
  ASSERT_EQ(text.batches_per_epoch(), 1);
  EXPECT_EQ(values(text.batch(0, 0), "tokens"),
            (Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}));
  Corpus brief = corpus(15, {.batch_size = 4, .chunk = 2, .shortest_lane = 100});
  EXPECT_EQ(values(brief.batch(0, 1), "tokens"), (Numbers{2, 3}));
}

TEST_F(CorpusTest, TakesTargetsThatAreGiven) {
  const Tensor target = Tensor::of<std::int64_t>({4}, {9, 8, 7, 6});
  Corpus text = corpus(4, {.batch_size = 1, .chunk = 4}, {{"target", target}});
  EXPECT_EQ(values(text.batch(0, 0), "target"), (Numbers{9, 8, 7, 6}));
}

TEST_F(CorpusTest, OrdersTextsAnewInEachEpoch) {
  const Tensor starts = Tensor::of<std::int64_t>({4}, {0, 2, 5, 9});
  const BatchOptions options{.batch_size = 1, .chunk = 12, .shuffle = true, .seed = 3};
  Corpus text = corpus(13, options, {{"starts", starts}});
  std::set<Numbers> orders;
  for (std::int64_t epoch = 0; epoch < 8; ++epoch) {
    const Numbers tokens = values(text.batch(epoch, 0), "tokens");
    const Numbers targets = values(text.batch(epoch, 0), "target");
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) EXPECT_EQ(targets[i], tokens[i + 1]);
    orders.insert(tokens);
  }
  EXPECT_GT(orders.size(), 3);
  EXPECT_EQ(values(text.batch(2, 0), "tokens"), values(text.batch(2, 0), "tokens"));
}

TEST_F(CorpusTest, RefusesWhatIsNoText) {
  EXPECT_THROW(corpus(5, {.batch_size = 5}), Error);
  EXPECT_THROW(corpus(9, {}, {{"starts", Tensor::of<std::int64_t>({2}, {1, 3})}}), Error);
  EXPECT_THROW(corpus(9, {}, {{"starts", Tensor::of<std::int64_t>({2}, {0, 30})}}), Error);
  EXPECT_THROW(corpus(9, {}, {{"target", Tensor::of<std::int64_t>({2}, {0, 3})}}), Error);
  EXPECT_THROW(corpus(9, {}, {{"other", Tensor(DataType::kInt64, {9})}}), Error);
}

}  // namespace
}  // namespace gatefold::test
