#include "backend/kernels/recurrent/recurrent_stack.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <thread>

#include "backend/kernels.h"
#include "backend/kernels/recurrent/wavefront.h"
#include "frontend/onnx_reader.h"
#include "ir/evaluate.h"
#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "tests/planned_steps.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

/// Large weights make what a layer gives depend on every bit.
void make_small(Tensor& numbers) {
  if (numbers.dtype() != DataType::kFloat32) return;
  for (std::int64_t i = 0; i < numbers.size(); ++i) numbers.data<float>()[i] *= 0.25F;
}

struct StackLayer {
  std::string op;
  std::int64_t H;
  std::string attributes = {};
};

/// A stack in which every state is given and every output wanted.
struct StackCase {
  std::string name;
  std::vector<StackLayer> layers;
  std::int64_t T = 4, N = 2, I = 3;
  std::vector<std::int32_t> sequence_lens = {};
};

const StackCase kStacks[] = {
    {.name = "TwoLstms", .layers = {{"LSTM", 5}, {"LSTM", 5}}, .T = 40},
    {.name = "ThreeMixedLayers",
     .layers = {{"LSTM", 20}, {"GRU", 33, ", linear_before_reset = 1"}, {"RNN", 7}},
     .T = 70,
     .N = 1},
    {.name = "FewerStepsThanAChunk", .layers = {{"GRU", 5}, {"LSTM", 9}}, .T = 1, .N = 1},
    {.name = "NoSteps", .layers = {{"GRU", 5}, {"LSTM", 9}}, .T = 0},
    {.name = "Lengths",
     .layers = {{"LSTM", 9}, {"GRU", 6}, {"LSTM", 17}},
     .T = 21,
     .N = 5,
     .sequence_lens = {21, 0, 3, 20, 8}},
    {.name = "Backwards",
     .layers = {{"LSTM", 9, ", direction = \"reverse\""}, {"GRU", 6, ", direction = \"reverse\""}},
     .T = 21,
     .N = 3,
     .sequence_lens = {4, 21, 11}},
    {.name = "TeamsOfTwoThreads", .layers = {{"LSTM", 64}, {"GRU", 64}}, .T = 40, .N = 4},
};

/// The graph of a stack, its inputs, and its layers as requests.
class Stack {
 public:
  Stack(const StackCase& stack, int threads);

  /// Runs the layers one after the other, each in its own kernel.
  void run_apart();
  void run_stacked();
  /// Forgets what was run.
  void clear();
  void expect_right() const;
  /// All outputs' numbers.
  std::vector<float> outputs() const;

 private:
  struct Layer {
    std::vector<const Type*> inputs;
    std::vector<const Tensor*> constants;
    std::vector<Type> outputs;
    std::optional<KernelRequest> request;
  };

  void add_layer(const Node& node, int threads);
  void* memory_of(const Value* value);
  void run(const native::KernelWithValues& kernel);

  Model model_;
  std::vector<Datum> inputs_;
  std::map<const Value*, Tensor> memory_;
  PackedWeights packed_;
  std::vector<std::unique_ptr<Layer>> layers_;
};

std::string text_of(const StackCase& stack) {
  std::string inputs =
      fmt::format("float[{},{},{}] S0, int32[{}] lens", stack.T, stack.N, stack.I, stack.N);
  std::string outputs;
  std::string nodes = "axes = Constant <value = int64[1] {1}> ()\n";
  std::int64_t I = stack.I;
  for (std::size_t l = 0; l < stack.layers.size(); ++l) {
    const auto& [op, H, attributes] = stack.layers[l];
    const bool is_lstm = op == "LSTM";
    const std::int64_t rows = (is_lstm ? 4 : op == "GRU" ? 3 : 1) * H;
    inputs += fmt::format(
        ", float[1,{0},{1}] W{2}, float[1,{0},{3}] R{2}, float[1,{4}] B{2}, float[1,{5},{3}] h{2}",
        rows, I, l, H, 2 * rows, stack.N);
    outputs += fmt::format("{}float[a,b,c,d] Y{}, float[e,f,g] H{}", l == 0 ? "" : ", ", l, l);
    if (is_lstm) {
      inputs += fmt::format(", float[1,{},{}] c{}", stack.N, H, l);
      outputs += fmt::format(", float[e,f,g] C{}", l);
    }
    nodes += fmt::format(
        "Y{0}, H{0}{1} = {2} <hidden_size = {3}{4}> (S{0}, W{0}, R{0}, B{0}, {5}, h{0}{6})\n", l,
        is_lstm ? fmt::format(", C{}", l) : "", op, H, attributes,
        stack.sequence_lens.empty() ? "" : "lens", is_lstm ? fmt::format(", c{}", l) : "");
    nodes += fmt::format("S{} = Squeeze (Y{}, axes)\n", l + 1, l);
    I = H;
  }
  return fmt::format("g ({}) => ({}) {{ {} }}", inputs, outputs, nodes);
}

