#include "ir/ops/recurrent.h"

#include <string>

#include "passes/gradients/gradient_table.h"

/// LSTM, GRU and RNN stay whole. The forward node becomes its training twin, which also delivers
/// what the backward step needs, and one node computes all gradients.
namespace gatefold::gradients {
namespace {

const RecurrentKind& kind_of(const Node& node) {
  for (const RecurrentKind* kind : {&kLstm, &kGru, &kRnn}) {
    if (node.op().name == kind->op) return *kind;
  }
  assert(false && "not a recurrent operator");
  return kLstm;
}

/// The node with a workspace and a complete Y, in place of `node`.
Node* replace_by_training_twin(GradientBuilder& g, Node& node, std::size_t outputs) {
  Node* twin = g.add_node_before(node, std::string(node.op().name) + "Training", node.inputs(),
                                 outputs + 1, node.attrs(), kGatefoldDomain);
  twin->set_name(node.name());
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) != nullptr) g.graph().replace_all_uses(node.output(i), twin->output(i));
  }
  return twin;
}

Gradients recurrent_rule(GradientBuilder& g, Node& node, const Gradients& dY) {
  const RecurrentKind& kind = kind_of(node);
  const std::size_t input_count = node.op().inputs.size();
  const std::size_t output_count = node.op().outputs.size();
  const Node* forward = replace_by_training_twin(g, node, output_count);

  std::vector<Value*> inputs = node.inputs();
  inputs.resize(input_count);
  inputs.push_back(forward->output(recurrent_output::kY));
  inputs.push_back(forward->output(output_count));
  for (std::size_t i = 0; i < output_count; ++i) {
    inputs.push_back(i < dY.size() ? dY[i] : nullptr);
  }
  Node* backward = g.add_node(std::string(kind.op) + "Grad", inputs, input_count - 1, node.attrs(),
                              kGatefoldDomain);
  backward->set_name(node.name());
  Gradients dX(input_count);
  std::size_t output = 0;
  for (std::size_t i = 0; i < input_count; ++i) {
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

std::vector<GradientRow> recurrent() {
  return {
      {.op = kGru.op, .rule = recurrent_rule},
      {.op = kLstm.op, .rule = recurrent_rule},
      {.op = kRnn.op, .rule = recurrent_rule},
  };
}

}  // namespace gatefold::gradients
