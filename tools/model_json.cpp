#include "tools/model_json.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "session/port.h"

namespace gatefold::tools {
namespace {

using Json = nlohmann::ordered_json;

Json amount_json(const DataAmount& amount) {
  return {{"tensors", amount.tensors}, {"elements", amount.elements}, {"bytes", amount.bytes}};
}

Json to_json(const Model& model, const ModelSummary& summary,
             std::span<const ShapeContradiction> contradictions) {
  Json json{{"model", model.path},     {"producer", model.producer},
            {"opset", model.opset},    {"ir_version", model.ir_version},
            {"inputs", Json::array()}, {"outputs", Json::array()}};
  for (const Value* input : model.graph->inputs()) {
    json["inputs"].push_back({{"name", input->name()}, {"type", to_string(input->type())}});
  }
  for (const Graph::Output& output : model.graph->outputs()) {
    json["outputs"].push_back({{"name", output.name}, {"type", to_string(output.value->type())}});
  }
  json["contradictions"] = Json::array();
  for (const ShapeContradiction& found : contradictions) {
    json["contradictions"].push_back({{"name", found.value},
                                      {"stated", to_string(found.stated)},
                                      {"derived", to_string(found.derived)}});
  }
  json["ops"] = summary.op_counts;
  json["parameters"] = amount_json(summary.parameters);
  json["constants"] = amount_json(summary.constants);
  json["macs"] = summary.macs.open_extent.empty() ? Json(summary.macs.macs) : Json(nullptr);
  json["training"] = Json::array();
  for (const TrainingStage& stage : model.training) {
    Json stored = Json::object();
    for (const auto& binding : stage.update_bindings) stored[binding.initializer] = binding.output;
    json["training"].push_back({{"name", stage.algorithm->name()},
                                {"nodes", stage.algorithm->node_count()},
                                {"update_binding", stored}});
  }
  const StatePairs states = find_states(model);
  for (const auto& [key, pairs] :
       {std::pair("states", &states.stated), std::pair("proposed_states", &states.proposed)}) {
    json[key] = Json::array();
    for (const CarriedState& state : *pairs) json[key].push_back(to_string(state));
  }
  json["recurrent_layers"] = Json::array();
  for (const RecurrentLayer& layer : summary.recurrent_layers) {
    json["recurrent_layers"].push_back({{"op", layer.op},
                                        {"name", layer.name},
                                        {"direction", layer.direction},
                                        {"I", layer.input_size},
                                        {"H", layer.hidden_size},
                                        {"T", layer.time},
                                        {"N", layer.batch},
                                        {"options", layer.options}});
  }
  return json;
}

}  // namespace

StatePairs find_states(const Model& model) {
  StatePairs pairs{stated_states(model), {}};
  if (pairs.stated.empty()) {
    pairs.proposed = propose_states(inputs_of(*model.graph), outputs_of(*model.graph));
  }
  return pairs;
}

std::string model_json(const Model& model, const ModelSummary& summary,
                       std::span<const ShapeContradiction> contradictions) {
  return to_json(model, summary, contradictions)
      .dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gatefold::tools
