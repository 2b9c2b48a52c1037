#include "tests/ops/recurrent_case.h"

namespace gatefold::test {
namespace {

/// One case per activation function, with and without its parameters.
std::vector<RecurrentCase> rnn_activation_cases() {
  struct Entry {
    std::string name, parameters;
  };
  const Entry rows[] = {
      {"Relu", ""},
      {"Tanh", ""},
      {"Sigmoid", ""},
      {"Affine", "activation_alpha = [0.7], activation_beta = [0.1]"},
      {"LeakyRelu", "activation_alpha = [0.3]"},
      {"ThresholdedRelu", "activation_alpha = [0.2]"},
      {"ScaledTanh", "activation_alpha = [1.3], activation_beta = [0.6]"},
      {"HardSigmoid", "activation_alpha = [0.9], activation_beta = [0.2]"},
      {"Elu", "activation_alpha = [0.6]"},
      {"Softsign", ""},
      {"Softplus", ""},
  };
  std::vector<RecurrentCase> cases;
  for (const Entry& entry : rows) {
    const std::string activations = R"(activations = [")" + entry.name + R"("])";
    cases.push_back({.name = "RnnActivation" + entry.name,
                     .op = "RNN",
                     .H = 18,
                     .attributes = activations,
                     .inputs = {"B", "initial_h"}});
    if (entry.parameters.empty()) continue;
    cases.push_back({.name = "RnnActivation" + entry.name + "Parameters",
                     .op = "RNN",
                     .H = 18,
                     .attributes = activations + ", " + entry.parameters,
                     .inputs = {"B", "initial_h"}});
  }
  return cases;
}

}  // namespace

std::vector<RecurrentCase> rnn_recurrent_cases() {
  const std::vector<std::string> all = {"B", "initial_h"};
  std::vector<RecurrentCase> cases = {
      {.name = "RnnDefaults", .op = "RNN"},
      {.name = "RnnWithoutHiddenSize", .op = "RNN", .states_hidden_size = false},
      {.name = "RnnOneStep", .op = "RNN", .T = 1, .inputs = all},
      {.name = "RnnBatchOne", .op = "RNN", .N = 1, .H = 32, .inputs = all},
      {.name = "RnnLargeBatch", .op = "RNN", .N = 13, .I = 9, .H = 24, .inputs = all},
      {.name = "RnnReverse", .op = "RNN", .direction = "reverse", .inputs = all},
      {.name = "RnnBidirectional", .op = "RNN", .D = 2, .inputs = all},
      {.name = "RnnOnlyYh", .op = "RNN", .D = 2, .inputs = all, .outputs = {"Y_h"}},
      {.name = "RnnOnlyY", .op = "RNN", .inputs = all, .outputs = {"Y"}},
      {.name = "RnnLayout1", .op = "RNN", .D = 2, .batch_first = true, .inputs = all},
      {.name = "RnnClip", .op = "RNN", .attributes = "clip = 0.2", .inputs = all},
      {.name = "RnnSequenceLens",
       .op = "RNN",
       .T = 5,
       .N = 4,
       .D = 2,
       .inputs = all,
       .sequence_lens = {2, 0, 5, 3}},
      {.name = "RnnSequenceLensLayout1",
       .op = "RNN",
       .T = 5,
       .N = 4,
       .D = 2,
       .batch_first = true,
       .inputs = all,
       .sequence_lens = {0, 1, 5, 4}},
      {.name = "RnnTwoActivationsForOneDirection",
       .op = "RNN",
       .attributes = R"(activations = ["Tanh", "Tanh"])",
       .inputs = all},
      {.name = "RnnReluBidirectional",
       .op = "RNN",
       .D = 2,
       .attributes = R"(activations = ["Relu", "Tanh"])",
       .inputs = all},
  };
  for (RecurrentCase& activation : rnn_activation_cases()) cases.push_back(std::move(activation));
  return cases;
}

std::vector<OpCase> rnn_cases() { return to_op_cases(rnn_recurrent_cases()); }

}  // namespace gatefold::test
