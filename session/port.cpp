#include "session/port.h"

namespace gatefold {

std::vector<ModelPort> inputs_of(const Graph& graph) {
  std::vector<ModelPort> ports;
  for (const Value* input : graph.inputs()) ports.push_back({input->name(), input->type()});
  return ports;
}

std::vector<ModelPort> outputs_of(const Graph& graph) {
  std::vector<ModelPort> ports;
  for (const Graph::Output& output : graph.outputs()) {
    ports.push_back({output.name, output.value->type()});
  }
  return ports;
}

}  // namespace gatefold
