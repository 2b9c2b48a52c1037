#include "tools/roofline.h"

#include <gtest/gtest.h>

#include "frontend/onnx_reader.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

using tools::bound_of;
using tools::cost_of;
using tools::StepCost;

/// 100 FLOP/s, 200 in bfloat16; 1000 bytes a second from a working set of 10 bytes, 10 from one of
/// 1000.
const MachineLimits kLimits{.threads = 1,
                            .flops = 100,
                            .reduced = ProductPrecision::kBfloat16,
                            .reduced_flops = 200,
                            .reads = {{10, 1000}, {1000, 10}}};

/// A graph that was run once on random inputs.
class ProfiledGraph {
 public:
  explicit ProfiledGraph(std::string_view text, int threads = 1)
      : model_(parse_model(text)),
        context_(std::make_shared<Executable>(model_.graph, CompileOptions{.threads = threads})) {
    std::vector<Datum> inputs;
    for (const Value* input : model_.graph->inputs()) {
      inputs.emplace_back(random_tensor(input->type(), inputs.size() + 1));
    }
    context_.set_profiling(true);
    context_.run(inputs);
  }

  std::vector<StepProfile> steps() const { return context_.profile(); }

 private:
  Model model_;
  Context context_;
};

TEST(Roofline, LayersReadTheirRecurrentWeightsAtEveryStep) {
  const ProfiledGraph graph(R"(g (float[5, 2, 3] x, float[1, 16, 3] w, float[1, 16, 4] r)
      => (float[5, 1, 2, 4] y) { y = LSTM <hidden_size = 4> (x, w, r) })");
  const StepCost cost = cost_of(graph.steps().at(0));
  EXPECT_EQ(cost.at_once.flops, 2 * 5 * 2 * 16 * 3);
  EXPECT_EQ(cost.at_once.bytes, 4 * (5 * 2 * 3 + 16 * 3 + 16 * 4 + 5 * 2 * 4));
  EXPECT_EQ(cost.in_turn.flops, 2 * 5 * 2 * 16 * 4);
  EXPECT_EQ(cost.in_turn.bytes, 4 * (4 * 16 * 4));
  EXPECT_EQ(cost.in_turn.working_set, 4 * 16 * 4);
}

TEST(Roofline, LayersOfAStackAddUp) {
  const ProfiledGraph graph(R"(g (float[48, 2, 48] x, float[1, 192, 48] w, float[1, 192, 48] r)
      => (float[48, 1, 2, 48] y) {
      one = Constant <value = int64[1] {1}> ()
      below = LSTM <hidden_size = 48> (x, w, r)
      states = Squeeze (below, one)
      y = LSTM <hidden_size = 48> (states, w, r)
    })",
                            2);
  ASSERT_EQ(graph.steps().size(), 1);
  const StepCost cost = cost_of(graph.steps().at(0));
  EXPECT_EQ(cost.at_once.flops, 2 * 2 * 48 * 2 * 192 * 48);
  EXPECT_EQ(cost.in_turn.flops, 2 * 2 * 48 * 2 * 192 * 48);
  EXPECT_EQ(cost.in_turn.bytes, 4 * (2 * 47 * 192 * 48));
  EXPECT_EQ(cost.in_turn.working_set, 4 * (2 * 192 * 48));
}

TEST(Roofline, ReducedProductsReadNarrowerWeightsAtTheirOwnPeak) {
  const ProfiledGraph graph(R"(g (float[5, 2, 3] x, float[1, 16, 3] w, float[1, 16, 4] r)
      => (float[5, 1, 2, 4] y) { y = LSTM <hidden_size = 4> (x, w, r) })");
  StepProfile step = graph.steps().at(0);
  const double bytes = cost_of(step).in_turn.bytes;
  step.implementation = "native" + suffix_of(ProductPrecision::kBfloat16);
  const StepCost cost = cost_of(step);
  EXPECT_EQ(cost.in_turn.bytes, bytes / 2);
  EXPECT_EQ(cost.products, ProductPrecision::kBfloat16);
  StepCost computed{.at_once = {.flops = 1000}, .in_turn = {}, .products = cost.products};
  EXPECT_DOUBLE_EQ(bound_of(computed, kLimits).seconds, 5);
}

TEST(Roofline, TimeIsTheSecondExtentOfBatchMajorLayers) {
  const ProfiledGraph graph(R"(g (float[2, 5, 3] x, float[1, 12, 3] w, float[1, 12, 4] r)
      => (float[2, 5, 1, 4] y) { y = GRU <hidden_size = 4, layout = 1> (x, w, r) })");
  EXPECT_EQ(cost_of(graph.steps().at(0)).in_turn.bytes, 4 * (4 * 12 * 4));
}

TEST(Roofline, ChainsMoveWhatIsReadAndWrittenOutsideOfThem) {
  const ProfiledGraph graph(R"(g (float[700] x, float[700] w) => (float[700] y) {
      a = Tanh (x)
      y = Mul (a, w)
    })");
  const StepCost cost = cost_of(graph.steps().at(0));
  EXPECT_EQ(cost.flops(), 0);
  EXPECT_EQ(cost.bytes(), 4 * 3 * 700);
}

TEST(Roofline, OfATableOnlyWhatIsTakenIsRead) {
  const ProfiledGraph graph(R"(g (float[1000, 8] table, int64[3] i) => (float[3, 8] y) {
      y = Gather (table, i)
    })");
  EXPECT_EQ(cost_of(graph.steps().at(0)).bytes(), 4 * 2 * 3 * 8 + 8 * 3);
}

TEST(Roofline, TheSlowerOfComputingAndMovingIsTheBoundOfEachPart) {
  StepCost cost{.at_once = {.flops = 1000, .bytes = 10, .working_set = 10}, .in_turn = {}};
  EXPECT_DOUBLE_EQ(bound_of(cost, kLimits).seconds, 10);
  EXPECT_EQ(bound_of(cost, kLimits).limit, "compute");
  // 3000 bytes of a working set that is read at 100 a second.
  cost.in_turn = {.flops = 500, .bytes = 3000, .working_set = 100};
  EXPECT_NEAR(bound_of(cost, kLimits).seconds, 10 + 30, 1e-9);
  EXPECT_NE(bound_of(cost, kLimits).limit, "compute");
}

TEST(Roofline, ReadSpeedsLieBetweenThoseMeasured) {
  EXPECT_DOUBLE_EQ(kLimits.read_speed(1), 1000);
  EXPECT_NEAR(kLimits.read_speed(100), 100, 1e-9);
  EXPECT_DOUBLE_EQ(kLimits.read_speed(1e6), 10);
}

TEST(Roofline, LargerWorkingSetsAreNotReadFaster) {
  const MachineLimits limits = measure_machine_limits(2);
  EXPECT_GT(limits.flops, 0);
  ASSERT_GT(limits.reads.size(), 2U);
  for (std::size_t i = 1; i < limits.reads.size(); ++i) {
    EXPECT_GT(limits.reads[i].working_set, limits.reads[i - 1].working_set);
    EXPECT_LE(limits.reads[i].bytes_per_second, limits.reads[i - 1].bytes_per_second);
    EXPECT_GT(limits.reads[i].bytes_per_second, 0);
  }
}

}  // namespace
}  // namespace gatefold::test
