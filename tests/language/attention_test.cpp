#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ir/value_names.h"
#include "language/projects/joined_graph.h"
#include "language/templates/template.h"
#include "session/carried_states.h"
#include "session/compiled_model.h"
#include "session/session.h"
#include "tests/gradients/gradient_check.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;

constexpr DataSizes kSizes{.tokens = 9, .padding = 0, .targets = 7};
constexpr std::int64_t kTexts = 2;
constexpr std::int64_t kSteps = 3;
constexpr std::int64_t kSource = 4;

/// An encoder of both directions and a decoder of two layers with additive attention.
struct Pair {
  Model encoder;
  Model decoder;
};

Pair make_pair(const std::string& cell, double dropout = 0) {
  TemplateOptions options{.cell = cell,
                          .embedding = 3,
                          .hidden = 4,
                          .layers = 2,
                          .bidirectional = true,
                          .dropout = dropout,
                          .attention = "bahdanau",
                          .seed = 3};
  std::vector<NamedModel> models = find_template("seq2seq").make(options, kSizes);
  return {std::move(models[0].model), std::move(models[1].model)};
}

Tensor tokens_of(std::int64_t steps) {
  Tensor tokens(DataType::kInt64, {kTexts, steps});
  for (std::int64_t i = 0; i < tokens.size(); ++i) tokens.data<std::int64_t>()[i] = 1 + i * 5 % 6;
  return tokens;
}

/// What the decoder reads: the second text has two tokens only.
NamedData make_inputs(const std::string& cell) {
  NamedData inputs{
      {"target_tokens", tokens_of(kSteps)},
      {"h0", random_tensor({DataType::kFloat32, Dims{2, kTexts, 4}}, 1)},
      {"encoder_output", random_tensor({DataType::kFloat32, Dims{kTexts, kSource, 8}}, 2)},
      {"encoder_mask",
       Tensor::of<bool>({kTexts, kSource}, {true, true, true, true, true, true, false, false})}};
  if (cell == "lstm") inputs["c0"] = random_tensor({DataType::kFloat32, Dims{2, kTexts, 4}}, 4);
  return inputs;
}

const Tensor& tensor(const NamedData& data, const std::string& name) {
  return std::get<Tensor>(data.at(name));
}

/// The decoder of one text, written out with the loops of its formulas.
class WrittenOut {
 public:
  WrittenOut(const Graph& decoder, const NamedData& inputs, std::int64_t text)
      : decoder_(decoder),
        source_(rows(tensor(inputs, "encoder_output"), text, kSource)),
        mask_(tensor(inputs, "encoder_mask").data<bool>() + text * kSource) {
    const float* h0 = tensor(inputs, "h0").data<float>();
    for (std::int64_t layer = 0; layer < 2; ++layer) {
      const float* begin = h0 + (layer * kTexts + text) * 4;
      h_.emplace_back(begin, begin + 4);
    }
  }

  /// Reads a token; returns the scores of the next one.
  Vector step(std::int64_t token) {
    attend();
    Vector x = parameter("decoder.embedding.weight")[static_cast<std::size_t>(token)];
    x.insert(x.end(), context_.begin(), context_.end());
    for (std::size_t layer = 0; layer < h_.size(); ++layer) {
      const std::string suffix = "_l" + std::to_string(layer);
      Vector sum = linear("decoder.rnn", x, "_ih" + suffix);
      const Vector recurrent = linear("decoder.rnn", h_[layer], "_hh" + suffix);
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = std::tanh(sum[i] + recurrent[i]);
      x = h_[layer] = sum;
    }
    return linear("decoder.fc", x);
  }

  const Vector& weights() const { return weights_; }
  const Matrix& h() const { return h_; }

 private:
  static Matrix rows(const Tensor& numbers, std::int64_t first, std::int64_t count) {
    const std::int64_t width = numbers.dims().back();
    Matrix result;
    for (std::int64_t i = first * count; i < (first + 1) * count; ++i) {
      result.emplace_back(numbers.data<float>() + i * width,
                          numbers.data<float>() + (i + 1) * width);
    }
    return result;
  }

  Matrix parameter(const std::string& name) const {
    const Tensor& numbers = *find_initializer(decoder_, name)->data();
    return rows(numbers, 0, numbers.rank() == 1 ? 1 : numbers.dims()[0]);
  }

  Vector linear(const std::string& module, const Vector& x, const std::string& part = "") const {
    const std::string dot = module + ".";
    const Matrix weight = parameter(dot + "weight" + part);
    Vector result = parameter(dot + "bias" + part).front();
    for (std::size_t i = 0; i < result.size(); ++i) {
      for (std::size_t j = 0; j < x.size(); ++j) result[i] += weight[i][j] * x[j];
    }
    return result;
  }

