#include <gtest/gtest.h>

#include "frontend/onnx_reader.h"
#include "tests/gradients/gradient_check.h"
#include "tests/ops/op_case.h"

namespace gatefold::test {
namespace {

void expect_gradients(const std::string& text, std::map<std::string, Tensor> inputs = {}) {
  const OpCase op_case{.name = "graph", .graph = text, .inputs = std::move(inputs)};
  const Model model = parse_model(text, "graph");
  const GradientCheck check = check_gradients(text, inputs_of(op_case, *model.graph));
  EXPECT_EQ(check.failures, "");
  EXPECT_TRUE(check.has_nonzero);
}

TEST(IfGradients, OfNestedBranches) {
  constexpr const char* kNested = R"(
    g (bool c, bool d, float[2,3] x, float[3,3] w) => (float[a,b] y) {
      h = Sigmoid (x)
      y = If (c) <
        then_branch = t () => (float[2,3] r) {
          k = MatMul (h, w)
          r = If (d) <
            then_branch = tt () => (float[2,3] p) { p = Mul (k, x) },
            else_branch = te () => (float[2,3] q) { q = Add (k, h) }>
        },
        else_branch = e () => (float[2,3] u) { u = Identity (h) }>
    })";
  for (const bool c : {true, false}) {
    for (const bool d : {true, false}) {
      expect_gradients(kNested, {{"c", Tensor::scalar(c)}, {"d", Tensor::scalar(d)}});
    }
  }
}

/// A graph whose value h has an axis less when c does not hold, and what reads it.
std::string read_open_rank(std::string_view reader) {
  const std::string text = R"(
    g (bool c, float[1,2,3] x, float[3,2] w, float[3] v, float[2,2,2] k) => (y)
    <int64[1] first = {0}, int64[1] place = {2}, int64[3] shape = {4, 2, 3},
     int64[2] rows = {-1, 3}> {
      h = If (c) <
        then_branch = t () => (float[1,2,3] p) { p = Sin (x) },
        else_branch = e () => (float[2,3] q) { q = Squeeze (x, first) }>
      )";
  return text + std::string(reader) + " }";
}

// Only what runs tells how many axes h has; each reader does with what it knows.
TEST(IfGradients, OfBranchesThatDifferInRank) {
  constexpr const char* kReaders[] = {
      "y = Tanh (h)",
      "p = MatMul (h, w) y = Softmax (p)",
      "p = MatMul (h, v) y = Sin (p)",
      "y = LayerNormalization <axis = -1> (h, v)",
      "s = ReduceSum (h) y = Mul (s, h)",
      "y = Gather <axis = -1> (h, place)",
      "y = Concat <axis = -1> (h, h)",
      "y = Expand (h, shape)",
      "r = Reshape (h, rows) y = Transpose (r)",
  };
  for (const char* reader : kReaders) {
    SCOPED_TRACE(reader);
    for (const bool c : {true, false}) {
      expect_gradients(read_open_rank(reader), {{"c", Tensor::scalar(c)}});
    }
  }
}

// These can only do with what the branch taken makes.
TEST(IfGradients, OfARankThatTheReaderNeeds) {
  constexpr const char* kReaders[] = {
      "y = Conv (h, k)",
      "y = ConvTranspose <auto_pad = \"SAME_UPPER\", strides = [2]> (h, k)",
      "y = AveragePool <kernel_shape = [2], ceil_mode = 1, strides = [2]> (h)",
      "y = If (c) <then_branch = a () => (q) { q = Squeeze (h, first) },"
      "            else_branch = b () => (r) { r = Sin (h) }>",
  };
  for (const char* reader : kReaders) {
    SCOPED_TRACE(reader);
    expect_gradients(read_open_rank(reader), {{"c", Tensor::scalar(true)}});
  }
}

TEST(LoopGradients, WithEarlyExitByTheCondition) {
  expect_gradients(R"(
    g (float[3] x, float[3] w) => (float[3] v, float last) {
      yes = Constant <value = bool {1}> ()
      zero = Constant <value = float {0}> ()
      many = Constant <value = int64 {1000}> ()
      v, last = Loop (many, yes, x, zero) <
        body = body (int64 i, bool c, float[3] h, float old) => (bool c2, float[3] h2, float sum) {
          h2 = Mul (h, w)
          square = Mul (h2, h2)
          sum = ReduceSum <keepdims = 0> (square)
          bound = Constant <value = float {0.05}> ()
          c2 = Greater (sum, bound)
        }>
    })",
                   {{"x", Tensor::of<float>({3}, {1, -0.8F, 0.6F})},
                    {"w", Tensor::of<float>({3}, {0.7F, 0.5F, -0.9F})}});
}

