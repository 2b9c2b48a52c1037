#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"

namespace gatefold::test {
namespace {

/// A product large enough for two threads.
std::vector<Datum> product_inputs() {
  return {Tensor(DataType::kFloat32, {512, 512}), Tensor(DataType::kFloat32, {512, 512})};
}

TEST(ForkedThreads, AForkedProcessRunsOnThreadsOfItsOwn) {
  const Model model = parse_model(
      "<ir_version: 8, opset_import: [\"\" : 17]>\n"
      "g (float[512,512] a, float[512,512] b) => (float[512,512] c) { c = MatMul (a, b) }");
  Context context(std::make_shared<Executable>(model.graph, CompileOptions{.threads = 2}));
  const std::vector<Datum> inputs = product_inputs();
  context.run(inputs);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);  // A run that waits for threads that are not there ends by this signal.
    context.run(inputs);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  context.run(inputs);
}

}  // namespace
}  // namespace gatefold::test
