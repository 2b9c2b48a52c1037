#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/evaluate.h"
#include "tests/ops/recurrent_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

constexpr double kStep = 1e-5;
constexpr double kTolerance = 1e-7;
/// Elements of an input that are tried.
constexpr std::int64_t kTrials = 40;

/// A layer and its gradients for random inputs and cotangents, all in double.
class GradientProblem {
 public:
  explicit GradientProblem(const RecurrentCase& c)
      : forward_(parse(to_op_case(c))), training_(parse(to_training_case(c))) {
    if (!c.sequence_lens.empty()) {
      data_["sequence_lens"] = Tensor::of<std::int32_t>({c.N}, c.sequence_lens);
    }
    for (const Value* input : training_.graph->inputs()) {
      if (data_.contains(input->name())) continue;
      const Tensor numbers = random_tensor(input->type(), data_.size() + 1);
      data_[input->name()] = numbers.converted(DataType::kFloat64);
    }
    const std::vector<Tensor> results = run(training_);
    for (std::size_t i = 0; i < results.size(); ++i) {
      results_[training_.graph->outputs()[i].name] = results[i];
    }
  }

  const Model& forward() const { return forward_; }
  Tensor& input(const std::string& name) { return data_.at(name); }
  const Tensor& result(const std::string& name) const { return results_.at(name); }

  /// Sum over the outputs of the forward operator times their cotangents.
  double loss() const {
    const std::vector<Tensor> outputs = run(forward_);
    double sum = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Tensor& cotangent = data_.at("d" + forward_.graph->outputs()[i].name);
      for (std::int64_t k = 0; k < cotangent.size(); ++k) {
        sum += cotangent.data<double>()[k] * outputs[i].data<double>()[k];
      }
    }
    return sum;
  }

 private:
  static Model parse(const OpCase& op_case) { return parse_model(op_case.graph, op_case.name); }

  std::vector<Tensor> run(const Model& model) const {
    std::vector<Datum> inputs;
    for (const Value* input : model.graph->inputs()) inputs.emplace_back(data_.at(input->name()));
    std::vector<Tensor> outputs;
    for (const Datum& output : evaluate(*model.graph, inputs, Precision::kDouble)) {
      outputs.push_back(std::get<Tensor>(output));
    }
    return outputs;
  }

  Model forward_, training_;
  std::map<std::string, Tensor> data_;
  std::map<std::string, Tensor> results_;
};

double central_difference(GradientProblem& problem, double& element) {
  const double value = element;
  element = value + kStep;
  const double above = problem.loss();
  element = value - kStep;
  const double below = problem.loss();
  element = value;
  return (above - below) / (2 * kStep);
}

/// The largest gradient seen.
double check_input(GradientProblem& problem, const std::string& name) {
  Tensor& input = problem.input(name);
  const Tensor& gradient = problem.result("d" + name);
  EXPECT_EQ(gradient.dims(), input.dims()) << name;
  double largest = 0;
  const std::int64_t stride = 1 + input.size() / kTrials;
  for (std::int64_t i = 0; i < input.size(); i += stride) {
    const double actual = gradient.data<double>()[i];
    const double expected = central_difference(problem, input.data<double>()[i]);
    EXPECT_NEAR(actual, expected, kTolerance * (1 + std::abs(expected)))
        << name << ", element " << i;
    largest = std::max(largest, std::abs(actual));
  }
  return largest;
}

class RecurrentGradient : public testing::TestWithParam<RecurrentCase> {};

TEST_P(RecurrentGradient, AgreesWithCentralDifferences) {
  GradientProblem problem(GetParam());
  double largest = 0;
  for (const Value* input : problem.forward().graph->inputs()) {
    if (input->name() == "sequence_lens") continue;
    largest = std::max(largest, check_input(problem, input->name()));
  }
  EXPECT_GT(largest, 0);
}

/// Runs the kernels and compares every output of the graph with the evaluator in double.
void expect_kernels_agree(const Model& model, const std::map<std::string, Tensor>& given,
                          int threads, double tolerance) {
  std::vector<Datum> inputs;
  for (const Value* input : model.graph->inputs()) {
    const auto found = given.find(input->name());
    inputs.emplace_back(found == given.end() ? random_tensor(input->type(), inputs.size() + 1)
                                             : found->second);
  }
  const std::vector<Datum> oracle = evaluate(*model.graph, inputs, Precision::kDouble);
  Context context(std::make_shared<Executable>(model.graph, CompileOptions{threads}));
  const auto actual = context.run(inputs);
  for (std::size_t i = 0; i < oracle.size(); ++i) {
    const auto& expected = std::get<Tensor>(oracle[i]);
    for (std::int64_t k = 0; k < expected.size(); ++k) {
      const double number = expected.number_at(k);
      ASSERT_NEAR(std::get<Tensor>(actual[i]).number_at(k), number,
                  tolerance * (1 + std::abs(number)))
          << model.graph->outputs()[i].name << ", element " << k;
    }
  }
}

TEST_P(RecurrentGradient, IsComputedAlone) {
  const OpCase op_case = to_training_case(GetParam());
  const std::size_t count = parse_model(op_case.graph).graph->nodes().back()->output_count();
  for (std::size_t wanted = 0; wanted < count; ++wanted) {
    const Model model = parse_model(op_case.graph, op_case.name);
    Node& node = *model.graph->nodes().back();
    for (std::size_t i = model.graph->outputs().size(); i-- > 0;) {
      if (model.graph->outputs()[i].value != node.output(wanted)) model.graph->erase_output(i);
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (i != wanted) node.drop_output(i);
    }
    expect_kernels_agree(model, op_case.inputs, 1, 1e-5);
  }
}