TEST(LoopGradients, OfACellWithTwoStatesOverRowsOfAnInput) {
  expect_gradients(R"(
    g (float[5,2,3] x, float[3,16] w, float[4,16] r, float[16] b, float[2,4] h0, float[2,4] c0)
        => (float[2,4] h, float[2,4] cell, float[t,2,4] y) {
      trips = Constant <value = int64 {5}> ()
      h, cell, y = Loop (trips, , h0, c0) <
        body = body (int64 t, bool go, float[2,4] hp, float[2,4] cp)
            => (bool go2, float[2,4] hn, float[2,4] cn, float[2,4] yt) {
          go2 = Identity (go)
          xt = Gather (x, t)
          xw = MatMul (xt, w)
          hr = MatMul (hp, r)
          sum = Add (xw, hr)
          gates = Add (sum, b)
          i, f, z, o = Split <axis = 1, num_outputs = 4> (gates)
          is = Sigmoid (i)
          fs = Sigmoid (f)
          zt = Tanh (z)
          os = Sigmoid (o)
          kept = Mul (fs, cp)
          fresh = Mul (is, zt)
          cn = Add (kept, fresh)
          ct = Tanh (cn)
          hn = Mul (os, ct)
          yt = Identity (hn)
        }>
    })");
}

TEST(LoopGradients, OfAWholeLstmInsideALoop) {
  expect_gradients(R"(
    g (float[3,2,2] x, float[1,12,2] w, float[1,12,3] r, float[1,2,3] h0) => (float[1,2,3] h) {
      trips = Constant <value = int64 {2}> ()
      h = Loop (trips, , h0) <
        body = body (int64 t, bool go, float[1,2,3] hp) => (bool go2, float[1,2,3] hn) {
          go2 = Identity (go)
          y, hn = LSTM <hidden_size = 3> (x, w, r, , , hp)
        }>
    })");
}

TEST(LoopGradients, OfALoopInALoopAndOfAnIfInIt) {
  expect_gradients(R"(
    g (float[2] x, float[2] w) => (float[2] y) {
      trips = Constant <value = int64 {3}> ()
      y = Loop (trips, , x) <
        body = outer (int64 i, bool go, float[2] h) => (bool go2, float[2] h2) {
          go2 = Identity (go)
          inner_trips = Constant <value = int64 {2}> ()
          one = Constant <value = int64 {1}> ()
          is_second = Equal (i, one)
          h1 = Loop (inner_trips, , h) <
            body = inner (int64 j, bool on, float[2] k) => (bool on2, float[2] k2) {
              on2 = Identity (on)
              p = Mul (k, w)
              k2 = If (is_second) <
                then_branch = t () => (float[2] a) { a = Sin (p) },
                else_branch = e () => (float[2] b) { b = Add (p, h) }>
            }>
          h2 = Tanh (h1)
        }>
    })");
}

TEST(LoopGradients, OfAStateThatIsOnlyPassedOutAndOfOneThatNeverChanges) {
  expect_gradients(R"(
    g (int64 trips, float[3] x, float[3] k, float[3] unread) => (float[3] y, float[3] kept, float[3] last) {
      y, kept, last = Loop (trips, , x, k, unread) <
        body = body (int64 i, bool go, float[3] h, float[3] c, float[3] o)
            => (bool go2, float[3] h2, float[3] c2, float[3] o2) {
          go2 = Identity (go)
          h2 = Mul (h, c)
          c2 = Identity (c)
          o2 = Sin (h)
        }>
    })",
                   {{"trips", Tensor::scalar<std::int64_t>(3)}});
}

TEST(ScanGradients, OfStatesSlicesAndCapturedWeights) {
  expect_gradients(R"(
    g (float[2,3] h0, float[4,2,3] x, float[3,3] w) => (float[2,3] h, float[4,2,3] y) {
      h, y = Scan (h0, x) <
        num_scan_inputs = 1,
        body = body (float[2,3] hp, float[2,3] xt) => (float[2,3] hn, float[2,3] yt) {
          m = MatMul (hp, w)
          s = Add (m, xt)
          hn = Tanh (s)
          yt = Mul (hn, xt)
        }>
    })");
}

}  // namespace
}  // namespace gatefold::test
