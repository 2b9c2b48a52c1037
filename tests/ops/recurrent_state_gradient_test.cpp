#include <fmt/format.h>
#include <gtest/gtest.h>

#include "frontend/onnx_reader.h"
#include "ir/evaluate.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

struct Layer {
  std::string op;
  std::int64_t gates;
  std::string direction;
};

/// One layer over four steps with output dH of its backward step, and the same layer over the two
/// steps that are computed last, whose initial states are those after the two others.
std::string graph_of(const Layer& layer) {
  const bool is_lstm = layer.op == "LSTM";
  const bool is_reverse = layer.direction == "reverse";
  const std::string attributes =
      fmt::format("<hidden_size = 2, direction = \"{}\">", layer.direction);
  const std::string state = is_lstm ? ", c" : "";
  const std::string part_state = is_lstm ? ", pc" : "";
  const std::string no_state = is_lstm ? ", , " : "";
  return fmt::format(
      "g (double[4,3,2] X, double[1,{gates},2] W, double[1,{gates},2] R, double[4,1,3,2] dY, "
      "double[1,3,2] dY_h) => (double[] dH, double[] dh, double[] dY_before) "
      "<int64[2] first_two = {{0, 1}}, int64[2] last_two = {{2, 3}}, int64[1] step = {{{step}}}> {{"
      "Y, Y_h{state}, w = gatefold.{op}Training {attributes} (X, W, R) "
      "dX, dW, dR, dB, dh0{gradients}, dH = gatefold.{op}Grad {attributes} "
      "(X, W, R, , , {no_state}, Y, w, dY, dY_h) "
      "X1 = Gather (X, {first}) X2 = Gather (X, {second}) dY2 = Gather (dY, {second}) "
      "Y1, {states} = {op} {attributes} (X1, W, R) "
      "Y2, Y_h2{part_state}, w2 = gatefold.{op}Training {attributes} (X2, W, R, , , {states}) "
      "dX2, dW2, dR2, dB2, dh = gatefold.{op}Grad {attributes} "
      "(X2, W, R, , , {states}{no_peepholes}, Y2, w2, dY2, dY_h) "
      "dY_before = Gather (dY, step) }}",
      fmt::arg("gates", layer.gates * 2), fmt::arg("step", is_reverse ? 2 : 1),
      fmt::arg("op", layer.op), fmt::arg("attributes", attributes), fmt::arg("state", state),
      fmt::arg("part_state", part_state), fmt::arg("no_state", no_state),
      fmt::arg("gradients", is_lstm ? ", dc0, dP" : ""),
      fmt::arg("states", is_lstm ? "h1, c1" : "h1"), fmt::arg("no_peepholes", is_lstm ? ", " : ""),
      fmt::arg("first", is_reverse ? "last_two" : "first_two"),
      fmt::arg("second", is_reverse ? "first_two" : "last_two"));
}

class RecurrentStateGradient : public testing::TestWithParam<Layer> {};

// What reaches h after a step: dY of the step, and what the steps computed after it would hand to
// their initial state.
TEST_P(RecurrentStateGradient, IsThatOfTheInitialStateOfLaterSteps) {
  const Model model = parse_model(graph_of(GetParam()), "state_gradient");
  std::vector<Datum> inputs;
  for (const Value* input : model.graph->inputs()) {
    inputs.emplace_back(random_tensor(input->type(), inputs.size() + 1));
  }
  const std::vector<Datum> outputs = evaluate(*model.graph, inputs);
  const auto& dH = std::get<Tensor>(outputs[0]);
  const auto& dh = std::get<Tensor>(outputs[1]);
  const auto& dY = std::get<Tensor>(outputs[2]);
  ASSERT_EQ(dH.dims(), (Dims{4, 1, 3, 2}));
  const std::int64_t step = GetParam().direction == "reverse" ? 2 : 1;
  for (std::int64_t i = 0; i < dh.size(); ++i) {
    EXPECT_NEAR(dH.number_at(step * dh.size() + i), dh.number_at(i) + dY.number_at(i), 1e-14);
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, RecurrentStateGradient,
                         testing::Values(Layer{"LSTM", 4, "forward"}, Layer{"LSTM", 4, "reverse"},
                                         Layer{"GRU", 3, "forward"}, Layer{"RNN", 1, "reverse"}),
                         [](const auto& info) { return info.param.op + info.param.direction; });

}  // namespace
}  // namespace gatefold::test
