#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "ir/evaluate.h"
#include "tests/allocation_counter.h"
#include "tests/expect_near.h"
#include "tests/random_inputs.h"

namespace gatefold::test {

/// A graph, and the steps that must run it: the operators of each, joined by "+".
struct StepsCase {
  const char* name;
  const char* graph;
  std::vector<std::string> steps;
};

/// Plans a graph and compares what its steps give with the operators' definitions.
class PlannedSteps : public testing::TestWithParam<StepsCase> {
 protected:
  PlannedSteps() : model_(parse_model(GetParam().graph, GetParam().name)) {
    for (const Value* input : model_.graph->inputs()) {
      inputs_.emplace_back(random_tensor(input->type(), inputs_.size() + 1));
    }
  }

  void expect_steps(int threads) {
    Context context(std::make_shared<Executable>(model_.graph, CompileOptions{.threads = threads}));
    expect_right(context.run(inputs_));
    start_counting_allocations();
    const auto outputs = context.run(inputs_);
    EXPECT_EQ(stop_counting_allocations(), 0);
    expect_right(outputs);
    std::vector<std::string> steps;
    for (const StepProfile& step : context.profile()) steps.push_back(step.op);
    EXPECT_EQ(steps, GetParam().steps);
  }

  std::vector<Datum> inputs_;

 private:
  void expect_right(std::span<const Datum> outputs) {
    expect_near(outputs, evaluate(*model_.graph, inputs_, Precision::kDouble), 1e-5);
  }

  Model model_;
};

}  // namespace gatefold::test
