#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
#include "ir/error.h"
#include "ir/op_def.h"
#include "ir/value_names.h"
#include "language/projects/joined_graph.h"
#include "language/templates/initial_weights.h"
#include "language/templates/template.h"
#include "session/arrays/files.h"
#include "session/carried_states.h"
#include "session/compiled_model.h"
#include "session/session.h"
#include "tests/temporary_folder.h"

namespace gatefold::test {
namespace {

constexpr DataSizes kSizes{.tokens = 11, .padding = 0, .targets = 7};

/// The first numbers of seed 1 for fc.weight in [-0.5, 0.5) and for embedding.weight.
constexpr float kFirstUniform = -0x1.f2e76e0p-2F;
constexpr float kFirstNormal = 0x1.0fd6740p+0F;

std::int64_t count_nodes(const Graph& graph, std::string_view op) {
  return std::count_if(graph.nodes().begin(), graph.nodes().end(),
                       [&](const auto& node) { return node->op().name == op; });
}

std::set<std::string> parameters(const Graph& graph) {
  std::set<std::string> names;
  for (const auto& value : graph.initializers()) {
    if (value->kind() == Value::Kind::kParameter) names.insert(value->name());
  }
  return names;
}

TEST(InitialWeights, AreTheSameOnEveryMachine) {
  const Tensor uniform = uniform_weights(1, "fc.weight", {3}, 0.5);
  const Tensor normal = normal_weights(1, "embedding.weight", {3});
  EXPECT_EQ(uniform.data<float>()[0], kFirstUniform);
  EXPECT_EQ(normal.data<float>()[0], kFirstNormal);
  EXPECT_NE(uniform_weights(2, "fc.weight", {3}, 0.5).data<float>()[0], kFirstUniform);
  EXPECT_NE(uniform_weights(1, "fc.bias", {3}, 0.5).data<float>()[0], kFirstUniform);
}

TEST(InitialWeights, HaveTheMomentsOfTheirDistributions) {
  const std::int64_t count = 100000;
  const auto moment = [&](const Tensor& weights, int power) {
    double sum = 0;
    for (const float weight : weights.values<float>()) sum += std::pow(weight, power);
    return sum / static_cast<double>(count);
  };
  const Tensor normal = normal_weights(3, "a", {count});
  EXPECT_NEAR(moment(normal, 1), 0, 0.02);
  EXPECT_NEAR(moment(normal, 2), 1, 0.02);
  EXPECT_NEAR(moment(normal, 4), 3, 0.1);
  const Tensor uniform = uniform_weights(3, "a", {count}, 2);
  EXPECT_NEAR(moment(uniform, 1), 0, 0.02);
  EXPECT_NEAR(moment(uniform, 2), 4.0 / 3, 0.02);
}

/// A template with small sizes, written to files and read back.
class TemplateFiles : public testing::Test {
 protected:
  Model make(const std::string& name, TemplateOptions options,
             const std::string& file = "model.onnx") {
    options.embedding = 4;
    options.hidden = 5;
    std::string written;
    for (const NamedModel& made : find_template(name).make(options, kSizes)) {
      write_model(made.model, path(made.file));
      if (made.file == file) written = path(file).string();
    }
    return read_model(written);
  }

  std::filesystem::path path(const std::string& file) const { return folder_.path() / file; }

