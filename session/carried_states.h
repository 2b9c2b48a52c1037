#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "passes/bind.h"
#include "passes/training/carried_state.h"
#include "session/port.h"

/// States that a model carries from one call to the next: which output becomes which input.
namespace gatefold {

/// Metadata key of a model file whose value names its states, one OUTPUT=INPUT per line.
inline constexpr std::string_view kStatesKey = "gatefold.states";

/// Parses "OUTPUT=INPUT". Throws Error for any other form.
CarriedState parse_carried_state(std::string_view text);

/// Formats a state as "OUTPUT=INPUT".
std::string to_string(const CarriedState& state);

/// Returns the states that the file names under kStatesKey; empty without that key. Throws Error
/// for a line of another form and for a name that the model lacks.
std::vector<CarriedState> stated_states(const Model& model);

/// Checks states against a graph. Throws Error when the graph lacks the input or output of a state,
/// when their types differ, and when two states have the same input.
void check_states(const Graph& graph, std::span<const CarriedState> states);

/// Removes the states whose input or output the graph lacks, such as an input that was bound to a
/// value.
void drop_lost_states(std::vector<CarriedState>& states, const Graph& graph);

/// Returns the metadata that name these states in a model file, by key; empty for no states. Throws
/// Error for a name that the form under kStatesKey cannot hold.
std::map<std::string, std::string> metadata_of(std::span<const CarriedState> states);

/// Returns pairs of an output and an input that look like one state: their types are equal, and so
/// are their names, except for the part that marks before and after (hn/h0, state_out/state_in,
/// new_h/h); neither looks so with any other. Each pair is a guess to show to a person; it must not
/// be used without being asked for.
std::vector<CarriedState> propose_states(std::span<const ModelPort> inputs,
                                         std::span<const ModelPort> outputs);

/// Returns the sizes that these tensors give to the named extents of their ports, by name;
/// `data[i]` belongs to `ports[i]`.
DimSizes sizes_in(std::span<const ModelPort> ports, std::span<const Datum> data);

/// Makes a state for before the first call: zeros of the port's type, whose named extents take
/// their sizes from `sizes`. Throws Error, naming the extent, when one remains open.
Tensor zero_state(const ModelPort& port, const DimSizes& sizes);

}  // namespace gatefold
