#pragma once

#include <memory>
#include <span>

#include "ir/graph.h"
#include "session/carried_states.h"

namespace gatefold {

/// Makes one graph of an encoder and its decoder, so that both can be trained as one model. An
/// input of the decoder reads the encoder's output of the same name, or, as the input of a carried
/// state, the one that is named like that state's output; the others become inputs of the result.
/// The outputs are those of the decoder. Both graphs keep the names of their parameters. Throws
/// Error for a parameter that both have, and for a type that does not fit.
std::shared_ptr<Graph> join_graphs(const Graph& encoder, const Graph& decoder,
                                   std::span<const CarriedState> decoder_states);

}  // namespace gatefold
