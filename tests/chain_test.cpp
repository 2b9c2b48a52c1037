#include <cstring>

#include "tests/planned_steps.h"

namespace gatefold::test {
namespace {

const StepsCase kCases[] = {
    {"WhatOnlyTheChainReads",
     R"(g (float[3, 700] x, float[3, 700] w) => (float[3, 700] y) {
          a = Tanh (x)
          b = Mul (a, a)
          c = Sub (w, b)
          y = Mul (c, x)
        })",
     {"Tanh+Mul+Sub+Mul"}},
    {"ValuesReadOutsideAreWritten",
     R"(g (float[40, 50] x, float[50, 8] w) => (float[40, 8] y, float[40, 50] b, float[40, 50] d) {
          a = Sigmoid (x)
          b = Mul (x, a)
          y = MatMul (a, w)
          c = Sub (x, a)
          d = Exp (c)
        })",
     {"Sigmoid+Mul", "MatMul", "Sub+Exp"}},
    {"RepeatedOperands",
     R"(g (float[5, 7, 300] x, float[7, 1] column, float[300] row, float[5, 1, 300] outer,
          float[1] one, float corner) => (float[5, 7, 300] y) {
          a = Add (x, column)
          b = Mul (row, a)
          c = Sub (b, outer)
          d = Div (c, one)
          e = Max (corner, d)
          f = Add (e, column)
          y = PRelu (f, row)
        })",
     {"Add+Mul+Sub+Div+3 more"}},
    {"Masks",
     R"(g (float[33, 65] x, float[33, 65] w, float zero, float[65] z) => (float[33, 65] y) {
          is_above = Greater (x, zero)
          is_less = Less (x, w)
          both = And (is_above, is_less)
          neither = Not (both)
          chosen = Where (neither, z, x)
          part = Where (both, chosen, zero)
          mask = Cast <to = 1> (is_less)
          kept = Mul (mask, part)
          y = Clip (kept, zero)
        })",
     {"Greater+Less+And+Not+5 more"}},
    {"BehindConvolutions",
     R"(g (float[1, 3, 40, 70] x, float[5, 3, 3, 3] w, float[1, 5, 40, 70] r, float[5, 1, 1] c)
          => (float[1, 5, 40, 70] y, float[1, 5, 40, 70] s) {
          a = Conv <pads = [1, 1, 1, 1]> (x, w)
          b = Add (a, r)
          d = Relu (b)
          s = Sub (a, c)
          y = Mul (d, s)
        })",
     {"Conv+Add+Relu+Sub+1 more"}},
    {"BehindTheLastConvolution",
     R"(g (float[2, 8, 30, 50] x, float[8, 8, 1, 1] w, float[8, 1, 3, 3] v, float[8] b)
          => (float[2, 8, 30, 50] y) {
          a = Conv (x, w, b)
          c = Sigmoid (a)
          d = Conv <group = 8, pads = [1, 1, 1, 1]> (c, v)
          e = Conv (d, w, b)
          f = Add (d, e)
          y = Clip (f)
        })",
     {"Conv+Sigmoid", "Conv", "Conv+Add+Clip"}},
    {"BehindTransposedConvolutions",
     R"(g (float[2, 3, 20, 17] x, float[3, 4, 2, 2] w, float[4] b) => (float[2, 4, 40, 34] y) {
          a = ConvTranspose <strides = [2, 2]> (x, w, b)
          y = LeakyRelu (a)
        })",
     {"ConvTranspose+LeakyRelu"}},
    {"NotBehindWhatOthersRead",
     R"(g (float[1, 2, 9] x, float[2, 2, 3] w) => (float[1, 2, 7] y, float[1, 2, 7] a) {
          a = Conv (x, w)
          y = Relu (a)
        })",
     {"Conv", "Relu"}},
    {"JoinedByTheirReader",
     R"(g (float[2000] x, float[2000] w) => (float[2000] y) {
          a = Neg (x)
          b = Abs (w)
          c = Exp (a)
          two = Constant <value = float {2.0}> ()
          d = Pow (b, two)
          y = Add (c, d)
        })",
     {"Neg+Abs+Exp+Pow+1 more"}},
    {"OtherExtentsEndAChain",
     R"(g (float[30, 40] x, float[40] w) => (float[30, 40] y) {
          a = Neg (w)
          b = Exp (a)
          c = Add (x, b)
          y = Tanh (c)
        })",
     {"Neg+Exp", "Add+Tanh"}},
    {"ViewsEndAChain",
     R"(g (float[30, 40] x) => (float[1200] y) {
          a = Neg (x)
          b = Exp (a)
          shape = Constant <value = int64[1] {1200}> ()
          c = Reshape (b, shape)
          y = Tanh (c)
        })",
     {"Neg+Exp", "Tanh"}},
};

class Chains : public PlannedSteps {};

TEST_P(Chains, AreOneStepEach) { expect_steps(1); }
TEST_P(Chains, AreSharedByThreads) { expect_steps(3); }

INSTANTIATE_TEST_SUITE_P(Cases, Chains, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

TEST(ChainsInThreads, GiveWhatOneThreadGives) {
  const Model model = parse_model(R"(g (float[300, 1000] x, float[1000] w) => (float[300, 1000] y) {
      a = Sub (x, w)
      b = Sigmoid (a)
      y = Mul (b, x)
    })",
                                  "threads");
  std::vector<Datum> inputs;
  for (const Value* input : model.graph->inputs()) {
    inputs.emplace_back(random_tensor(input->type(), inputs.size() + 1));
  }
  const auto run = [&](int threads) {
    Context context(std::make_shared<Executable>(model.graph, CompileOptions{.threads = threads}));
    return std::get<Tensor>(context.run(inputs)[0]).clone();
  };
  const Tensor one = run(1);
  const Tensor three = run(3);
  EXPECT_EQ(std::memcmp(one.raw(), three.raw(), one.bytes()), 0);
}

}  // namespace
}  // namespace gatefold::test