TEST_P(RecurrentGradient, IsTheSameWhenStepsAreRecomputed) {
  RecurrentCase recurrent = GetParam();
  for (const std::int64_t every : {1, 3, 9}) {
    recurrent.checkpoint_every = every;
    const OpCase op_case = to_training_case(recurrent);
    expect_kernels_agree(parse_model(op_case.graph, op_case.name), op_case.inputs, 1, 1e-5);
  }
}

TEST(RecurrentGradientKernel, ThreadsShareTheWork) {
  const std::vector<RecurrentCase> cases = {
      {.name = "Lstm", .op = "LSTM", .N = 5, .H = 96, .D = 2, .sequence_lens = {4, 1, 0, 3, 4}},
      {.name = "Gru", .op = "GRU", .N = 5, .H = 150, .sequence_lens = {4, 1, 0, 3, 4}},
      {.name = "GruLinearBeforeReset",
       .op = "GRU",
       .N = 3,
       .H = 150,
       .D = 2,
       .attributes = "linear_before_reset = 1"},
      {.name = "Rnn", .op = "RNN", .N = 9, .H = 150},
      {.name = "LstmWithoutStates", .op = "LSTM", .N = 5, .H = 64},
      {.name = "LstmOfOneStep", .op = "LSTM", .T = 1, .H = 64},
      {.name = "GruBackwards", .op = "GRU", .N = 3, .H = 64, .direction = "reverse"},
      {.name = "GruBothWays", .op = "GRU", .N = 3, .H = 128, .D = 2, .batch_first = true},
  };
  for (RecurrentCase recurrent : cases) {
    SCOPED_TRACE(recurrent.name);
    recurrent.checkpoint_every = 2;
    const OpCase recomputed = to_training_case(recurrent);
    expect_kernels_agree(parse_model(recomputed.graph), recomputed.inputs, 3, 1e-3);
    recurrent.checkpoint_every = 0;
    const OpCase op_case = to_training_case(recurrent);
    const Model model = parse_model(op_case.graph, op_case.name);
    expect_kernels_agree(model, op_case.inputs, 3, 1e-3);
    // Nobody else reads workspace now: the gradients may take its place.
    for (std::size_t i = model.graph->outputs().size(); i-- > 0;) {
      if (model.graph->outputs()[i].name == "workspace") model.graph->erase_output(i);
    }
    expect_kernels_agree(model, op_case.inputs, 3, 1e-3);
  }
}

TEST(RecurrentGradientTypes, FollowFromTheInputs) {
  const Model model = parse_model(R"(
    g (float[n,t,3] X, float[1,8,3] W, float[1,8,2] R, float[n,1,2] dY_c) => (float[] dX) {
      Y, Y_h, Y_c, workspace = gatefold.LSTMTraining <layout = 1> (X, W, R)
      dX, dW, dR, dB, dh, dc, dP =
        gatefold.LSTMGrad <layout = 1> (X, W, R, , , , , , Y, workspace, , , dY_c)
    })");
  const auto type = [&](bool is_gradient, std::size_t output) {
    const auto& nodes = model.graph->nodes();
    const Node& node = is_gradient ? *nodes.back() : *nodes.front();
    return to_string(node.output(output)->type());
  };
  EXPECT_EQ(type(false, 3), "float[1,t,n,10]");
  const char* gradients[] = {"float[n,t,3]", "float[1,8,3]", "float[1,8,2]", "float[1,16]",
                             "float[n,1,2]", "float[n,1,2]", "float[1,6]"};
  for (std::size_t i = 0; i < std::size(gradients); ++i) EXPECT_EQ(type(true, i), gradients[i]);
}

TEST(RecurrentGradientTypes, CountCheckpoints) {
  const Model model = parse_model(R"(
    g (float[7,n,3] X, float[1,8,3] W, float[1,8,2] R, float[1,n,2] dY_c) => (float[] dX) {
      Y, Y_h, Y_c, workspace = gatefold.LSTMTraining <checkpoint_every = 3> (X, W, R)
      dX = gatefold.LSTMGrad <checkpoint_every = 3> (X, W, R, , , , , , Y, workspace, , , dY_c)
    })");
  EXPECT_EQ(to_string(model.graph->nodes().front()->output(3)->type()), "float[1,3,n,2]");
}

TEST(RecurrentGradientTypes, RefuseAGradientWithoutWorkspace) {
  EXPECT_THROW(parse_model(R"(
      g (float[t,n,3] X, float[1,6,3] W, float[1,6,2] R, float[t,1,n,2] dY) => (float[] dX) {
        Y = gatefold.GRUTraining (X, W, R)
        dX = gatefold.GRUGrad (X, W, R, , , , Y, , dY)
      })"),
               Error);
}

TEST(RecurrentGradientTypes, RefuseAGradientOfAnotherShape) {
  try {
    parse_model(R"(
      g (float[t,n,3] X, float[1,6,3] W, float[1,6,2] R, float[t,1,n,3] dY) => (float[] dX) {
        Y, Y_h, workspace = gatefold.GRUTraining (X, W, R)
        dX = gatefold.GRUGrad (X, W, R, , , , Y, workspace, dY)
      })");
    FAIL() << "dY has three units, H is 2";
  } catch (const Error& error) {
    const std::string_view message = error.what();
    EXPECT_NE(message.find("input dY is float[t,1,n,3] but its axis 3 must be 2"), message.npos)
        << message;
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, RecurrentGradient, testing::ValuesIn(all_recurrent_cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace gatefold::test
