#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "ir/graph.h"
#include "session/carried_states.h"

namespace gatefold {

/// The input of a joined graph that says at which steps the decoder is given the target's token.
inline constexpr std::string_view kForcedInput = "forced";

/// What the decoder of a joined graph reads while it is trained.
enum class DecoderFeed : std::int8_t {
  kTargets,  ///< All of `target_tokens`.
  kChoices,  ///< Its own choices where the input `forced` is false.
};

/// Makes one graph of an encoder and its decoder, so that both can be trained as one model. An
/// input of the decoder reads the encoder's output of the same name, or, as the input of a carried
/// state, the one that is named like that state's output; the others become inputs of the result.
/// The outputs are those of the decoder. Both graphs keep the names of their parameters.
///
/// With kChoices there is one more input, `forced` bool [T]: at step t of target_tokens [N, T] the
/// decoder reads the target's token where forced[t], else the token whose score in `logits` was
/// highest one step before; at the first step it always reads the target's. A Scan without
/// gradients, for none flow through a choice, finds these tokens; the decoder then reads all of
/// them at once, which computes what it would step by step.
///
/// Throws Error for a parameter that both have, for a type that does not fit, and with kChoices for
/// a decoder that has no such input or output.
std::shared_ptr<Graph> join_graphs(const Graph& encoder, const Graph& decoder,
                                   std::span<const CarriedState> decoder_states,
                                   DecoderFeed feed = DecoderFeed::kTargets);

}  // namespace gatefold
