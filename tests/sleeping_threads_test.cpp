#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <thread>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"

namespace gatefold::test {
namespace {

/// Seconds for which the threads of this process have run.
double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Products and a recurrent layer large enough for two threads.
Model shared_work() {
  return parse_model(
      "<ir_version: 8, opset_import: [\"\" : 17]>\n"
      "g (float[64,4,256] X, float[1,1024,256] W, float[1,1024,256] R, float[256,512] V)"
      " => (float[64,1,4,512] Z) {\n"
      "  Y = LSTM <hidden_size = 256> (X, W, R)\n"
      "  Z = MatMul (Y, V)\n"
      "}");
}

TEST(SleepingThreads, TakeNoTimeBetweenRuns) {
  const Model model = shared_work();
  Context context(std::make_shared<Executable>(model.graph, CompileOptions{.threads = 2}));
  std::vector<Datum> inputs;
  for (const Value* input : model.graph->inputs()) {
    inputs.emplace_back(Tensor(input->type().dtype, input->type().dims()));
  }
  for (int i = 0; i < 3; ++i) context.run(inputs);
  const double before = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_LT(cpu_seconds() - before, 0.05);
}

}  // namespace
}  // namespace gatefold::test
