#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <thread>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

namespace fs = std::filesystem;

/// What a run could spread over threads: a product, a layer, a convolution, a long chain.
constexpr const char* kGraph = R"(g (float[time, 8, 128] x, float[128, 128] p, float[1, 512, 128] w,
      float[1, 512, 128] r, float[128, 8, 3] f) => (float[time, 1, 8, 128] y, float[time, 128, c] z) {
    a = MatMul (x, p)
    b = Sigmoid (a)
    y = LSTM <hidden_size = 128> (b, w, r)
    z = Conv (x, f)
  })";

std::vector<Datum> inputs_for(const Graph& graph, std::int64_t time) {
  std::vector<Datum> inputs;
  for (const Value* input : graph.inputs()) {
    Type type = input->type();
    for (Dim& dim : *type.shape) dim = dim.is_known() ? dim : Dim(time);
    inputs.emplace_back(random_tensor(type, inputs.size() + 1));
  }
  return inputs;
}

TEST(Sessions, AnOldPlanIsMadeAnew) {
  const Model model = parse_model("g (float[n] x) => (float[n] y) { y = Neg (x) }");
  Context context(std::make_shared<Executable>(model.graph));
  for (const std::int64_t n : {1, 2, 3}) {
    for (std::int64_t i = 0; i < 40; ++i) {
      const std::vector<Datum> inputs = inputs_for(*model.graph, n + i);
      const auto& x = std::get<Tensor>(inputs[0]);
      const auto& y = std::get<Tensor>(context.run(inputs)[0]);
      ASSERT_EQ(y.dims(), x.dims());
      EXPECT_EQ(y.number_at(n + i - 1), -x.number_at(n + i - 1));
    }
  }
}

TEST(Sessions, OfOneThreadStartNoOthers) {
  const auto count_threads = [] {
    return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
  };
  constexpr int kSessions = 4;
  const Model model = parse_model(kGraph);
  const auto executable = std::make_shared<Executable>(model.graph);
  const auto threads_before = count_threads();
  std::atomic<int> done = 0;
  std::atomic<bool> may_end = false;
  std::vector<std::thread> sessions;
  for (int i = 0; i < kSessions; ++i) {
    sessions.emplace_back([&] {
      Context context(executable);
      context.run(inputs_for(*model.graph, 40));
      ++done;
      while (!may_end) std::this_thread::yield();
    });
  }
  while (done < kSessions) std::this_thread::yield();
  EXPECT_EQ(count_threads(), threads_before + kSessions);
  may_end = true;
  for (std::thread& session : sessions) session.join();
}

}  // namespace
}  // namespace gatefold::test
