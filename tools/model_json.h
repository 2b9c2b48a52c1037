#pragma once

#include <span>
#include <string>
#include <vector>

#include "frontend/onnx_reader.h"
#include "ir/graph.h"
#include "session/carried_states.h"
#include "tools/model_summary.h"

namespace gatefold::tools {

/// The states that the file names, or pairs that look like states, which are no more than guesses.
struct StatePairs {
  std::vector<CarriedState> stated;
  std::vector<CarriedState> proposed;
};

/// Returns the states of a model as it was read.
StatePairs find_states(const Model& model);

/// Returns what there is to say about a model as one JSON object, as `inspect --json` prints it.
std::string model_json(const Model& model, const ModelSummary& summary,
                       std::span<const ShapeContradiction> contradictions);

}  // namespace gatefold::tools
