#include "session/training/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/error.h"

namespace gatefold::test {
namespace {

const LossSpec kClasses{.type = "cross_entropy", .ignore_index = -1};

// Highest scores: 1, 0, 1.
const Tensor kScores = Tensor::of<float>({3, 2}, {0, 1, 3, 2, 0, 5});

TEST(Metrics, CountsHits) {
  Metrics metrics(kClasses, {"accuracy"});
  metrics.add(1, kScores, Tensor::of<std::int64_t>({3}, {1, 1, -1}));
  EXPECT_EQ(metrics.values(), std::vector<double>{0.5});
  metrics.add(1, kScores, Tensor::of<std::int64_t>({3}, {1, 0, 1}));
  EXPECT_EQ(metrics.values(), std::vector<double>{0.8});
}

TEST(Metrics, FindsTheClassesAlongTheirAxis) {
  Metrics metrics({.type = "nll", .class_axis = 1}, {"accuracy"});
  // [1, classes 2, places 3]: highest 0, 1, 1.
  const Tensor logs = Tensor::of<float>({1, 2, 3}, {5, 0, 0, 1, 1, 1});
  metrics.add(1, logs, Tensor::of<std::int64_t>({1, 3}, {0, 1, 0}));
  EXPECT_DOUBLE_EQ(metrics.values().front(), 2.0 / 3);
}

TEST(Metrics, WeighsLossesByTheTargetsThatCount) {
  Metrics metrics(kClasses, {"perplexity"});
  metrics.add(1, kScores, Tensor::of<std::int64_t>({3}, {1, -1, -1}));
  metrics.add(3, kScores, Tensor::of<std::int64_t>({3}, {0, 0, 0}));
  EXPECT_DOUBLE_EQ(metrics.loss(), (1 + 3 * 3) / 4.0);
  EXPECT_DOUBLE_EQ(metrics.values().front(), std::exp(2.5));
}

TEST(Metrics, AveragesSumsOverBatches) {
  Metrics metrics({.type = "cross_entropy", .reduction = "sum"}, {"perplexity"});
  metrics.add(6, kScores, Tensor::of<std::int64_t>({3}, {0, 0, 0}));
  metrics.add(3, kScores, Tensor::of<std::int64_t>({3}, {0, 0, 0}));
  EXPECT_DOUBLE_EQ(metrics.loss(), 4.5);
  EXPECT_DOUBLE_EQ(metrics.values().front(), std::exp(1.5));
}

TEST(Metrics, ShowsItselfAndStartsAnew) {
  Metrics metrics(kClasses, {"accuracy", "perplexity"});
  metrics.add(0, kScores, Tensor::of<std::int64_t>({3}, {1, 0, 1}));
  EXPECT_EQ(metrics.to_string(), "loss 0.0000, accuracy 1.0000, perplexity 1.0000");
  metrics.restore({});
  EXPECT_EQ(metrics.to_string(), "loss 0.0000, accuracy 0.0000, perplexity 1.0000");
}

TEST(Metrics, CountsBatchesWithoutTargetsAndNothingElseOfThem) {
  Metrics metrics(kClasses, {"accuracy"});
  metrics.add(1, kScores, Tensor::of<std::int64_t>({3}, {1, 1, -1}));
  metrics.add(0, kScores, Tensor::of<std::int64_t>({3}, {-1, -1, -1}));
  EXPECT_EQ(metrics.to_string(), "loss 1.0000, accuracy 0.5000, 1 batch without targets");
  metrics.add(0, kScores, Tensor::of<std::int64_t>({3}, {-1, -1, -1}));
  EXPECT_EQ(metrics.to_string(), "loss 1.0000, accuracy 0.5000, 2 batches without targets");
  Metrics weighted({.type = "nll", .ignore_index = -1, .class_weights = {1, 0}}, {});
  weighted.add(0, kScores, Tensor::of<std::int64_t>({3}, {1, 1, -1}));
  EXPECT_EQ(weighted.sums().empty_batches, 1);
  weighted.add(2, kScores, Tensor::of<std::int64_t>({3}, {0, 1, -1}));
  EXPECT_DOUBLE_EQ(weighted.loss(), 2);
}

TEST(Metrics, RefusesWhatItDoesNotKnow) {
  EXPECT_THROW(Metrics(kClasses, {"f1"}), Error);
  EXPECT_THROW(Metrics({.type = "mse"}, {"accuracy"}), Error);
}

}  // namespace
}  // namespace gatefold::test
