#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "language/corpora/word_pairs.h"
#include "language/corpora/word_windows.h"

namespace gatefold::test {
namespace {

using Numbers = std::vector<std::int64_t>;

DataSource text(const Numbers& tokens) {
  return {
      .path = {},
      .arrays = {{"tokens", Tensor::of<std::int64_t>({std::ssize(tokens)}, std::span(tokens))}}};
}

/// Two texts: 1 2 3 4 and 5; nothing crosses the end of one.
const Numbers kTexts{1, 2, 3, 4, -1, 5, -1};

TEST(WordWindows, HoldTheNeighboursOfEachToken) {
  WordWindows source(text(kTexts), "target", {.batch_size = 3}, {.window = 2, .negatives = 4});
  ASSERT_EQ(source.batches_per_epoch(), 2);
  EXPECT_EQ(source.samples(1), 1);
  std::map<std::int64_t, Numbers> found;
  for (std::int64_t i = 0; i < 2; ++i) {
    const Batch batch = source.batch(0, i);
    EXPECT_EQ(batch.at("context").dims(), (Dims{source.samples(i), 4}));
    EXPECT_EQ(batch.at("candidates").dims(), (Dims{source.samples(i), 5}));
    for (std::int64_t n = 0; n < source.samples(i); ++n) {
      const std::int64_t length = batch.at("lengths").to_int64()[n];
      const Numbers context = batch.at("context").to_int64();
      const auto begin = context.begin() + n * 4;
      found[batch.at("candidates").to_int64()[n * 5]] = {begin, begin + length};
      EXPECT_TRUE(std::all_of(begin + length, begin + 4, [](auto token) { return token == 0; }));
      for (std::int64_t k = 0; k < 5; ++k) {
        EXPECT_EQ(batch.at("target").number_at(n * 5 + k), k == 0 ? 1 : 0);
      }
    }
  }
  const std::map<std::int64_t, Numbers> expected{
      {1, {2, 3}}, {2, {1, 3, 4}}, {3, {2, 1, 4}}, {4, {3, 2}}};
  EXPECT_EQ(found, expected);
}

TEST(WordPairs, HoldEachNeighbourOfEachToken) {
  WordPairs source(text(kTexts), "target", {.batch_size = 100}, {.window = 1, .negatives = 2});
  const Batch batch = source.batch(0, 0);
  std::set<std::pair<std::int64_t, std::int64_t>> found;
  for (std::int64_t n = 0; n < source.samples(0); ++n) {
    found.emplace(batch.at("center").to_int64()[n], batch.at("context").to_int64()[n * 3]);
  }
  const std::set<std::pair<std::int64_t, std::int64_t>> expected{{1, 2}, {2, 1}, {2, 3},
                                                                 {3, 2}, {3, 4}, {4, 3}};
  EXPECT_EQ(found, expected);
}

TEST(WordWindows, DrawOthersAnewInProportionToTheirCounts) {
  Numbers tokens;
  for (int i = 0; i < 160; ++i) tokens.push_back(i % 16 == 0 ? 1 : 0);
  WordWindows source(text(tokens), "target", {.batch_size = 1000}, {.window = 1, .negatives = 50});
  const Numbers first = source.batch(0, 0).at("candidates").to_int64();
  EXPECT_NE(source.batch(1, 0).at("candidates").to_int64(), first);
  EXPECT_EQ(source.batch(0, 0).at("candidates").to_int64(), first);
  double rare = 0;
  for (std::size_t i = 0; i < first.size(); ++i) rare += i % 51 == 0 ? 0 : first[i];
  const double share = std::pow(10, 0.75) / (std::pow(10, 0.75) + std::pow(150, 0.75));
  EXPECT_NEAR(rare / (160.0 * 50), share, 0.01);
}

TEST(WordWindows, RefuseTextsWithoutNeighbours) {
  EXPECT_THROW(WordWindows(text({1, -1, 2}), "target", {}, {}), Error);
  EXPECT_THROW(WordPairs({.path = {}, .arrays = {}}, "target", {}, {}), Error);
}

}  // namespace
}  // namespace gatefold::test