Stack::Stack(const StackCase& stack, int threads)
    : model_(parse_model(text_of(stack), stack.name)) {
  for (const Value* input : model_.graph->inputs()) {
    Tensor numbers = random_tensor(input->type(), inputs_.size() + 1);
    make_small(numbers);
    if (numbers.dtype() == DataType::kInt32 && !stack.sequence_lens.empty()) {
      std::copy(stack.sequence_lens.begin(), stack.sequence_lens.end(),
                numbers.data<std::int32_t>());
    }
    memory_[input] = numbers;
    inputs_.emplace_back(numbers);
  }
  for (const auto& node : model_.graph->nodes()) {
    if (node->op().name != "Squeeze" && node->op().name != "Constant") add_layer(*node, threads);
  }
}

void Stack::add_layer(const Node& node, int threads) {
  Layer& layer = *layers_.emplace_back(std::make_unique<Layer>());
  for (const Value* value : node.inputs()) {
    layer.inputs.push_back(value == nullptr ? nullptr : &value->type());
  }
  layer.constants.resize(layer.inputs.size());
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    layer.outputs.push_back(node.output(i)->type());
  }
  layer.request.emplace(
      KernelRequest{node, layer.inputs, layer.outputs, layer.constants, threads, packed_});
}

void* Stack::memory_of(const Value* value) {
  if (value == nullptr) return nullptr;
  const Node* producer = value->producer();
  if (producer != nullptr && producer->op().name == "Squeeze") return memory_of(producer->input(0));
  const auto [memory, is_new] = memory_.try_emplace(value);
  if (is_new) memory->second = Tensor(value->type().dtype, value->type().dims());
  return memory->second.raw();
}

void Stack::run(const native::KernelWithValues& kernel) {
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  for (const Value* value : kernel.inputs) inputs.push_back(memory_of(value));
  for (const Value* value : kernel.outputs) outputs.push_back(memory_of(value));
  Tensor scratch(DataType::kUint8, {static_cast<std::int64_t>(kernel.kernel->scratch_bytes())});
  // Twice, as nothing of a run may stay behind.
  for (int i = 0; i < 2; ++i) kernel.kernel->run({inputs.data(), outputs.data(), scratch.raw()});
}

void Stack::run_apart() {
  for (const auto& layer : layers_) {
    const Node& node = layer->request->node;
    native::KernelWithValues kernel{native::make_recurrent(*layer->request), {}, {}};
    for (const Value* value : node.inputs()) kernel.inputs.push_back(value);
    for (std::size_t i = 0; i < node.output_count(); ++i) kernel.outputs.push_back(node.output(i));
    run(kernel);
  }
}

void Stack::run_stacked() {
  std::vector<const KernelRequest*> requests;
  for (const auto& layer : layers_) {
    const KernelRequest& request = *layer->request;
    EXPECT_TRUE(requests.empty() || native::can_stack(*requests.back(), request));
    requests.push_back(&request);
  }
  run(native::make_recurrent_stack(requests));
}

void Stack::clear() {
  for (const Graph::Output& output : model_.graph->outputs()) memory_.erase(output.value);
}

void Stack::expect_right() const {
  const auto oracle = evaluate(*model_.graph, inputs_, Precision::kDouble);
  for (std::size_t i = 0; i < oracle.size(); ++i) {
    const Graph::Output& output = model_.graph->outputs()[i];
    const auto& expected = std::get<Tensor>(oracle[i]);
    const Tensor& actual = memory_.at(output.value);
    ASSERT_EQ(actual.dims(), expected.dims());
    for (std::int64_t k = 0; k < expected.size(); ++k) {
      ASSERT_NEAR(actual.number_at(k), expected.number_at(k), 1e-5)
          << output.name << ", element " << k;
    }
  }
}

std::vector<float> Stack::outputs() const {
  std::vector<float> numbers;
  for (const Graph::Output& output : model_.graph->outputs()) {
    const Tensor& tensor = memory_.at(output.value);
    numbers.insert(numbers.end(), tensor.data<float>(), tensor.data<float>() + tensor.size());
  }
  return numbers;
}

