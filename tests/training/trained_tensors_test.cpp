#include "passes/training/trained_tensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

#include "frontend/onnx_reader.h"
#include "passes/training/model_parts.h"

namespace gatefold::test {
namespace {

using Standing = FileTensor::Standing;

/// The tensors of a model in ONNX text by name, judged by its first output. Values that text cannot
/// say take the place of those of some.
class Tensors {
 public:
  explicit Tensors(const std::string& text, const std::map<std::string, Tensor>& values = {})
      : model_(parse_model(text)) {
    for (const auto& [name, value] : values) {
      find_parameters(*model_.graph, {name}).front()->set_data(value);
    }
    Value* judged[] = {output_of(*model_.graph, "")};
    for (FileTensor& tensor : find_tensors(*model_.graph, judged)) {
      tensors_[tensor.name()] = std::move(tensor);
    }
  }

  const FileTensor& of(const std::string& name) const { return tensors_.at(name); }
  std::string reason(const std::string& name) const { return of(name).reason; }
  bool are_trained(std::initializer_list<const char*> names) const {
    for (const char* name : names) {
      if (of(name).standing != Standing::kWeight) return false;
    }
    return true;
  }
  std::size_t count() const { return tensors_.size(); }

 private:
  Model model_;
  std::map<std::string, FileTensor> tensors_;
};

TEST(TrainedTensors, HoldNumbersThatWeightsMayHold) {
  const Tensors tensors(R"(
    g (float[n,2] x) => (float[n,2] y)
      <float[2,2] w = {1, 2, 3, 4}, float[2] zeros = {0, 0}, float[2] ones = {1, 1}, float[1] one = {1},
       float scalar = {0.5}, float[2,2] low = {0, -10000, 0, 0}, float[2,2] finite = {0, -10, 0, 0},
       float[2] far = {-5000, -5000}, float[0,2] none = {}> {
      nan = Constant <value_floats = [1.0, 0.0]> ()
      infinite = Constant <value_floats = [1.0, 0.0]> ()
      single = Constant <value_floats = [2.0]> ()
      values = Constant <value_floats = [0.5, 0.25]> ()
      a = MatMul (x, w)
      b = Mul (a, ones)
      c = Add (b, zeros)
      d = PRelu (c, one)
      e = Mul (d, scalar)
      s = MatMul (e, finite)
      t = MatMul (s, low)
      f = Add (t, nan)
      g1 = Add (f, infinite)
      h = Mul (g1, single)
      i = Add (h, far)
      j = Add (i, values)
      y = Concat <axis = 0> (j, none)
    })",
                        {{"nan", Tensor::of<float>({2}, {1, NAN})},
                         {"infinite", Tensor::of<float>({2}, {-INFINITY, 0})}});
  EXPECT_TRUE(tensors.are_trained({"w", "zeros", "ones", "one", "values", "finite", "far"}));
  EXPECT_EQ(tensors.reason("none"), "no numbers");
  EXPECT_EQ(tensors.reason("scalar"), "scalar");
  EXPECT_EQ(tensors.reason("low"), "mask of 0 and -10000");
  EXPECT_EQ(tensors.reason("nan"), "constant with nan");
  EXPECT_EQ(tensors.reason("infinite"), "constant with -inf");
  EXPECT_EQ(tensors.reason("single"), "constant of one number");
}

TEST(TrainedTensors, AreDoubtfulWhereTheyLookLikeMasksOrPositions) {
  const Tensors tensors(R"(
    g (float[2,2] x, int64[2] i) => (float[2,2] y)
      <float[2,2] mask = {0, -10, 0, 0}, float[2,2] sines = {0, 1, 0.6, 0.8}, float[2,2] table = {1, 2, 4, 3},
       int64[1] start = {0}, int64[1] end = {1}, int64[1] two = {2}, float[2,2] steps = {0, 1, 2, 3},
       float[2,3] rows = {1, 5, 2, 1, 5, 2}> {
      row = Slice (mask, start, end, start)
      a = Add (x, row)
      places = Gather (sines, i)
      b = Add (a, places)
      learned = Gather (table, i)
      c = Add (b, learned)
      d = Slice (steps, start, end, start)
      folded = Slice (rows, start, two, end)
      e = Add (c, folded)
      y = Mul (e, d)
    })");
  for (const char* name : {"mask", "sines", "steps", "rows"}) {
    EXPECT_EQ(tensors.of(name).standing, Standing::kDoubtful) << name;
    EXPECT_TRUE(tensors.of(name).is_trained());
  }
  EXPECT_EQ(tensors.reason("mask"), "holds 0 and -10 only, as masks do");
  EXPECT_TRUE(tensors.are_trained({"table"}));
}

TEST(TrainedTensors, AreReachedByGradients) {
  const Tensors tensors(R"(
    g (float[n,2] x, bool c) => (float[n,2] y, float[n,2] other)
      <float[2,2] used = {1, 2, 3, 4}, float[2,2] unused = {1, 2, 3, 5}, float[2,2] scores = {1, 2, 3, 6},
       float[2,2] like = {1, 2, 3, 7}, float[4] scales = {1, 1, 1, 2}> {
      best = ArgMax <keepdims = 0> (scores)
      a = MatMul (x, used)
      picked = Gather <axis = 1> (a, best)
      b = CastLike (picked, like)
      y = If (c) <
        then_branch = t () => (float[n,2] p) { w = Constant <value = float[2,2] {2, 3, 4, 5}> () p = MatMul (b, w) },
        else_branch = e () => (float[n,2] q) { w = Constant <value = float[2,2] {5, 4, 3, 2}> () q = MatMul (b, w) }>
      other = MatMul (x, unused)
    })");
  EXPECT_EQ(tensors.count(), 7U);
  EXPECT_TRUE(tensors.are_trained({"used", "w_1", "w_2"}));
  for (const char* name : {"unused", "scores", "like", "scales"}) {
    EXPECT_EQ(tensors.of(name).standing, Standing::kApart) << name;
  }
}

TEST(TrainedTensors, AreNoRunningStatisticsOrInitialStatesOfZeros) {
  const Tensors tensors(R"(
    g (float[3,2,2] x, int64[3] shape) => (float[3,1,2,2] y)
      <float[1,8,2] W = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8},
       float[1,8,2] R = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8},
       float[1,1,2] h0 = {0, 0}, float[1,2,2] c0 = {0, 0, 0, 1}, float[2] scale = {1, 1},
       float[2] bias = {0, 0}, float[2] mean = {0, 1}, float[2] var = {1, 2}> {
      normal = BatchNormalization (x, scale, bias, mean, var)
      h = Expand (h0, shape)
      y = LSTM <hidden_size = 2> (normal, W, R, _, _, h, c0)
    })");
  EXPECT_TRUE(tensors.are_trained({"W", "R", "c0", "scale", "bias"}));
  EXPECT_EQ(tensors.reason("h0"), "initial state of zeros");
  EXPECT_EQ(tensors.reason("mean"), "running statistic");
  EXPECT_EQ(tensors.reason("var"), "running statistic");
}

