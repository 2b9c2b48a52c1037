#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "passes/bind.h"
#include "passes/training/carried_state.h"
#include "session/port.h"

/// States that a model hands from one call to the next: which output becomes which input.
namespace gatefold {

/// Metadata key of a model file under which its states are named, one OUTPUT=INPUT a line.
inline constexpr std::string_view kStatesKey = "gatefold.states";

/// Reads "OUTPUT=INPUT". Throws Error for any other form.
CarriedState parse_carried_state(std::string_view text);

/// "OUTPUT=INPUT"
std::string to_string(const CarriedState& state);

/// The states that the file names under kStatesKey; none where it does not. Throws Error for a line
/// of another form and for names that the model lacks.
std::vector<CarriedState> stated_states(const Model& model);

/// Throws Error for a state whose input or output the graph lacks, whose types differ, or whose
/// input another state takes already.
void check_states(const Graph& graph, std::span<const CarriedState> states);

/// Pairs of an output and an input that look like one state: their types are equal, and so are
/// their names but for what tells before from after (hn/h0, state_out/state_in, new_h/h). Each is a
/// guess, to be shown to a person and never taken by itself.
std::vector<CarriedState> propose_states(std::span<const ModelPort> inputs,
                                         std::span<const ModelPort> outputs);

/// What named extents are in these tensors, by name; `data[i]` belongs to `ports[i]`.
DimSizes sizes_in(std::span<const ModelPort> ports, std::span<const Datum> data);

/// A state before the first call: zeros of the port's type, whose named extents take their size
/// from `sizes`. Throws Error naming an extent that stays open.
Tensor zero_state(const ModelPort& port, const DimSizes& sizes);

}  // namespace gatefold
