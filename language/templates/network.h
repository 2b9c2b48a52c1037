#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "passes/rewriting/graph_builder.h"
#include "session/carried_states.h"

namespace gatefold {

/// Adds a node with one result of this name, which training may refer to.
Value* add_named(GraphBuilder& builder, const std::string& name, std::string_view op,
                 const std::vector<Value*>& inputs, Attrs attrs = {});

/// The numbers of an nn.Linear.
struct LinearWeights {
  Value* matrix = nullptr;  ///< W^T: [in, out].
  Value* bias = nullptr;    ///< [out]; nullptr without a bias.

  /// Adds x W^T + b to the model or to a sub-graph of it. x [..., in] -> [..., out].
  Value* add_to(GraphBuilder& builder, Value* x) const;
};

/// A model that is made new, module by module, with the names, the layouts and the initialization
/// that PyTorch gives to its parameters.
class Network {
 public:
  Network(std::string name, std::uint64_t seed);

  GraphBuilder& builder() { return builder_; }

  Value* input(const std::string& name, Type type);
  void output(const std::string& name, Value* value);

  /// Returns the rows of a table that indices name: nn.Embedding, begun with normal numbers, and
  /// with zeros in row `padding` unless that is negative. Indices of any shape [...] -> [..., E].
  Value* embedding(const std::string& module, Value* indices, std::int64_t rows, std::int64_t width,
                   std::int64_t padding = -1);
  /// Adds the parameters of an nn.Linear.
  LinearWeights linear_weights(const std::string& module, std::int64_t in, std::int64_t out,
                               bool has_bias = true);
  /// Returns x W^T + b: nn.Linear. x [..., in] -> [..., out].
  Value* linear(const std::string& module, Value* x, std::int64_t in, std::int64_t out,
                bool has_bias = true);
  /// Returns x W^T + b, where W is the weight of another module: tied weights.
  Value* tied_linear(const std::string& module, Value* x, const std::string& other, std::int64_t in,
                     std::int64_t out);
  /// Adds a parameter drawn from (-1/sqrt(fan), 1/sqrt(fan)), as those of nn.Linear and of the
  /// recurrent modules are.
  Value* uniform(const std::string& name, Dims dims, std::int64_t fan);
  /// Adds a parameter drawn from (-bound, bound).
  Value* bounded(const std::string& name, Dims dims, double bound);
  /// Adds a parameter that begins with one number everywhere.
  Value* filled(const std::string& name, Dims dims, float number);

  /// Returns the model, which carries these states from call to call.
  Model finish(const std::vector<CarriedState>& states = {});

 private:
  Value* transposed(Value* weight);

  std::uint64_t seed_;
  Model model_;
  GraphBuilder builder_;
};

}  // namespace gatefold
