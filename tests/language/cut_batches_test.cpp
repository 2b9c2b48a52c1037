#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "language/projects/joined_graph.h"
#include "language/templates/template.h"
#include "session/carried_states.h"
#include "session/training/dataset.h"
#include "session/training/trainer.h"

namespace gatefold::test {
namespace {

constexpr DataSizes kSizes{.tokens = 11, .padding = 0, .targets = 7};
constexpr std::int64_t kIgnored = -100;
constexpr std::int64_t kExamples = 6;
constexpr std::int64_t kLongest = 5;

/// The graph that trains a template.
std::shared_ptr<Graph> training_graph(const std::string& name, TemplateOptions options) {
  options.embedding = 4;
  options.hidden = 5;
  const auto models = find_template(name).make(options, kSizes);
  if (models.size() == 1) return models[0].model.graph;
  const Model& decoder = models[1].model;
  return join_graphs(*models[0].model.graph, *decoder.graph, stated_states(decoder));
}

/// int64 [kExamples, extent] of numbers up to the length of each row, then `padding`.
Tensor rows(std::int64_t extent, std::int64_t padding, std::int64_t shift = 0) {
  Tensor array(DataType::kInt64, {kExamples, extent});
  std::fill_n(array.data<std::int64_t>(), array.size(), padding);
  for (std::int64_t i = 0; i < kExamples; ++i) {
    const std::int64_t length = 1 + (i * 2 + shift) % extent;
    for (std::int64_t t = 0; t < length; ++t) {
      array.data<std::int64_t>()[i * extent + t] = 1 + (i + t) % 6;
    }
  }
  return array;
}

std::map<std::string, Tensor> arrays_for(const std::string& name) {
  std::map<std::string, Tensor> arrays{{"tokens", rows(kLongest, 0)}};
  Tensor lengths(DataType::kInt64, {kExamples});
  for (std::int64_t i = 0; i < kExamples; ++i) {
    lengths.data<std::int64_t>()[i] = 1 + i * 2 % kLongest;
  }
  arrays["lengths"] = lengths;
  if (name == "classifier") {
    arrays["target"] = Tensor::of<std::int64_t>({kExamples}, {0, 1, 2, 3, 4, 5});
  } else if (name == "tagger") {
    arrays["target"] = rows(kLongest, kIgnored);
  } else {
    arrays["target_tokens"] = rows(4, 0, 1);
    arrays["target"] = rows(4, kIgnored, 1);
  }
  return arrays;
}

/// The batch with padding behind its examples again, up to the extents of the whole arrays.
Batch padded_again(const Batch& batch, const std::map<std::string, Tensor>& arrays) {
  Batch whole;
  for (const auto& [name, part] : batch) {
    if (part.rank() < 2) {
      whole[name] = part;
      continue;
    }
    const std::int64_t extent = arrays.at(name).dims()[1];
    const std::int64_t cut = part.dims()[1];
    Tensor array(DataType::kInt64, {part.dims()[0], extent});
    std::fill_n(array.data<std::int64_t>(), array.size(), name == "target" ? kIgnored : 0);
    for (std::int64_t i = 0; i < part.size(); ++i) {
      array.data<std::int64_t>()[i / cut * extent + i % cut] = part.data<std::int64_t>()[i];
    }
    whole[name] = array;
  }
  return whole;
}

TEST(CutBatches, GiveTheLossesAndGradientsOfWholeOnes) {
  const TemplateOptions options{.layers = 2, .bidirectional = true, .attention = "luong"};
  for (const char* name : {"classifier", "tagger", "seq2seq"}) {
    const auto graph = training_graph(name, options);
    TrainingPlan plan;
    plan.step.loss.type = "cross_entropy";
    plan.step.optimizer = {.type = "sgd", .learning_rate = 0.1};
    Trainer cut(*graph, plan, {}, {});
    Trainer whole(*graph, plan, {}, {});
    const auto arrays = arrays_for(name);
    Dataset data({.arrays = arrays}, cut.data_inputs(), "target",
                 {.batch_size = 2, .bucket = true, .ignored_class = kIgnored});
    std::int64_t cut_arrays = 0;
    for (std::int64_t i = 0; i < data.batches_per_epoch(); ++i) {
      const Batch batch = data.batch(0, i);
      const Batch again = padded_again(batch, arrays);
      for (const auto& [array, tensor] : batch) {
        cut_arrays += tensor.size() < again.at(array).size() ? 1 : 0;
      }
      const Trainer::Result found = cut.step(batch);
      const Trainer::Result wanted = whole.step(again);
      EXPECT_NEAR(found.loss, wanted.loss, 1e-5) << name << " " << i;
      EXPECT_NEAR(found.gradient_norm, wanted.gradient_norm, 1e-5) << name << " " << i;
    }
    EXPECT_GT(cut_arrays, 1) << name;
  }
}

}  // namespace
}  // namespace gatefold::test
