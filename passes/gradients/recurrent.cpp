#include "ir/ops/recurrent.h"

#include "passes/gradients/gradient_table.h"

/// LSTM, GRU and RNN stay whole. The forward node becomes its training twin, which also delivers
/// what the backward step needs, and one node computes all gradients.
namespace gatefold::gradients {
namespace {

/// The node with a workspace and a complete Y, in place of `node`.
Node* replace_by_training_twin(GradientBuilder& g, Node& node, const RecurrentKind& kind) {
  Node* twin = g.add_node_before(node, kind.training_op, node.inputs(), kind.output_count() + 1,
                                 node.attrs(), kGatefoldDomain);
  twin->set_name(node.name());
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) != nullptr) g.graph().replace_all_uses(node.output(i), twin->output(i));
  }
  return twin;
}

template <const RecurrentKind& kind>
Gradients recurrent_rule(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Node* forward = replace_by_training_twin(g, node, kind);

  std::vector<Value*> inputs = node.inputs();
  inputs.resize(kind.input_count());
  inputs.push_back(forward->output(recurrent_output::kY));
  inputs.push_back(forward->output(kind.output_count()));
  for (std::size_t i = 0; i < kind.output_count(); ++i) {
    inputs.push_back(i < dY.size() ? dY[i] : nullptr);
  }
  Node* backward =
      g.add_node(kind.gradient_op, inputs, kind.input_count() - 1, node.attrs(), kGatefoldDomain);
  backward->set_name(node.name());
  Gradients dX(kind.input_count());
  std::size_t output = 0;
  for (std::size_t i = 0; i < kind.input_count(); ++i) {
    if (i == recurrent_input::kSequenceLens) continue;
    if (g.wants(node, i)) {
      dX[i] = backward->output(output);
    } else {
      backward->drop_output(output);
    }
    ++output;
  }
  return dX;
}

}  // namespace

std::vector<GradientEntry> recurrent() {
  return {
      {.op = kGru.op, .rule = recurrent_rule<kGru>},
      {.op = kLstm.op, .rule = recurrent_rule<kLstm>},
      {.op = kRnn.op, .rule = recurrent_rule<kRnn>},
  };
}

}  // namespace gatefold::gradients