class Stacks : public testing::TestWithParam<StackCase> {};

TEST_P(Stacks, AgreeWithOracleOnAnyThreads) {
  for (const int threads : {1, 2, 3, 4}) {
    SCOPED_TRACE(threads);
    Stack stack(GetParam(), threads);
    stack.run_stacked();
    stack.expect_right();
  }
}

TEST_P(Stacks, NeedNotGetTheThreadsTheyAskFor) {
  Stack stack(GetParam(), 4);
  const int levels = omp_get_max_active_levels();
  omp_set_max_active_levels(0);
  stack.run_stacked();
  omp_set_max_active_levels(levels);
  stack.expect_right();
}

INSTANTIATE_TEST_SUITE_P(Cases, Stacks, testing::ValuesIn(kStacks),
                         [](const auto& info) { return info.param.name; });

// With lengths, a row that is the last one of a chunk is added up in another order.
TEST(StackedLayers, GiveTheBitsThatLayersGiveApart) {
  for (const StackCase& stack_case : kStacks) {
    if (!stack_case.sequence_lens.empty()) continue;
    SCOPED_TRACE(stack_case.name);
    Stack stack(stack_case, 2);
    stack.run_apart();
    const std::vector<float> apart = stack.outputs();
    stack.clear();
    stack.run_stacked();
    EXPECT_EQ(stack.outputs(), apart);
  }
}

TEST(Wavefront, EveryChunkComesOnceAndBehindWhatItNeeds) {
  constexpr std::size_t kLayers = 3;
  constexpr std::int64_t kChunks = 200;
  native::Wavefront wavefront(kLayers);
  for (const int threads : {1, 2, 3, 5}) {
    SCOPED_TRACE(threads);
    std::vector<std::atomic<std::int64_t>> done(kLayers);
    std::atomic<int> wrong = 0;
    wavefront.begin(kChunks);
    const auto work = [&](std::size_t layer) {
      while (const auto task = wavefront.take(layer)) {
        layer = task->layer;
        if (layer > 0 && done[layer - 1] <= task->chunk) ++wrong;
        if (done[layer]++ != task->chunk) ++wrong;
        wavefront.finish(*task);
      }
    };
    std::vector<std::thread> teams;
    for (int i = 0; i < threads; ++i)
      teams.emplace_back(work, static_cast<std::size_t>(i) % kLayers);
    for (std::thread& team : teams) team.join();
    EXPECT_EQ(wrong, 0);
    for (const auto& chunks : done) EXPECT_EQ(chunks, kChunks);
  }
}

