#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "tests/allocation_counter.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

std::vector<Datum> inputs_of(const Model& model, std::int64_t extent) {
  std::vector<Datum> inputs;
  for (const Value* input : model.graph->inputs()) {
    Type type = input->type();
    for (Dim& dim : *type.shape) {
      if (!dim.is_known()) dim = extent;
    }
    inputs.emplace_back(random_tensor(type, inputs.size() + 1));
  }
  return inputs;
}

int allocations_of_a_run(const Model& model, std::int64_t extent) {
  const std::vector<Datum> inputs = inputs_of(model, extent);
  Context context(std::make_shared<Executable>(model.graph));
  for (int warm_up = 0; warm_up < 3; ++warm_up) context.run(inputs);
  start_counting_allocations();
  context.run(inputs);
  return stop_counting_allocations();
}

TEST(Allocation, TheCounterCounts) {
  start_counting_allocations();
  const std::vector<int> list(100);
  EXPECT_EQ(stop_counting_allocations(), 1) << list.size();
}

TEST(Allocation, SteadyStateRunsAllocateNothing) {
  const std::filesystem::path models = GATEFOLD_SOURCE_DIR "/examples/models";
  int checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(models)) {
    const auto path = entry.path() / "model.onnx";
    if (!std::filesystem::exists(path)) continue;
    for (const std::int64_t extent : {4, 6}) {
      EXPECT_EQ(allocations_of_a_run(read_model(path), extent), 0)
          << path << " with open extents of " << extent;
    }
    ++checked;
  }
  EXPECT_GE(checked, 3);
}

TEST(Allocation, PlansForNewShapesAllocateLittle) {
  constexpr int kMostPerNode = 25;
  const Model model = read_model(GATEFOLD_SOURCE_DIR "/examples/models/char_lstm/model.onnx");
  Context context(std::make_shared<Executable>(model.graph));
  context.run(inputs_of(model, 6));
  const std::vector<Datum> inputs = inputs_of(model, 4);
  start_counting_allocations();
  context.run(inputs);
  EXPECT_LE(stop_counting_allocations(),
            kMostPerNode * static_cast<int>(model.graph->node_count()));
}

}  // namespace
}  // namespace gatefold::test
