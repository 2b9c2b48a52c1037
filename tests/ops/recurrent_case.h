#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/ops/op_case.h"

namespace gatefold::test {

/// One LSTM, GRU or RNN node with small weights; to_op_case writes its graph.
struct RecurrentCase {
  std::string name;
  std::string op;
  std::int64_t T = 4, N = 2, I = 3, H = 5, D = 1;
  bool batch_first = false;
  /// Attributes in ONNX text beside direction, hidden_size and layout: "clip = 0.5".
  std::string attributes = {};
  /// "reverse" for one direction backwards.
  std::string direction = {};
  /// Optional inputs that are given, by their port names.
  std::vector<std::string> inputs = {};
  /// The graph's outputs, by their port names.
  std::vector<std::string> outputs = {"Y", "Y_h"};
  std::vector<std::int32_t> sequence_lens = {};
  /// Attribute of the training and gradient forms; 0 leaves it out.
  std::int64_t checkpoint_every = 0;
  /// False leaves the attribute hidden_size out.
  bool states_hidden_size = true;
};

OpCase to_op_case(const RecurrentCase& recurrent);
/// The same layer in training: outputs Y, Y_h, Y_c, workspace, and all gradients for random dY,
/// dY_h and dY_c of the outputs that the case has.
OpCase to_training_case(const RecurrentCase& recurrent);
std::vector<OpCase> to_op_cases(const std::vector<RecurrentCase>& cases);

/// What lstm_cases, gru_cases and rnn_cases are made from.
std::vector<RecurrentCase> lstm_recurrent_cases();
std::vector<RecurrentCase> gru_recurrent_cases();
std::vector<RecurrentCase> rnn_recurrent_cases();
/// All of them.
std::vector<RecurrentCase> all_recurrent_cases();

}  // namespace gatefold::test