// Keras carries weights through its loops, zero biases among them.
TEST(TrainedTensors, OfLoopsAreWeightsWhereTheyAreCarriedUnchanged) {
  const Tensors tensors(R"(
    g (float[2,2] x, int64 m, bool c) => (float[2,2] y)
      <float[2,2] h0 = {0, 0, 0, 0}, float[2] b0 = {0, 0}, float[2,2] r = {1, 2, 3, 4}> {
      y, w = Loop (m, c, h0, b0) <body = step (int64 i, bool go, float[2,2] h, float[2] b)
        => (bool on, float[2,2] next, float[2] same) <float[1] limit = {15}, int64 none = {0}> {
          product = MatMul (h, r)
          sum = Add (product, x)
          biased = Add (sum, b)
          next = Tanh (biased)
          same = Identity (b)
          count = Cast <to = 1> (i)
          on = Less (count, limit)
        }>
    })");
  EXPECT_TRUE(tensors.are_trained({"b0", "r"}));
  EXPECT_EQ(tensors.reason("h0"), "initial state of zeros");
  EXPECT_EQ(tensors.of("limit").standing, Standing::kApart);
}

TEST(TrainedTensors, OfCellsInPartsAreNoStatesOfZeros) {
  const Tensors tensors(R"(
    g (float[2,3] x) => (float[2,3] y)
      <float[2,3] h0 = {0, 0, 0, 0, 0, 0}, float[2,3] c0 = {0, 0, 0, 0, 0, 0}, float[2,3] z0 = {0, 0, 0, 0, 0, 0},
       float[3,3] r = {1, 2, 3, 4, 5, 6, 7, 8, 9}, float[3,3] low = {0, 0, 0, 0, 0, 0, 0, 0, 0},
       float[6,3] both = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9}, float[3] b = {0, 0, 0}> {
      product = Gemm (h0, r, b)
      gates = Add (product, x)
      f = Sigmoid (gates)
      c = Mul (f, c0)
      parts = Concat <axis = 1> (x, z0)
      g1 = MatMul (parts, both)
      change = MatMul (low, r)
      whole = Add (r, change)
      a = Add (c, g1)
      y = MatMul (a, whole)
    })");
  for (const char* name : {"h0", "c0", "z0"}) {
    EXPECT_EQ(tensors.reason(name), "initial state of zeros") << name;
  }
  EXPECT_TRUE(tensors.are_trained({"r", "both", "b", "low"}));
}