  /// softmax(Va tanh(Wa h + Ua s)) over the tokens that count, and the mean of s with it.
  void attend() {
    const Vector query = linear("decoder.attention.Wa", h_.back());
    double sum = 0;
    weights_.assign(source_.size(), 0);
    for (std::size_t s = 0; s < source_.size(); ++s) {
      if (!mask_[s]) continue;
      Vector key = linear("decoder.attention.Ua", source_[s]);
      for (std::size_t i = 0; i < key.size(); ++i) key[i] = std::tanh(key[i] + query[i]);
      sum += weights_[s] = std::exp(linear("decoder.attention.Va", key).front());
    }
    context_.assign(source_.front().size(), 0);
    for (std::size_t s = 0; s < source_.size(); ++s) {
      weights_[s] /= sum;
      for (std::size_t i = 0; i < context_.size(); ++i) context_[i] += weights_[s] * source_[s][i];
    }
  }

  const Graph& decoder_;
  Matrix source_;
  const bool* mask_;
  Matrix h_;
  Vector weights_;
  Vector context_;
};

TEST(AdditiveAttention, ComputesItsFormula) {
  const Pair pair = make_pair("rnn");
  const NamedData inputs = make_inputs("rnn");
  Session session(load(make_pair("rnn").decoder), std::vector<CarriedState>());
  const NamedData& outputs = session.run(inputs);
  const auto number = [&](const char* name, std::int64_t index) {
    return tensor(outputs, name).data<float>()[index];
  };
  for (std::int64_t n = 0; n < kTexts; ++n) {
    WrittenOut decoder(*pair.decoder.graph, inputs, n);
    for (std::int64_t t = 0; t < kSteps; ++t) {
      const std::int64_t place = n * kSteps + t;
      const std::int64_t token = tensor(inputs, "target_tokens").data<std::int64_t>()[place];
      const Vector scores = decoder.step(token);
      for (std::int64_t i = 0; i < kSizes.targets; ++i) {
        EXPECT_NEAR(number("logits", place * kSizes.targets + i),
                    scores[static_cast<std::size_t>(i)], 1e-5);
      }
      for (std::int64_t s = 0; s < kSource; ++s) {
        const double wanted = decoder.weights()[static_cast<std::size_t>(s)];
        EXPECT_NEAR(number("attention", place * kSource + s), wanted, 1e-6);
        EXPECT_EQ(number("attention", place * kSource + s) == 0, n == 1 && s >= 2);
      }
    }
    for (std::int64_t layer = 0; layer < 2; ++layer) {
      EXPECT_NEAR(number("hn", (layer * kTexts + n) * 4),
                  decoder.h()[static_cast<std::size_t>(layer)].front(), 1e-6);
    }
  }
}

TEST(AdditiveAttention, GoesOnStepByStep) {
  for (const char* cell : {"rnn", "gru", "lstm"}) {
    const Pair pair = make_pair(cell);
    const NamedData inputs = make_inputs(cell);
    const auto compiled = load(pair.decoder);
    Session whole(compiled, std::vector<CarriedState>());
    Session steps(compiled);
    const Tensor expected = tensor(whole.run(inputs), "logits").clone();
    NamedData step = inputs;
    for (std::int64_t t = 0; t < kSteps; ++t) {
      Tensor column(DataType::kInt64, {kTexts, 1});
      for (std::int64_t n = 0; n < kTexts; ++n) {
        column.data<std::int64_t>()[n] =
            tensor(inputs, "target_tokens").data<std::int64_t>()[n * kSteps + t];
      }
      step["target_tokens"] = column;
      const Tensor& found = tensor(steps.run(step), "logits");
      for (std::int64_t n = 0; n < kTexts; ++n) {
        for (std::int64_t i = 0; i < kSizes.targets; ++i) {
          EXPECT_NEAR(found.data<float>()[n * kSizes.targets + i],
                      expected.data<float>()[(n * kSteps + t) * kSizes.targets + i], 1e-5)
              << cell << " " << t;
        }
      }
      step.erase("h0");
      step.erase("c0");
    }
  }
}

TEST(AdditiveAttention, HasTheGradientsOfItsDifferences) {
  for (const char* cell : {"gru", "lstm"}) {
    for (const double dropout : {0.0, 0.5}) {
      const Pair pair = make_pair(cell, dropout);
      const auto joined =
          join_graphs(*pair.encoder.graph, *pair.decoder.graph, stated_states(pair.decoder));
      std::map<std::string, Tensor> given{{"tokens", tokens_of(kSource)},
                                          {"lengths", Tensor::of<std::int64_t>({2}, {4, 2})},
                                          {"target_tokens", tokens_of(kSteps)}};
      std::vector<Datum> inputs;
      for (const Value* input : joined->inputs()) inputs.emplace_back(given.at(input->name()));
      const GradientCheck check = check_gradients(*joined, inputs);
      EXPECT_EQ(check.failures, "") << cell;
      EXPECT_TRUE(check.has_nonzero);
    }
  }
}

}  // namespace
}  // namespace gatefold::test
