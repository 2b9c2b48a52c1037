#pragma once

#include <cstdint>
#include <string>

#include "language/templates/network.h"

namespace gatefold {

/// A recurrent module as PyTorch has it: layers on one another, in one direction or in both.
struct RecurrentShape {
  std::string cell = "lstm";  ///< "rnn" (with tanh), "gru" or "lstm".
  std::int64_t input = 0;
  std::int64_t hidden = 0;
  std::int64_t layers = 1;
  bool bidirectional = false;

  std::int64_t directions() const { return bidirectional ? 2 : 1; }
};

/// Hidden and cell states of all layers and directions: [layers*directions, N, H]. `c` is nullptr
/// for cells other than the LSTM, and both are where a module begins with zeros.
struct RecurrentStates {
  Value* h = nullptr;
  Value* c = nullptr;
};

struct RecurrentResult {
  Value* output = nullptr;  ///< [T, N, directions*H]
  RecurrentStates final = {};
  Value* last_layer = nullptr;  ///< The final h of the last layer: [directions, N, H].
};

/// Adds nn.RNN, nn.GRU or nn.LSTM over x [T, N, I]. With `lengths` (int64 [N]), sequences may end
/// earlier than at T. Parameters such as "<module>.weight_ih_l0" have PyTorch's order of gates;
/// nodes of the graph bring it into ONNX's. The outputs of the layers but the last are named
/// "<module>.output_l0" and so on.
RecurrentResult add_recurrent(Network& network, const std::string& module, Value* x,
                              const RecurrentShape& shape, Value* lengths = nullptr,
                              RecurrentStates initial = {});

}  // namespace gatefold