 private:
  TemporaryFolder folder_;
};

TEST_F(TemplateFiles, HaveTheNamesThatPyTorchGives) {
  const Model classifier = make("classifier", {.cell = "gru", .layers = 2});
  EXPECT_EQ(parameters(*classifier.graph),
            (std::set<std::string>{"embedding.weight", "fc.bias", "fc.weight", "rnn.bias_hh_l0",
                                   "rnn.bias_hh_l1", "rnn.bias_ih_l0", "rnn.bias_ih_l1",
                                   "rnn.weight_hh_l0", "rnn.weight_hh_l1", "rnn.weight_ih_l0",
                                   "rnn.weight_ih_l1"}));
  const Model tagger = make("tagger", {.cell = "rnn", .bidirectional = true});
  EXPECT_TRUE(parameters(*tagger.graph).contains("rnn.weight_ih_l0_reverse"));
  const Model decoder = make("seq2seq", {.cell = "rnn", .attention = "bahdanau"}, "decoder.onnx");
  EXPECT_EQ(
      parameters(*decoder.graph),
      (std::set<std::string>{"decoder.attention.Ua.bias", "decoder.attention.Ua.weight",
                             "decoder.attention.Va.bias", "decoder.attention.Va.weight",
                             "decoder.attention.Wa.bias", "decoder.attention.Wa.weight",
                             "decoder.embedding.weight", "decoder.fc.bias", "decoder.fc.weight",
                             "decoder.rnn.bias_hh_l0", "decoder.rnn.bias_ih_l0",
                             "decoder.rnn.weight_hh_l0", "decoder.rnn.weight_ih_l0"}));
}

TEST_F(TemplateFiles, WordVectorsBeginAsThoseOfWord2vec) {
  for (const auto& [name, read, told] : {std::tuple("skipgram", "center.weight", "context.weight"),
                                         std::tuple("cbow", "context.weight", "center.weight")}) {
    const std::vector<NamedModel> models = find_template(name).make({.embedding = 8}, kSizes);
    const Graph& graph = *models.front().model.graph;
    for (const float number : find_initializer(graph, told)->data()->values<float>()) {
      EXPECT_EQ(number, 0) << name;
    }
    const auto numbers = find_initializer(graph, read)->data()->values<float>();
    const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
    EXPECT_TRUE(*least > -1.0F / 16 && *least < -0.9F / 16) << name;
    EXPECT_TRUE(*most < 1.0F / 16 && *most > 0.9F / 16) << name;
  }
}

TEST_F(TemplateFiles, CompileToOneNodeForEachLayer) {
  for (const bool bidirectional : {false, true}) {
    for (const auto& [cell, op] : {std::pair("rnn", "RNN"), {"gru", "GRU"}, {"lstm", "LSTM"}}) {
      const Model model =
          make("tagger", {.cell = cell, .layers = 2, .bidirectional = bidirectional});
      const auto compiled = load(model);
      EXPECT_EQ(count_nodes(compiled->graph(), op), 2) << cell;
      EXPECT_EQ(count_nodes(compiled->graph(), "Split"), 0) << cell;
    }
  }
}

TEST_F(TemplateFiles, RunOnBatchesOfAnyLength) {
  for (const char* name : {"classifier", "tagger"}) {
    Session session(load(make(name, {.layers = 2, .bidirectional = true})));
    const auto& outputs =
        session.run({{"tokens", Tensor::of<std::int64_t>({2, 3}, {1, 2, 3, 4, 0, 0})},
                     {"lengths", Tensor::of<std::int64_t>({2}, {3, 1})}});
    const Dims expected = std::string(name) == "tagger" ? Dims{2, 3, 7} : Dims{2, 7};
    EXPECT_EQ(std::get<Tensor>(outputs.at("logits")).dims(), expected);
  }
}

TEST_F(TemplateFiles, LanguageModelsCarryTheirStates) {
  const Model model = make("char-lm", {.layers = 2});
  EXPECT_EQ(model.metadata.at("gatefold.states"), "hn=h0\ncn=c0");
  const auto compiled = load(model);
  const auto scores = [&](std::vector<std::vector<std::int64_t>> chunks) {
    Session session(compiled);
    std::vector<float> all;
    for (const auto& chunk : chunks) {
      const Tensor tokens = Tensor::of<std::int64_t>({1, std::ssize(chunk)}, std::span(chunk));
      const auto found = std::get<Tensor>(session.run({{"tokens", tokens}}).at("logits"));
      const auto values = found.values<float>();
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  };
  const std::vector<float> whole = scores({{1, 2, 3, 4}});
  const std::vector<float> parts = scores({{1, 2}, {3}, {4}});
  ASSERT_EQ(whole.size(), parts.size());
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(whole[i], parts[i], 1e-5);
}

TEST_F(TemplateFiles, TransformersReadOnlyWhatTheyMay) {
  const TemplateOptions options{.layers = 2, .heads = 2, .window = 6};
  const auto logits = [&](Session& session, const NamedData& inputs) {
    return std::get<Tensor>(session.run(inputs).at("logits")).clone();
  };
  Session language(load(make("transformer-lm", options)));
  const auto read = [](std::vector<std::int64_t> tokens) {
    return NamedData{{"tokens", Tensor::of<std::int64_t>({1, std::ssize(tokens)}, tokens)}};
  };
  const Tensor before = logits(language, read({1, 2, 3, 4}));
  const Tensor after = logits(language, read({1, 2, 3, 5}));
  const std::int64_t width = before.dims().back();
  for (std::int64_t i = 0; i < 3 * width; ++i) {
    EXPECT_NEAR(before.data<float>()[i], after.data<float>()[i], 1e-6) << i;
  }
  EXPECT_NE(before.data<float>()[3 * width], after.data<float>()[3 * width]);

  Session encoder(load(make("transformer-encoder", options)));
  const Tensor short_text = logits(encoder, {{"tokens", Tensor::of<std::int64_t>({1, 2}, {1, 2})},
                                             {"lengths", Tensor::of<std::int64_t>({1}, {2})}});
  const Tensor padded_text =
      logits(encoder, {{"tokens", Tensor::of<std::int64_t>({1, 4}, {1, 2, 9, 9})},
                       {"lengths", Tensor::of<std::int64_t>({1}, {2})}});
  for (std::int64_t i = 0; i < short_text.size(); ++i) {
    EXPECT_NEAR(short_text.data<float>()[i], padded_text.data<float>()[i], 1e-5) << i;
  }
}

TEST_F(TemplateFiles, DecodersReadWhatEncodersDeliver) {
  for (const char* attention : {"none", "luong", "bahdanau"}) {
    const TemplateOptions options{.layers = 2, .bidirectional = true, .attention = attention};
    const Model encoder = make("seq2seq", options);
    const Model decoder = make("seq2seq", options, "decoder.onnx");
    const auto joined = join_graphs(*encoder.graph, *decoder.graph, stated_states(decoder));
    std::set<std::string> inputs;
    for (const Value* input : joined->inputs()) inputs.insert(input->name());
    EXPECT_EQ(inputs, (std::set<std::string>{"tokens", "lengths", "target_tokens"}));
    EXPECT_EQ(joined->outputs().front().name, "logits");
  }
}

TEST_F(TemplateFiles, HoldTheSameBytesForTheSameSeed) {
  for (const Template& kind : all_templates()) {
    TemplateOptions options{.layers = 2, .attention = "bahdanau", .heads = 2, .seed = 4};
    const auto bytes = [&] {
      make(std::string(kind.name), options);
      return read_file(path("model.onnx")) +
             (kind.name == "seq2seq" ? read_file(path("decoder.onnx")) : "");
    };
    const std::string first = bytes();
    EXPECT_EQ(bytes(), first) << kind.name;
    options.seed = 5;
    EXPECT_NE(bytes(), first) << kind.name;
  }
}

TEST_F(TemplateFiles, RefuseOptionsThatContradictEachOther) {
  EXPECT_THROW(make("char-lm", {.bidirectional = true}), Error);
  EXPECT_THROW(make("char-lm", {.tie = true}), Error);
  EXPECT_THROW(check_options({.cell = "transformer"}), Error);
  EXPECT_THROW(check_options({.layers = 0}), Error);
  EXPECT_THROW(make("transformer-lm", {.heads = 3}), Error);
  EXPECT_THROW(find_template("sequence"), Error);
}

}  // namespace
}  // namespace gatefold::test
