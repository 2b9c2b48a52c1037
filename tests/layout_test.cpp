#include "tests/planned_steps.h"

namespace gatefold::test {
namespace {

const StepsCase kCases[] = {
    {"BatchFirstNeighbours",
     R"(g (float[3, 5, 4] x, float[1, 24, 4] w, float[1, 24, 6] r, float[6, 2] v) => (float[3, 5, 2] y) {
          time_major = Transpose <perm = [1, 0, 2]> (x)
          states = LSTM <hidden_size = 6> (time_major, w, r)
          one = Constant <value = int64[1] {1}> ()
          direction = Squeeze (states, one)
          batch_major = Transpose <perm = [1, 0, 2]> (direction)
          y = MatMul (batch_major, v)
        })",
     {"LSTM", "MatMul"}},
    {"LayersOfTwoDirections",
     R"(g (float[5, 3, 4] x, float[2, 18, 4] w, float[2, 18, 6] r, float[2, 36] b, float[2, 18, 12] w2,
          float[2, 18, 6] r2) => (float[3, 5, 12] y) {
          states = GRU <hidden_size = 6, direction = "bidirectional"> (x, w, r, b)
          side_by_side = Transpose <perm = [0, 2, 1, 3]> (states)
          shape = Constant <value = int64[3] {5, 3, 12}> ()
          joined = Reshape (side_by_side, shape)
          states2 = GRU <hidden_size = 6, direction = "bidirectional", linear_before_reset = 1> (joined, w2, r2)
          side_by_side2 = Transpose <perm = [0, 2, 1, 3]> (states2)
          joined2 = Reshape (side_by_side2, shape)
          batch_major = Transpose <perm = [1, 0, 2]> (joined2)
          y = Tanh (batch_major)
        })",
     {"GRU", "GRU", "Tanh"}},
    {"LengthsLeaveZerosInPlace",
     R"(g (float[3, 5, 4] x, float[1, 6, 4] w, float[1, 6, 6] r) => (float[3, 5, 6] y) {
          lengths = Constant <value = int32[3] {2, 5, 0}> ()
          time_major = Transpose <perm = [1, 0, 2]> (x)
          states = RNN <hidden_size = 6, direction = "reverse"> (time_major, w, r, , lengths)
          one = Constant <value = int64[1] {1}> ()
          direction = Squeeze (states, one)
          batch_major = Transpose <perm = [1, 0, 2]> (direction)
          y = Neg (batch_major)
        })",
     {"RNN", "Neg"}},
    {"TwoNodesSideBySide",
     R"(g (float[5, 3, 4] x, float[1, 24, 4] w, float[1, 24, 6] r) => (float[5, 3, 16] y) {
          ahead = LSTM <hidden_size = 6> (x, w, r)
          back = LSTM <hidden_size = 6, direction = "reverse"> (x, w, r)
          one = Constant <value = int64[1] {1}> ()
          ahead_states = Squeeze (ahead, one)
          back_states = Squeeze (back, one)
          joined = Concat <axis = -1> (ahead_states, x, back_states)
          y = Abs (joined)
        })",
     {"LSTM", "LSTM", "Concat", "Abs"}},
    {"PartsOfTheInput",
     R"(g (float[5, 3, 8] x, float[1, 6, 4] w, float[1, 6, 6] r) => (float[5, 1, 3, 6] y, float[5, 1, 3, 6] z) {
          left, right = Split <axis = -1, num_outputs = 2> (x)
          y = RNN <hidden_size = 6> (left, w, r)
          z = RNN <hidden_size = 6> (right, w, r)
        })",
     {"RNN", "RNN"}},
    {"OuterPartsOfAnyKernel",
     R"(g (float[2, 7] x, float[7, 5] w, float[3, 5] cache) => (float[5, 5] y, float[5, 5] z, float[2, 5] a) {
          a = MatMul (x, w)
          joined = Concat <axis = 0> (cache, a)
          y = Neg (joined)
          b = Tanh (a)
          z = Concat <axis = 0> (b, cache)
        })",
     {"MatMul", "Concat", "Neg", "Tanh", "Concat"}},
    {"NothingLeftToJoin",
     R"(g (float[2, 7] x, float[7, 5] w) => (float[1, 6, 5] y) {
          a = MatMul (x, w)
          b = Tanh (a)
          c = Concat <axis = 0> (a, b)
          zero = Constant <value = int64[1] {0}> ()
          d = Unsqueeze (c, zero)
          e = MatMul (x, w)
          f = Unsqueeze (e, zero)
          y = Concat <axis = 1> (d, f)
        })",
     {"MatMul", "Tanh", "MatMul"}},
    {"TheSamePartTwice",
     R"(g (float[2, 7] x, float[7, 5] w) => (float[4, 5] y) {
          a = MatMul (x, w)
          y = Concat <axis = 0> (a, a)
        })",
     {"MatMul", "Concat"}},
    {"ReadersOfWholeRowsGetThem",
     R"(g (float[5, 3, 4] x, float[1, 6, 4] w, float[1, 6, 6] r) => (float[3, 5, 6] y, float[5, 3, 6] z) {
          states = RNN <hidden_size = 6> (x, w, r)
          one = Constant <value = int64[1] {1}> ()
          direction = Squeeze (states, one)
          batch_major = Transpose <perm = [1, 0, 2]> (direction)
          y = Neg (batch_major)
          z = Exp (direction)
        })",
     {"RNN", "Transpose", "Neg", "Exp"}},
    {"OutputsOfTheGraphAreWhole",
     R"(g (float[5, 3, 4] x, float[1, 6, 4] w, float[1, 6, 6] r) => (float[5, 1, 3, 6] states, float[3, 5, 6] y) {
          states = RNN <hidden_size = 6> (x, w, r)
          one = Constant <value = int64[1] {1}> ()
          direction = Squeeze (states, one)
          y = Transpose <perm = [1, 0, 2]> (direction)
        })",
     {"RNN", "Transpose"}},
    {"ColumnsAreNoRows",
     R"(g (float[3, 4, 5] x, float[1, 6, 4] w, float[1, 6, 6] r) => (float[5, 1, 3, 6] y) {
          time_major = Transpose <perm = [2, 0, 1]> (x)
          y = RNN <hidden_size = 6> (time_major, w, r)
        })",
     {"Transpose", "RNN"}},
};

class Layouts : public PlannedSteps {};

TEST_P(Layouts, NeedNoOtherSteps) {
  expect_steps(1);
  expect_steps(2);
}

INSTANTIATE_TEST_SUITE_P(Cases, Layouts, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace gatefold::test
