#include "language/corpora/teacher_forcing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "language/projects/joined_graph.h"
#include "language/templates/template.h"
#include "session/carried_states.h"
#include "session/compiled_model.h"
#include "session/session.h"
#include "session/training/trainer.h"

namespace gatefold::test {
namespace {

constexpr std::int64_t kExamples = 3;
constexpr std::int64_t kSteps = 5;

/// Batches of one array.
class Source : public BatchSource {
 public:
  std::int64_t batches_per_epoch() const override { return 10; }
  Batch batch(std::int64_t /*epoch*/, std::int64_t /*index*/) override {
    return {{"target_tokens", Tensor(DataType::kInt64, {1, 200})}};
  }
  bool starts_anew(std::int64_t /*index*/) const override { return false; }
  std::int64_t samples(std::int64_t /*index*/) const override { return 1; }
};

TEST(TeacherForcing, GivesFewerTokensTowardsTheEndOfTheRun) {
  const auto make = [](std::uint64_t seed) {
    TeacherForcing source(std::make_unique<Source>(), {.first = 1, .last = 0.2}, seed);
    source.set_run_length(21);
    return source;
  };
  TeacherForcing source = make(1);
  const auto drawn = [](TeacherForcing& from, std::int64_t epoch, std::int64_t index) {
    const Tensor forced = from.batch(epoch, index).at("forced");
    return std::vector<bool>(forced.data<bool>(), forced.data<bool>() + forced.size());
  };
  const auto share = [&](std::int64_t epoch, std::int64_t index) {
    const std::vector<bool> forced = drawn(source, epoch, index);
    return static_cast<double>(std::count(forced.begin(), forced.end(), true)) / 200;
  };
  EXPECT_EQ(share(0, 0), 1);
  EXPECT_NEAR(share(1, 0), 0.6, 0.1);
  EXPECT_NEAR(share(2, 0), 0.2, 0.1);
  TeacherForcing same = make(1);
  TeacherForcing other = make(2);
  EXPECT_EQ(drawn(source, 1, 3), drawn(same, 1, 3));
  EXPECT_NE(drawn(source, 1, 3), drawn(source, 1, 4));
  EXPECT_NE(drawn(source, 1, 3), drawn(other, 1, 3));
}

TEST(TeacherForcing, GivesAllTokensWithoutARun) {
  TeacherForcing source(std::make_unique<Source>(), {.first = 0, .last = 0}, 1);
  const Tensor forced = source.batch(0, 5).at("forced");
  EXPECT_EQ(std::count(forced.data<bool>(), forced.data<bool>() + 200, true), 200);
}

TEST(TeacherForcing, ReadsTwoShares) {
  const ForcedShare share = parse_forced_share("1:0.3");
  EXPECT_EQ(share.first, 1);
  EXPECT_EQ(share.last, 0.3);
  for (const char* text : {"", "1", "1:", ":1", "1:2", "-1:0", "1:x", "1:0:0", "nan:1"}) {
    EXPECT_THROW(parse_forced_share(text), Error) << text;
  }
}

/// An encoder and a decoder.
struct Pair {
  Model encoder;
  Model decoder;

  std::shared_ptr<Graph> joined(DecoderFeed feed) const {
    return join_graphs(*encoder.graph, *decoder.graph, stated_states(decoder), feed);
  }
};

Pair make_pair(TemplateOptions options) {
  options.embedding = 4;
  options.hidden = 6;
  options.seed = 5;
  auto models = find_template("seq2seq").make(options, {.tokens = 9, .padding = 0, .targets = 12});
  return {std::move(models[0].model), std::move(models[1].model)};
}

Batch make_batch() {
  return {{"tokens", Tensor::of<std::int64_t>({kExamples, 2}, {1, 2, 3, 0, 5, 6})},
          {"lengths", Tensor::of<std::int64_t>({kExamples}, {2, 1, 2})},
          {"target_tokens", Tensor::of<std::int64_t>({kExamples, kSteps}, {1, 2, 3, 4, 5, 1, 7, 8,
                                                                           9, 10, 1, 3, 5, 0, 0})},
          {"target", Tensor::of<std::int64_t>({kExamples, kSteps}, {2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
                                                                    3, 5, 2, -100, -100})}};
}

/// The tokens that the decoder reads when it is run step by step.
Tensor read_step_by_step(const Pair& pair, const Batch& batch, const std::vector<bool>& forced) {
  Session encoder(load(pair.encoder));
  Session decoder(load(pair.decoder), stated_states(pair.decoder));
  NamedData inputs =
      encoder.run({{"tokens", batch.at("tokens")}, {"lengths", batch.at("lengths")}});
  for (const CarriedState& state : stated_states(pair.decoder)) {
    const auto found = inputs.extract(state.output);
    inputs[state.input] = found.mapped();
  }
  if (decoder.model().inputs().size() < 4) {
    inputs.erase("encoder_output");
    inputs.erase("encoder_mask");
  }
  Tensor read = batch.at("target_tokens").clone();
  for (std::int64_t t = 0; t < kSteps; ++t) {
    Tensor column(DataType::kInt64, {kExamples, 1});
    for (std::int64_t n = 0; n < kExamples; ++n) {
      column.data<std::int64_t>()[n] = read.data<std::int64_t>()[n * kSteps + t];
    }
    inputs["target_tokens"] = column;
    const NamedData& outputs = decoder.run(inputs);
    const auto logits = std::get<Tensor>(outputs.at("logits")).values<float>();
    const auto classes = std::ssize(logits) / kExamples;
    for (std::int64_t n = 0; n < kExamples && t + 1 < kSteps && !forced[t + 1]; ++n) {
      const auto begin = logits.begin() + n * classes;
      read.data<std::int64_t>()[n * kSteps + t + 1] =
          std::max_element(begin, begin + classes) - begin;
    }
    for (const CarriedState& state : stated_states(pair.decoder)) inputs.erase(state.input);
  }
  return read;
}

TEST(JoinedGraphs, FeedTheirDecoderAsIfItRanStepByStep) {
  const std::vector<bool> forced{false, true, false, false, true};
  for (const char* cell : {"lstm", "gru"}) {
    for (const char* attention : {"none", "luong", "bahdanau"}) {
      const Pair pair = make_pair({.cell = cell, .layers = 2, .attention = attention});
      TrainingPlan plan;
      plan.step.loss.type = "cross_entropy";
      plan.step.optimizer = {.type = "sgd", .learning_rate = 2};
      Trainer fed(*pair.joined(DecoderFeed::kChoices), plan, {}, {});
      Trainer given(*pair.joined(DecoderFeed::kTargets), plan, {}, {});
      Batch batch = make_batch();
      Tensor mask(DataType::kBool, {kSteps});
      std::copy(forced.begin(), forced.end(), mask.data<bool>());
      const Tensor read = read_step_by_step(pair, batch, forced);
      EXPECT_NE(read.to_int64(), batch.at("target_tokens").to_int64());
      batch["forced"] = mask;
      const Trainer::Result found = fed.step(batch);
      batch.erase("forced");
      batch["target_tokens"] = read;
      const Trainer::Result wanted = given.step(batch);
      EXPECT_NEAR(found.loss, wanted.loss, 1e-5) << cell << " " << attention;
      EXPECT_NEAR(found.gradient_norm, wanted.gradient_norm, 1e-5) << cell << " " << attention;
    }
  }
}

}  // namespace
}  // namespace gatefold::test
