#include <gtest/gtest.h>
#include <malloc.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "tests/c/handles.h"
#include "tests/random_weights.h"

namespace gatefold::test {
namespace {

const char* const kStates[] = {"hn=h0"};

/// Each test has a session of the stream.
class CSession : public testing::Test {
 protected:
  CSession() {
    EXPECT_OK(load_text(kStream, model_.place()));
    EXPECT_OK(gatefold_session_create(model_, kStates, 1, session_.place()));
  }

  /// Runs on a row and returns y.
  std::vector<float> run(float a, float b) {
    const Floats x("x", {1, 2}, {a, b});
    EXPECT_OK(gatefold_session_run(session_, &x.tensor, 1, nullptr, 0));
    return output_of(session_, "y");
  }

  OwnedModel model_;
  OwnedSession session_;
};

TEST_F(CSession, CarriesStatesUntilItIsReset) {
  EXPECT_EQ(run(1, 2), (std::vector<float>{1, 2}));
  EXPECT_EQ(run(1, 2), (std::vector<float>{2, 4}));
  EXPECT_OK(gatefold_session_reset(session_));
  EXPECT_EQ(run(1, 2), (std::vector<float>{1, 2}));
}

TEST_F(CSession, TakesAnInputThatIsGivenBeforeTheState) {
  run(1, 1);
  const Floats x("x", {1, 2}, {0, 0});
  const Floats h("h0", {1, 2}, {5, 7});
  const gatefold_tensor inputs[] = {h.tensor, x.tensor};
  ASSERT_OK(gatefold_session_run(session_, inputs, 2, nullptr, 0));
  EXPECT_EQ(output_of(session_, "hn"), (std::vector<float>{10, 14}));
  EXPECT_EQ(output_of(session_, "y"), (std::vector<float>{5, 7}));
}

TEST_F(CSession, GoesOnInAClone) {
  run(1, 2);
  OwnedSession other;
  ASSERT_OK(gatefold_session_clone(session_, other.place()));
  EXPECT_OK(gatefold_session_reset(session_));
  const Floats x("x", {1, 2}, {0, 0});
  ASSERT_OK(gatefold_session_run(other, &x.tensor, 1, nullptr, 0));
  EXPECT_EQ(output_of(other, "y"), (std::vector<float>{1, 2}));
}

TEST_F(CSession, KeepsItsModelAlive) {
  OwnedSession session;
  {
    OwnedModel model;
    ASSERT_OK(load_text(kStream, model.place()));
    ASSERT_OK(gatefold_session_create(model, kStates, 1, session.place()));
  }
  const Floats x("x", {1, 2}, {3, 4});
  ASSERT_OK(gatefold_session_run(session, &x.tensor, 1, nullptr, 0));
  EXPECT_EQ(output_of(session, "y"), (std::vector<float>{3, 4}));
}

TEST_F(CSession, CarriesOnlyTheStatesThatItIsTold) {
  OwnedSession session;
  ASSERT_OK(gatefold_session_create(model_, kStates, 0, session.place()));
  const Floats x("x", {1, 2}, {3, 4});
  EXPECT_REFUSAL(gatefold_session_run(session, &x.tensor, 1, nullptr, 0), GATEFOLD_ERROR,
                 "input 'h0' float[N,2] is missing; give it, or carry output 'hn' into it by the "
                 "state hn=h0");
}

TEST_F(CSession, WritesOutputsIntoMemoryOfTheCaller) {
  const Floats x("x", {1, 2}, {3, 4});
  Floats y("y", {1, 2}, {0, 0});
  Floats hn("hn", {1, 2}, {0, 0});  // Carried: the session copies.
  const gatefold_tensor outputs[] = {y.tensor, hn.tensor};
  ASSERT_OK(gatefold_session_run(session_, &x.tensor, 1, outputs, 2));
  EXPECT_EQ(y.numbers, (std::vector<float>{3, 4}));
  EXPECT_EQ(hn.numbers, y.numbers);
  gatefold_tensor view;
  ASSERT_OK(gatefold_session_output(session_, "y", &view));
  EXPECT_EQ(view.data, y.numbers.data());  // It was not copied.
  y.numbers = {0, 0};
  run(0, 0);  // The memory is not kept.
  EXPECT_EQ(y.numbers, (std::vector<float>{0, 0}));
}

TEST_F(CSession, ReadsAndWritesWithStrides) {
  // Columns of a matrix [2,3] backwards, and every second number of six.
  float matrix[] = {1, 2, 3, 4, 5, 6};
  float places[] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
  const std::int64_t dims[] = {3, 2};
  const std::int64_t backwards[] = {-1, 3};
  const std::int64_t spread[] = {4, 2};
  const gatefold_tensor x = {"x", GATEFOLD_FLOAT, 2, dims, backwards, matrix + 2};
  const gatefold_tensor y = {"y", GATEFOLD_FLOAT, 2, dims, spread, places};
  ASSERT_OK(gatefold_session_run(session_, &x, 1, &y, 1));
  EXPECT_EQ(std::vector<float>(places, places + 11),
            (std::vector<float>{3, -1, 6, -1, 2, -1, 5, -1, 1, -1, 4}));
  const std::int64_t dense[] = {2, 1};
  const gatefold_tensor same = {"x", GATEFOLD_FLOAT, 2, dims, dense, matrix};
  EXPECT_OK(gatefold_session_reset(session_));
  ASSERT_OK(gatefold_session_run(session_, &same, 1, nullptr, 0));
  EXPECT_EQ(output_of(session_, "y"), (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST_F(CSession, TakesMemoryThatIsNotAligned) {
  const float row[] = {3, 4};
  char memory[2 * sizeof row + 1];
  std::memcpy(memory + 1, row, sizeof row);
  const std::int64_t dims[] = {1, 2};
  const gatefold_tensor x = {"x", GATEFOLD_FLOAT, 2, dims, nullptr, memory + 1};
  const gatefold_tensor y = {"y", GATEFOLD_FLOAT, 2, dims, nullptr, memory + 1 + sizeof row};
  ASSERT_OK(gatefold_session_run(session_, &x, 1, &y, 1));
  EXPECT_EQ(std::memcmp(memory + 1 + sizeof row, row, sizeof row), 0);
}

TEST_F(CSession, TakesEmptyTensors) {
  const std::int64_t dims[] = {0, 2};
  const gatefold_tensor x = {"x", GATEFOLD_FLOAT, 2, dims, nullptr, nullptr};
  gatefold_tensor y;
  ASSERT_OK(gatefold_session_run(session_, &x, 1, nullptr, 0));
  ASSERT_OK(gatefold_session_output(session_, "y", &y));
  ASSERT_EQ(y.rank, 2);
  EXPECT_EQ(y.dims[0], 0);
}

TEST_F(CSession, MeasuresItsSteps) {
  const gatefold_profile_step* steps = nullptr;
  std::size_t count = 1;
  ASSERT_OK(gatefold_session_profile(session_, &steps, &count));
  EXPECT_EQ(count, 0U);
  ASSERT_OK(gatefold_session_set_profiling(session_, 1));
  for (int i = 0; i < 3; ++i) run(1, 1);
  ASSERT_OK(gatefold_session_profile(session_, &steps, &count));
  ASSERT_GT(count, 0U);
  EXPECT_EQ(steps[0].runs, 3);
  EXPECT_GT(steps[0].seconds, 0);
  EXPECT_LE(steps[0].least_seconds, steps[0].seconds);
  EXPECT_NE(std::string(steps[0].op).find("Add"), std::string::npos);
  EXPECT_STRNE(steps[0].implementation, "");
}

TEST_F(CSession, TakesNoMemoryForRunsAndLoads) {
  const auto heap = [] { return mallinfo2().uordblks; };
  for (int i = 0; i < 100; ++i) run(1, 1);
  const std::size_t after_runs = heap();
  for (int i = 0; i < 2000; ++i) run(1, 1);
  EXPECT_EQ(heap(), after_runs);
  const auto load = [] {
    OwnedModel model;
    OwnedSession session;
    EXPECT_OK(load_text(kStream, model.place()));
    EXPECT_OK(gatefold_session_create(model, kStates, 1, session.place()));
  };
  for (int i = 0; i < 5; ++i) load();
  const std::size_t after_loads = heap();
  for (int i = 0; i < 30; ++i) load();
  EXPECT_LE(heap(), after_loads + 4096);
}

TEST(CSessions, OfOneModelRunInThreadsOfTheirOwn) {
  const std::string text =
      "<ir_version: 8, opset_import: [\"\" : 17]>\n"
      "g (float[T, N, 16] x) => (float[T, 1, N, 32] y) <" +
      random_weights("w", {1, 128, 16}, 1) + ", " + random_weights("r", {1, 128, 32}, 2) +
      "> { y = LSTM <hidden_size = 32> (x, w, r) }";
  OwnedModel model;
  ASSERT_OK(load_text(text.c_str(), model.place()));
  const auto run_all = [&model](std::vector<float>& last) {
    const Tensor numbers = random_tensor({DataType::kFloat32, {5, 2, 16}}, 3);
    const auto values = numbers.values<float>();
    const Floats x("x", {5, 2, 16}, {values.begin(), values.end()});
    OwnedSession session;
    ASSERT_OK(gatefold_session_create(model, nullptr, 0, session.place()));
    for (int i = 0; i < 200; ++i) {
      ASSERT_OK(gatefold_session_run(session, &x.tensor, 1, nullptr, 0));
      const std::vector<float> found = output_of(session, "y");
      if (i == 0) last = found;
      ASSERT_EQ(found, last);
    }
  };
  std::vector<std::vector<float>> results(8);
  std::vector<std::thread> threads;
  for (auto& result : results) threads.emplace_back(run_all, std::ref(result));
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(result, results[0]);
}

}  // namespace
}  // namespace gatefold::test
