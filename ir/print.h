#pragma once

#include <string>

#include "ir/graph.h"

namespace gatefold {

/// The graph in ONNX's text syntax, as parse_model reads it back. Each node's line ends in a
/// comment with its output types. Parameters and integer constants are initializers, other
/// constants are Constant nodes. Data of more than 16 elements, or that the syntax has no numbers
/// for (halves, infinities, NaN, denormals), is left out: it becomes an input, with a comment that
/// gives a digest. Names become identifiers (a.b/c -> a_b_c) and stay unique; names of nodes are
/// not printed. A first output or input that is missing is "_". In the text "float" is a scalar and
/// "float[]" a tensor of unknown rank.
std::string print(const Graph& graph);

/// The graph, then for each stage of training a section "## algorithm" and, where there is one, a
/// section "## initialization": a graph under lines "# store OUTPUT in INITIALIZER". The algorithm
/// reads values of the model's graph by their names.
std::string print(const Model& model);

}  // namespace gatefold
