#include <gtest/gtest.h>

#include <limits>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "ir/evaluate.h"
#include "tests/allocation_counter.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

/// A graph whose outputs from the second on are the next values of its inputs from the second on;
/// the first output must be finite.
struct UpdateCase {
  const char* name;
  const char* graph;
};

const UpdateCase kCases[] = {
    {"InOnePass",
     R"(g (float[2, 40] x, float[40, 3] w, float[40, 3] m) => (float[2, 3] loss, float[40, 3] next_w,
          float[40, 3] next_m) {
          loss = MatMul (x, w)
          part = Mul (m, w)
          next_m = Add (m, part)
          next_w = Sub (w, next_m)
        })"},
    {"SomeRows",
     R"(g (float[2, 40] x, float[9, 40] w) => (float[2, 40] loss, float[9, 40] next_w)
          <int64[2] i = {3, 7}, int64[2, 1] rows = {7, 7}> {
          picked = Gather (w, i)
          loss = Mul (picked, x)
          next_w = ScatterND <reduction = "add"> (w, rows, loss)
        })"},
    {"AReaderThatComesLater",
     R"(g (float[3, 40] x, float[3, 40] w) => (float[3, 3] loss, float[3, 40] next_w) {
          next_w = Tanh (w)
          t = Transpose <perm = [1, 0]> (w)
          loss = MatMul (x, t)
        })"},
    {"AReaderOfTheOldAfterTheNew",
     R"(g (float[50] x, float[50] w, float[50] m) => (float[50] loss, float[50] next_w,
          float[50] next_m) {
          loss = Neg (x)
          next_w = Add (w, x)
          a = Exp (next_w)
          next_m = Mul (a, w)
        })"},
    {"ARepeatedReader",
     R"(g (float[50] x, float[1, 50] w, float[50, 1] m) => (float[50] loss, float[1, 50] next_w,
          float[50, 1] next_m) {
          loss = Neg (x)
          square = Sub (w, m)
          low = ReduceMin <keepdims = 1> (square)
          next_w = Add (w, low)
          next_m = Mul (m, low)
        })"},
    {"Swapped",
     R"(g (float[50] x, float[50] w, float[50] m) => (float[50] loss, float[50] next_w,
          float[50] next_m) {
          loss = Neg (x)
          a = Neg (w)
          b = Neg (m)
          next_w = Exp (b)
          next_m = Exp (a)
        })"},
    {"UnchangedAndViewed",
     R"(g (float[50] x, float[50] w, float[50] m) => (float[50] loss, float[50] next_w,
          float[50] next_m) {
          shape = Constant <value = int64[2] {5, 10}> ()
          flat = Constant <value = int64[1] {50}> ()
          loss = Neg (x)
          a = Add (w, x)
          b = Reshape (a, shape)
          c = Tanh (b)
          next_w = Reshape (c, flat)
          next_m = Identity (m)
        })"},
};

class StateUpdates : public testing::TestWithParam<UpdateCase> {
 protected:
  StateUpdates() : model_(parse_model(GetParam().graph, GetParam().name)) {
    for (const Value* input : model_.graph->inputs()) {
      inputs_.emplace_back(random_tensor(input->type(), inputs_.size() + 1));
    }
    memory_.resize(inputs_.size());
    for (std::size_t i = 1; i < inputs_.size(); ++i) {
      options_.updates.push_back({i, i});
      memory_[i] = std::get<Tensor>(inputs_[i]);
    }
  }

  const Tensor& state(std::size_t index) const { return std::get<Tensor>(inputs_[index]); }

  Model model_;
  std::vector<Datum> inputs_;
  std::vector<Tensor> memory_;
  CompileOptions options_{.checks = {0}};
};

TEST_P(StateUpdates, ChangeTheInputs) {
  Context context(std::make_shared<Executable>(model_.graph, options_));
  for (int step = 0; step < 3; ++step) {
    const auto expected = evaluate(*model_.graph, inputs_, Precision::kNative);
    if (step == 2) start_counting_allocations();
    context.run(inputs_, memory_);
    if (step == 2) {
      EXPECT_EQ(stop_counting_allocations(), 0);
    }
    for (std::size_t i = 1; i < inputs_.size(); ++i) {
      const auto& wanted = std::get<Tensor>(expected[i]);
      for (std::int64_t k = 0; k < wanted.size(); ++k) {
        ASSERT_NEAR(state(i).number_at(k), wanted.number_at(k), 1e-5)
            << "step " << step << ", state " << i << ", element " << k;
      }
    }
  }
}

TEST_P(StateUpdates, LeaveTheInputsWhenACheckFails) {
  std::get<Tensor>(inputs_[0]).data<float>()[0] = std::numeric_limits<float>::infinity();
  std::vector<Tensor> before;
  for (const Datum& input : inputs_) before.push_back(std::get<Tensor>(input).clone());
  Context context(std::make_shared<Executable>(model_.graph, options_));
  context.run(inputs_, memory_);
  for (std::size_t i = 1; i < inputs_.size(); ++i) {
    for (std::int64_t k = 0; k < before[i].size(); ++k) {
      ASSERT_EQ(state(i).number_at(k), before[i].number_at(k));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, StateUpdates, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace gatefold::test
