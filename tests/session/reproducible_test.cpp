#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "session/port.h"
#include "session/session.h"
#include "tests/random_inputs.h"
#include "tests/random_weights.h"

namespace gatefold::test {
namespace {

/// A model of layers that are large enough for their kernels to be chosen by measuring, and what
/// the rule chooses for its convolutions instead: the beginnings of their implementations' names.
struct ReproducibleCase {
  const char* name;
  std::string model;
  std::vector<std::string> convolutions;
};

constexpr const char* kHeader = "<ir_version: 8, opset_import: [\"\" : 17]>\n";

std::string conv_and_gru() {
  return fmt::format(
      "{}conv_gru (float[8, 8, 48, 32] x) => (float[48, 1, 8, 96] y, float[1, 8, 96] h)\n"
      "<{}, {}, {}, {}> {{\n"
      "  features = Conv <pads = [1, 1, 1, 1]> (x, filter, bias)\n"
      "  active = Relu (features)\n"
      "  means = ReduceMean <axes = [3], keepdims = 0> (active)\n"
      "  steps = Transpose <perm = [2, 0, 1]> (means)\n"
      "  y, h = GRU <hidden_size = 96> (steps, w, r)\n"
      "}}",
      kHeader, random_weights("filter", {8, 8, 3, 3}, 1, 0.2), random_weights("bias", {8}, 2),
      random_weights("w", {1, 288, 8}, 3, 0.2), random_weights("r", {1, 288, 96}, 4, 0.1));
}

std::string conv_over_time() {
  return fmt::format(
      "{}conv_1d (float[2, 32, 600] x) => (float[2, 32, 1202] y)\n"
      "<{}, {}> {{\n"
      "  features = Conv <pads = [2, 2]> (x, filter)\n"
      "  active = Tanh (features)\n"
      "  y = ConvTranspose <strides = [2]> (active, back)\n"
      "}}",
      kHeader, random_weights("filter", {32, 32, 5}, 1, 0.1),
      random_weights("back", {32, 32, 4}, 2, 0.1));
}

std::string conv_pool_and_lstm() {
  return fmt::format(
      "{}conv_lstm (float[4, 3, 64, 64] x) => (float[16, 2, 4, 128] y, float[2, 4, 128] c)\n"
      "<{}, {}, {}, int64[3] shape = {{4, 384, 16}}> {{\n"
      "  features = Conv <strides = [2, 2], pads = [2, 2, 2, 2]> (x, filter)\n"
      "  pooled = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (features)\n"
      "  rows = Reshape (pooled, shape)\n"
      "  steps = Transpose <perm = [2, 0, 1]> (rows)\n"
      "  y, h, c = LSTM <hidden_size = 128, direction = \"bidirectional\"> (steps, w, r)\n"
      "}}",
      kHeader, random_weights("filter", {24, 3, 5, 5}, 1, 0.2),
      random_weights("w", {2, 512, 384}, 2, 0.1), random_weights("r", {2, 512, 128}, 3, 0.1));
}

const std::vector<ReproducibleCase>& cases() {
  static const std::vector<ReproducibleCase> kCases{
      {"ConvAndGru", conv_and_gru(), {"native"}},
      {"ConvOverTime", conv_over_time(), {"onednn", "onednn"}},
      {"ConvPoolAndLstm", conv_pool_and_lstm(), {"native"}},
  };
  return kCases;
}

/// Copies of what a model compiled anew gives for the same random inputs.
std::vector<Tensor> outputs_of_new(const std::string& text, int threads,
                                   std::vector<StepProfile>& steps) {
  Session session(load(parse_model(text), {.threads = threads, .reproducible = true}));
  std::vector<Datum> inputs;
  for (const ModelPort& port : session.model().inputs()) {
    inputs.emplace_back(random_tensor(port.type, inputs.size() + 10));
  }
  std::vector<Tensor> outputs;
  for (const Datum& output : session.run(std::span<const Datum>(inputs))) {
    outputs.push_back(std::get<Tensor>(output).clone());
  }
  steps = session.context().profile();
  return outputs;
}

bool are_same_bits(const Tensor& a, const Tensor& b) {
  return a.type() == b.type() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

class Reproducible : public testing::TestWithParam<ReproducibleCase> {};

TEST_P(Reproducible, GivesTheSameBitsEachTime) {
  for (const int threads : {1, 2}) {
    SCOPED_TRACE(threads);
    std::vector<StepProfile> steps;
    const std::vector<Tensor> first = outputs_of_new(GetParam().model, threads, steps);
    for (int repetition = 0; repetition < 3; ++repetition) {
      const std::vector<Tensor> again = outputs_of_new(GetParam().model, threads, steps);
      ASSERT_EQ(first.size(), again.size());
      for (std::size_t i = 0; i < first.size(); ++i) {
        EXPECT_TRUE(are_same_bits(first[i], again[i])) << "output " << i;
      }
    }
  }
}

// What measuring finds is kept as long as the process lives, so that bits alone would not show it.
TEST_P(Reproducible, ChoosesKernelsByRule) {
  for (const int threads : {1, 2}) {
    std::vector<StepProfile> steps;
    outputs_of_new(GetParam().model, threads, steps);
    std::vector<std::string> convolutions;
    for (const StepProfile& step : steps) {
      if (step.op.starts_with("Conv")) convolutions.push_back(step.implementation);
      const bool is_recurrent =
          step.op.find("GRU") != std::string::npos || step.op.find("LSTM") != std::string::npos;
      EXPECT_TRUE(!is_recurrent || step.implementation.starts_with("native")) << step.op;
    }
    ASSERT_EQ(convolutions.size(), GetParam().convolutions.size());
    for (std::size_t i = 0; i < convolutions.size(); ++i) {
      EXPECT_TRUE(convolutions[i].starts_with(GetParam().convolutions[i])) << convolutions[i];
      EXPECT_EQ(convolutions[i].find("winograd"), std::string::npos) << convolutions[i];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Reproducible, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace gatefold::test
