#include "session/training/length_buckets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/random.h"
#include "session/training/dataset.h"

namespace gatefold::test {
namespace {

using Numbers = std::vector<std::int64_t>;

constexpr std::int64_t kIgnored = -100;

/// Examples of a tagger: example i has the token i + 1 as often as it is long.
class LengthBucketsTest : public testing::Test {
 protected:
  static constexpr const char* kTagger = "int64[N,T] tokens, int64[N] lengths, int64[N,T] target";

  static std::map<std::string, Tensor> examples(const Numbers& lengths) {
    const auto count = std::ssize(lengths);
    const std::int64_t longest = *std::max_element(lengths.begin(), lengths.end());
    Tensor tokens(DataType::kInt64, {count, longest});
    Tensor target(DataType::kInt64, {count, longest});
    std::fill_n(target.data<std::int64_t>(), target.size(), kIgnored);
    for (std::int64_t i = 0; i < count; ++i) {
      std::fill_n(tokens.data<std::int64_t>() + i * longest, lengths[i], i + 1);
      std::fill_n(target.data<std::int64_t>() + i * longest, lengths[i], 0);
    }
    return {{"tokens", tokens},
            {"lengths", Tensor::of<std::int64_t>({count}, std::span(lengths))},
            {"target", target}};
  }

  static Numbers random_lengths(std::int64_t count) {
    const RandomNumbers random(7);
    Numbers lengths;
    for (std::int64_t i = 0; i < count; ++i) {
      lengths.push_back(1 + static_cast<std::int64_t>(random.uniform(i) * 20));
    }
    return lengths;
  }

  Dataset dataset(std::map<std::string, Tensor> arrays, BatchOptions options = {.batch_size = 4},
                  const std::string& inputs = kTagger) {
    options.bucket = true;
    if (!options.ignored_class) options.ignored_class = kIgnored;
    model_ = parse_model("g (" + inputs + ") => (y, t) { y = Shape (lengths) t = Shape (target) }");
    const auto& wanted = model_.graph->inputs();
    return {{.arrays = std::move(arrays)}, {wanted.begin(), wanted.end()}, "target", options};
  }

