#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

/// What a recurrent module reads.
struct RecurrentInputs {
  Value* x = nullptr;        ///< [T, N, I]
  Value* lengths = nullptr;  ///< int64 [N]: sequences may end earlier than at T.
  RecurrentStates initial = {};
  /// [T, N, directions*H] for each layer but the last: what its output is multiplied by before the
  /// next layer reads it.
  std::vector<Value*> kept = {};
};

/// An nn.RNN, nn.GRU or nn.LSTM whose layers may stand in a sub-graph of the model. Parameters such
/// as "<module>.weight_ih_l0" have PyTorch's order of gates; nodes of the model bring it into
/// ONNX's.
class RecurrentModule {
 public:
  /// Adds the parameters to the model.
  RecurrentModule(Network& network, std::string name, const RecurrentShape& shape);

  /// Adds the layers to the model or to a sub-graph of it. The outputs of the layers are named
  /// "<module>.output_l0" and so on.
  RecurrentResult add_to(GraphBuilder& builder, const RecurrentInputs& inputs) const;

 private:
  /// The weights of a layer as ONNX's operators take them.
  struct Layer {
    Value* weight_ih = nullptr;  ///< [directions, gates*H, I]
    Value* weight_hh = nullptr;  ///< [directions, gates*H, H]
    Value* biases = nullptr;     ///< [directions, 2*gates*H]
  };

  std::string name_;
  RecurrentShape shape_;
  std::vector<Layer> layers_;
};

/// Adds a recurrent module and its layers over x [T, N, I] to the model.
RecurrentResult add_recurrent(Network& network, const std::string& name, Value* x,
                              const RecurrentShape& shape, Value* lengths = nullptr,
                              RecurrentStates initial = {});

}  // namespace gatefold