const StepsCase kPlans[] = {
    {"LayersOnOneAnother",
     R"(g (float[48, 2, 48] x, float[1, 192, 48] w, float[1, 192, 48] r, float[1, 144, 48] w2,
          float[1, 144, 48] r2) => (float[48, 2, 48] y) {
          one = Constant <value = int64[1] {1}> ()
          y1 = LSTM <hidden_size = 48> (x, w, r)
          s1 = Squeeze (y1, one)
          y2 = GRU <hidden_size = 48> (s1, w2, r2)
          s2 = Squeeze (y2, one)
          y3 = LSTM <hidden_size = 48> (s2, w, r)
          y = Squeeze (y3, one)
        })",
     {"LSTM+GRU+LSTM"}},
    {"OtherReadersOfTheLowerLayer",
     R"(g (float[48, 2, 48] x, float[1, 192, 48] w, float[1, 192, 48] r, float[2, 2, 48] h)
          => (float[48, 1, 2, 48] y, float[48, 1, 2, 48] y1, float[48, 2, 48] t, float[2, 2, 48] states) {
          one = Constant <value = int64[1] {1}> ()
          h1, h2 = Split <num_outputs = 2> (h)
          y1, state1 = LSTM <hidden_size = 48> (x, w, r, , , h1)
          s1 = Squeeze (y1, one)
          t = Tanh (s1)
          reset = Neg (h2)
          y, state2 = LSTM <hidden_size = 48> (s1, w, r, , , reset)
          states = Concat <axis = 0> (state1, state2)
        })",
     {"Neg", "LSTM+LSTM", "Tanh"}},
    {"BatchFirstLayersWithTheSameLengths",
     R"(g (float[2, 48, 48] x, float[1, 192, 48] w, float[1, 192, 48] r) => (float[2, 48, 1, 48] y) {
          lengths = Constant <value = int32[2] {48, 11}> ()
          two = Constant <value = int64[1] {2}> ()
          y1 = LSTM <hidden_size = 48, layout = 1> (x, w, r, , lengths)
          s1 = Squeeze (y1, two)
          y = LSTM <hidden_size = 48, layout = 1> (s1, w, r, , lengths)
        })",
     {"LSTM+LSTM"}},
    {"OtherLengths",
     R"(g (float[48, 2, 48] x, float[1, 192, 48] w, float[1, 192, 48] r) => (float[48, 1, 2, 48] y) {
          one = Constant <value = int64[1] {1}> ()
          lengths = Constant <value = int32[2] {48, 11}> ()
          y1 = LSTM <hidden_size = 48> (x, w, r, , lengths)
          s1 = Squeeze (y1, one)
          y = LSTM <hidden_size = 48> (s1, w, r)
        })",
     {"LSTM", "LSTM"}},
    {"OtherDirection",
     R"(g (float[48, 2, 48] x, float[1, 192, 48] w, float[1, 192, 48] r) => (float[48, 1, 2, 48] y) {
          one = Constant <value = int64[1] {1}> ()
          y1 = LSTM <hidden_size = 48> (x, w, r)
          s1 = Squeeze (y1, one)
          y = LSTM <hidden_size = 48, direction = "reverse"> (s1, w, r)
        })",
     {"LSTM", "LSTM"}},
    {"StepsThatAreSequencesAbove",
     R"(g (float[32, 32, 16] x, float[1, 64, 16] w, float[1, 64, 16] r) => (float[32, 1, 32, 16] y) {
          one = Constant <value = int64[1] {1}> ()
          y1 = LSTM <hidden_size = 16> (x, w, r)
          s1 = Squeeze (y1, one)
          turned = Transpose <perm = [1, 0, 2]> (s1)
          y = LSTM <hidden_size = 16> (turned, w, r)
        })",
     {"LSTM", "LSTM"}},
    {"SomethingInBetween",
     R"(g (float[48, 2, 48] x, float[1, 192, 48] w, float[1, 192, 48] r) => (float[48, 1, 2, 48] y) {
          one = Constant <value = int64[1] {1}> ()
          y1 = LSTM <hidden_size = 48> (x, w, r)
          s1 = Squeeze (y1, one)
          t = Tanh (s1)
          y = LSTM <hidden_size = 48> (t, w, r)
        })",
     {"LSTM", "Tanh", "LSTM"}},
    {"StateOfTheLowerLayerAsInitialState",
     R"(g (float[48, 2, 48] x, float[1, 192, 48] w, float[1, 192, 48] r) => (float[48, 1, 2, 48] y) {
          one = Constant <value = int64[1] {1}> ()
          y1, state = LSTM <hidden_size = 48> (x, w, r)
          s1 = Squeeze (y1, one)
          halved = Tanh (state)
          y = LSTM <hidden_size = 48> (s1, w, r, , , halved)
        })",
     {"LSTM", "Tanh", "LSTM"}},
    {"UnevenLayers",
     R"(g (float[48, 2, 48] x, float[1, 256, 48] w, float[1, 256, 64] r, float[1, 32, 64] w2,
          float[1, 32, 8] r2) => (float[48, 1, 2, 8] y) {
          one = Constant <value = int64[1] {1}> ()
          y1 = LSTM <hidden_size = 64> (x, w, r)
          s1 = Squeeze (y1, one)
          y = LSTM <hidden_size = 8> (s1, w2, r2)
        })",
     {"LSTM", "LSTM"}},
    {"TwoDirections",
     R"(g (float[48, 2, 48] x, float[2, 192, 48] w, float[2, 192, 48] r, float[2, 192, 96] w2)
          => (float[48, 2, 2, 48] y) {
          shape = Constant <value = int64[3] {48, 2, 96}> ()
          y1 = LSTM <hidden_size = 48, direction = "bidirectional"> (x, w, r)
          t1 = Transpose <perm = [0, 2, 1, 3]> (y1)
          s1 = Reshape (t1, shape)
          y = LSTM <hidden_size = 48, direction = "bidirectional"> (s1, w2, r)
        })",
     {"LSTM", "LSTM"}},
};

class StackPlans : public PlannedSteps {
 protected:
  StackPlans() {
    for (Datum& input : inputs_) make_small(std::get<Tensor>(input));
  }
};

TEST_P(StackPlans, HaveOneStepForLayersThatFit) { expect_steps(2); }

INSTANTIATE_TEST_SUITE_P(Cases, StackPlans, testing::ValuesIn(kPlans),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace gatefold::test
