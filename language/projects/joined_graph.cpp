#include "language/projects/joined_graph.h"

#include <algorithm>
#include <string>

#include "ir/error.h"
#include "ir/infer.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold {
namespace {

Value* find_output(const Graph& graph, const std::string& name) {
  const auto found = std::find_if(graph.outputs().begin(), graph.outputs().end(),
                                  [&](const Graph::Output& output) { return output.name == name; });
  return found == graph.outputs().end() ? nullptr : found->value;
}

/// The encoder's output that an input of the decoder reads; nullptr if there is none.
Value* source_of(const Graph& encoder, const Value& input,
                 std::span<const CarriedState> decoder_states) {
  if (Value* same = find_output(encoder, input.name())) return same;
  for (const CarriedState& state : decoder_states) {
    if (state.input == input.name()) return find_output(encoder, state.output);
  }
  return nullptr;
}

Value* copy_initializer(const Value& value, Graph& graph) {
  const std::string name = graph.unique_name(value.name());
  if (value.kind() == Value::Kind::kConstant) return graph.add_constant(name, *value.data());
  if (name != value.name()) {
    fail("both models have a parameter '{}'; rename it in one of them", value.name());
  }
  return graph.add_parameter(name, *value.data());
}

}  // namespace

std::shared_ptr<Graph> join_graphs(const Graph& encoder, const Graph& decoder,
                                   std::span<const CarriedState> decoder_states) {
  std::shared_ptr<Graph> joined = encoder.clone();
  Graph::ValueMap map;
  for (Value* input : decoder.inputs()) {
    Value* source = source_of(*joined, *input, decoder_states);
    if (source != nullptr && source->type().dtype != input->type().dtype) {
      fail("input '{}' of the decoder has type {}, but the encoder delivers {}", input->name(),
           to_string(input->type()), to_string(source->type()));
    }
    map[input] = source != nullptr ? source : joined->add_input(input->name(), input->type());
  }
  while (!joined->outputs().empty()) joined->erase_output(joined->outputs().size() - 1);
  for (const auto& value : decoder.initializers()) {
    map[value.get()] = copy_initializer(*value, *joined);
  }
  for (const auto& node : decoder.nodes()) append_copy(*node, *joined, map);
  for (const Graph::Output& output : decoder.outputs()) {
    joined->add_output(output.name, map.at(output.value));
  }
  infer_types(*joined);
  return joined;
}

}  // namespace gatefold
