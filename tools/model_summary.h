#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "tools/macs.h"

namespace gatefold::tools {

/// Tensors that a model brings along.
struct DataAmount {
  std::int64_t tensors = 0;
  std::int64_t elements = 0;
  std::int64_t bytes = 0;
};

/// One LSTM, GRU or RNN node. Extents without a size are given by name, or as "?".
struct RecurrentLayer {
  std::string op;
  std::string name;
  std::string direction;
  std::string input_size;
  std::string hidden_size;
  std::string time;
  std::string batch;
  /// What distinguishes it from a layer with all defaults: attributes and optional inputs.
  std::string options;
};

/// What there is to say about a model without running it. Sub-graphs are included.
struct ModelSummary {
  std::map<std::string, int> op_counts;
  DataAmount parameters;
  DataAmount constants;
  MacCount macs;
  std::vector<RecurrentLayer> recurrent_layers;
};

ModelSummary summarize(const Graph& graph);

}  // namespace gatefold::tools
