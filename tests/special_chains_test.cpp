#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "ir/evaluate.h"
#include "passes/pipeline.h"
#include "tests/special_values.h"

/// Several nodes together on NaN, infinities and the ends of the number range.
namespace gatefold::test {
namespace {

using native::InstructionSet;
using native::UseInstructionSet;

/// Element-wise nodes in a row; @ is the result of the one before.
std::string random_chain(std::mt19937& random, int n) {
  constexpr const char* kNodes[] = {
      "Relu (@)",     "Clip (@, low, s)", "Max (@, w)",      "Max (s, @)", "Min (@, w)",
      "Sigmoid (@)",  "Tanh (@)",         "HardSigmoid (@)", "Abs (@)",    "Neg (@)",
      "Add (@, w)",   "Mul (@, w)",       "LeakyRelu (@)",   "Elu (@)",    "Softplus (@)",
      "PRelu (@, w)", "Mul (@, s)",       "Where (c, @, w)", "Swish (@)",  "Erf (@)"};
  std::string text = fmt::format(
      "g (float[{0}] v0, float[{0}] w, bool[{0}] c) => (float[{0}] v6) <float s = {{1.5}}, float "
      "low = {{-2.0}}> {{",
      n);
  for (int i = 0; i < 6; ++i) {
    const std::string node = kNodes[random() % std::size(kNodes)];
    text += fmt::format(" v{} = {}", i + 1, with(node, "@", fmt::format("v{}", i)));
  }
  return text + " }";
}

TEST(SpecialValues, ChainsGiveWhatTheirNodesGive) {
  const std::vector<InstructionSet> sets = native::instruction_sets();
  std::mt19937 random(5);
  std::vector<int> lengths = {1023, 1024, 1025, 2050};
  for (int n = 1; n <= 70; ++n) lengths.push_back(n);
  for (const int n : lengths) {
    const std::string text = random_chain(random, n);
    const Model model = parse_model(text, "chain");
    for (std::size_t run = 0; run < 17; ++run) {
      std::vector<Datum> inputs;
      for (const Value* value : model.graph->inputs()) {
        inputs.emplace_back(
            filled(value->type(), value->name(), inputs.size(), {.greatest = 1e30, .run = run}));
      }
      const auto wanted = std::get<Tensor>(evaluate(*model.graph, inputs)[0]);
      for (const InstructionSet& set : sets) {
        const UseInstructionSet use(set);
        Context context(std::make_shared<Executable>(model.graph));
        const auto actual = std::get<Tensor>(context.run(inputs)[0]);
        const std::int64_t at = first_difference(actual, wanted, {1e-3, true});
        ASSERT_LT(at, 0) << text << " on " << set.name << ", run " << run << ": element " << at
                         << " is " << actual.number_at(at) << " but by definition "
                         << wanted.number_at(at);
      }
    }
  }
}

TEST(SpecialValues, PoolingBeforeAnActivationChangesNothing) {
  constexpr const char* kActivations[] = {"Clip (x, lo, hi)", "Elu (x)",
                                          "HardSigmoid (x)",  "HardSigmoid <alpha = 0.0> (x)",
                                          "LeakyRelu (x)",    "LeakyRelu <alpha = 0.0> (x)",
                                          "Relu (x)",         "Selu (x)",
                                          "Sigmoid (x)",      "Softplus (x)",
                                          "Softsign (x)",     "Tanh (x)"};
  constexpr const char* kPools[] = {
      "MaxPool <kernel_shape = [2], strides = [2]> (a)",
      "MaxPool <kernel_shape = [3], strides = [2], pads = [1, 1]> (a)", "GlobalMaxPool (a)"};
  int changed = 0;
  for (const std::string activation : kActivations) {
    for (const std::string pool : kPools) {
      const std::string text = fmt::format(
          "g (float[153,1,8] x) => (float[] y) <float lo = {{-1.0}}, float hi = {{1.0}}> {{ a = {} "
          "y "
          "= {} }}",
          activation, pool);
      const Model before = parse_model(text, "before");
      const Model after = parse_model(text, "after");
      changed += run_passes(*after.graph, "pool-first").front().changed ? 1 : 0;
      const Value* x = before.graph->inputs()[0];
      const Datum input = filled(x->type(), "x", 0, {.greatest = 1e38, .rows = 153});
      const auto wanted = std::get<Tensor>(evaluate(*before.graph, {input})[0]);
      const auto actual = std::get<Tensor>(evaluate(*after.graph, {input})[0]);
      const std::int64_t at = first_difference(actual, wanted, {1e-6, true});
      EXPECT_LT(at, 0) << text << ": element " << at << " is " << actual.number_at(at) << ", not "
                       << wanted.number_at(at);
    }
  }
  EXPECT_GE(changed, 24);
}

}  // namespace
}  // namespace gatefold::test