  std::string complaint(const std::map<std::string, Tensor>& arrays,
                        const std::string& inputs = kTagger, const BatchOptions& options = {}) {
    try {
      dataset(arrays, options, inputs);
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing";
  }

 private:
  Model model_;
};

TEST_F(LengthBucketsTest, CutEachBatchToItsLongestExample) {
  Dataset data = dataset(examples({5, 1, 3, 2, 4, 1, 5}), {.batch_size = 2});
  ASSERT_EQ(data.batches_per_epoch(), 4);
  const std::vector<Numbers> expected{{2, 6}, {4, 3}, {5, 1}, {7}};
  const Numbers longest{1, 3, 5, 5};
  for (std::int64_t i = 0; i < 4; ++i) {
    const Batch batch = data.batch(0, i);
    const std::int64_t count = std::ssize(expected[i]);
    for (const char* name : {"tokens", "target"}) {
      EXPECT_EQ(batch.at(name).dims(), (Dims{count, longest[i]})) << i;
    }
    for (std::int64_t k = 0; k < count; ++k) {
      EXPECT_EQ(batch.at("tokens").to_int64()[k * longest[i]], expected[i][k]);
    }
  }
}

TEST_F(LengthBucketsTest, TakeEveryExampleOnceAnEpochInAnotherOrder) {
  const BatchOptions options{.batch_size = 4, .shuffle = true, .seed = 3};
  Dataset data = dataset(examples(random_lengths(1001)), options);
  const auto order = [&](std::int64_t epoch) {
    Numbers examples;
    for (std::int64_t i = 0; i < data.batches_per_epoch(); ++i) {
      const Tensor tokens = data.batch(epoch, i).at("tokens");
      EXPECT_EQ(tokens.dims()[0], data.samples(i));
      for (std::int64_t row = 0; row < tokens.dims()[0]; ++row) {
        examples.push_back(tokens.to_int64()[row * tokens.dims()[1]]);
      }
    }
    return examples;
  };
  const Numbers first = order(0);
  const Numbers second = order(1);
  EXPECT_NE(first, second);
  EXPECT_EQ(order(0), first);
  EXPECT_EQ(std::set(first.begin(), first.end()).size(), 1001);
  EXPECT_EQ(std::set(second.begin(), second.end()).size(), 1001);
}

TEST_F(LengthBucketsTest, LeaveLittlePaddingAndNoOrderOfLengths) {
  const Numbers lengths = random_lengths(1600);
  Dataset data = dataset(examples(lengths), {.batch_size = 4, .shuffle = true});
  std::int64_t padding = 0;
  int falls = 0;
  std::int64_t previous = 0;
  for (std::int64_t i = 0; i < data.batches_per_epoch(); ++i) {
    const Batch batch = data.batch(0, i);
    const std::int64_t longest = batch.at("tokens").dims()[1];
    for (const std::int64_t length : batch.at("lengths").to_int64()) padding += longest - length;
    falls += longest < previous ? 1 : 0;
    previous = longest;
  }
  EXPECT_LT(padding, 200);
  EXPECT_GT(falls, 100);
}

TEST_F(LengthBucketsTest, CutWhatTheTargetsLeaveOut) {
  auto arrays = examples({3, 2, 2});
  arrays["target"] = Tensor::of<std::int64_t>(
      {3, 4}, {1, 1, kIgnored, kIgnored, kIgnored, 1, kIgnored, kIgnored, 1, 1, 1, kIgnored});
  arrays["target_tokens"] =
      Tensor::of<std::int64_t>({3, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const char* inputs =
      "int64[N,S] tokens, int64[N] lengths, int64[N,T] target_tokens, int64[N,T] target";
  Dataset data = dataset(arrays, {.batch_size = 2}, inputs);
  const Batch batch = data.batch(0, 0);  // Examples 1 and 0.
  EXPECT_EQ(batch.at("tokens").dims(), (Dims{2, 3}));
  EXPECT_EQ(batch.at("target_tokens").to_int64(), (Numbers{5, 6, 1, 2}));
  EXPECT_EQ(batch.at("target").dims(), (Dims{2, 2}));
  const Batch last = data.batch(0, 1);
  EXPECT_EQ(last.at("tokens").dims(), (Dims{1, 2}));
  EXPECT_EQ(last.at("target").dims(), (Dims{1, 3}));
}

TEST_F(LengthBucketsTest, CutNothingThatCounts) {
  auto arrays = examples({2, 1});
  arrays["target"] = Tensor::of<std::int64_t>({2, 2}, {0, kIgnored, kIgnored, 0});
  EXPECT_EQ(dataset(arrays, {.batch_size = 1}).batch(0, 1).at("tokens").dims(), (Dims{1, 2}));
  auto longer = examples({2, 1});
  EXPECT_EQ(dataset(longer, {.batch_size = 1, .ignored_class = 7}).batch(0, 1).at("target").dims(),
            (Dims{1, 2}));
}

TEST_F(LengthBucketsTest, CountTimeAlongTheOtherAxis) {
  auto arrays = examples({1, 3});
  arrays["tokens"] = Tensor::of<std::int64_t>({3, 2}, {1, 2, 0, 2, 0, 2});
  arrays["target"] = Tensor::of<std::int64_t>({3, 2}, {0, 0, kIgnored, 0, kIgnored, 0});
  Dataset data = dataset(arrays, {.batch_size = 1, .batch_axes = {{"tokens", 1}, {"target", 1}}},
                         "int64[T,N] tokens, int64[N] lengths, int64[T,N] target");
  EXPECT_EQ(data.batch(0, 0).at("tokens").dims(), (Dims{1, 1}));
  EXPECT_EQ(data.batch(0, 0).at("target").dims(), (Dims{1, 1}));
  EXPECT_EQ(data.batch(0, 1).at("tokens").dims(), (Dims{3, 1}));
}

TEST_F(LengthBucketsTest, RefuseWhatHasNoLengths) {
  const auto said = [&](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  auto arrays = examples({1, 2});
  arrays["lengths"] = arrays["tokens"];
  said(complaint(arrays, "int64[N,T] tokens, int64[N,T] lengths, int64[N,T] target"),
       "has no array 'lengths' with one axis");
  said(complaint(examples({1, 2}), "int64[N,2] tokens, int64[N] lengths, int64[N,2] target"),
       "no array has a time axis");
  auto beyond = examples({1, 2});
  beyond["lengths"] = Tensor::of<std::int64_t>({2}, {1, 3});
  said(complaint(beyond), "says that example 1 has 3 steps, but array 'target' has 2");
  said(complaint(examples({1, 2}), kTagger, {.chunk = 1}), "not cut into chunks");
}

}  // namespace
}  // namespace gatefold::test