// Exporters write each use of a state of zeros as a Constant of its own.
TEST(TrainedTensors, OfUnrolledStepsAreNoStatesOfZeros) {
  const Tensors tensors(R"(
    g (float[2,3] x) => (float[4,2,3] y)
      <float[2,3] h0 = {0, 0, 0, 0, 0, 0}, float[3,3] r = {1, 2, 3, 4, 5, 6, 7, 8, 9},
       float[4,2,3] rows = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
       float[3] b = {0, 0, 0}, int64[1] axis = {0}, int64[2,1] places = {0, 1}> {
      gates = Gemm (h0, r, x)
      sum = Add (gates, b)
      added = Constant <value = float[1,3] {0, 0, 0}> ()
      stacked = Constant <value = float[2,3] {0, 0, 0, 0, 0, 0}> ()
      h = Add (sum, added)
      new = Unsqueeze (h, axis)
      old = Unsqueeze (stacked, axis)
      both = Concat <axis = 0> (new, old)
      y = ScatterND (rows, places, both)
    })");
  for (const char* name : {"added", "stacked", "h0", "rows"}) {
    EXPECT_EQ(tensors.reason(name), "initial state of zeros") << name;
  }
  EXPECT_TRUE(tensors.are_trained({"r", "b"}));
}

TEST(TrainedTensors, OfSeveralLayersAreNamed) {
  const Tensors tensors(R"(
    g (float[n,2] x, int64[n] i) => (float[n,3] y)
      <float[2] scale = {1, 1}, float[2] bias = {0, 0}, float[2,2] w1 = {1, 2, 3, 4}, float[2,2] w2 = {4, 3, 2, 2},
       float[2] b = {0, 0}, float[2] step_bias = {0, 0}, float[3,2] table = {1, 2, 3, 4, 5, 6}> {
      rows = Gather (table, i)
      in = Add (x, rows)
      n1 = LayerNormalization (in, scale, bias)
      m1 = MatMul (n1, w1)
      a1 = Add (m1, b)
      s1 = Add (a1, step_bias)
      n2 = LayerNormalization (s1, scale, bias)
      m2 = MatMul (n2, w2)
      a2 = Add (b, m2)
      m3 = MatMul (a2, w2)
      s3 = Add (m3, x)
      s4 = Add (s3, step_bias)
      turned = Transpose (table)
      y = MatMul (s4, turned)
    })");
  EXPECT_EQ(tensors.of("scale").layers.size(), 2U);
  EXPECT_EQ(tensors.of("bias").layers.size(), 2U);
  EXPECT_EQ(tensors.of("b").layers.size(), 2U);
  EXPECT_EQ(tensors.of("table").layers.size(), 2U);
  EXPECT_EQ(tensors.of("w1").layers.size(), 0U);
  EXPECT_EQ(tensors.of("w2").layers.size(), 0U);
}

TEST(TrainedTensors, OfOneLayerInSeveralStepsAreNot) {
  const Tensors tensors(R"(
    g (float[n,2] x) => (float[n,2] y) <float[2,2] w = {1, 2, 3, 4}, float[2] b = {0, 0}> {
      m1 = MatMul (x, w)
      a1 = Add (m1, b)
      y1 = Tanh (a1)
      m2 = MatMul (y1, w)
      s2 = Add (m2, x)
      a2 = Add (s2, b)
      y = Gemm (a2, w, b)
    })");
  EXPECT_EQ(tensors.of("b").layers.size(), 0U);
  EXPECT_EQ(tensors.of("w").layers.size(), 0U);
}

}  // namespace
}  // namespace gatefold::test
