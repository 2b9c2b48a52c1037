#pragma once

#include <optional>

#include "passes/rewriting/rewrite.h"

/// Rules of stack-sequences on sequences of tensors whose elements are known.
namespace gatefold::passes {

/// ConcatFromSequence (SequenceConstruct (a, b, ..)) -> Concat (a, b, ..)
std::optional<Replacement> concat_of_sequence(Node& concat, Rewriter& rewriter);
/// SequenceAt (SequenceConstruct (a, b, ..), i) -> one of them
std::optional<Replacement> element_of_sequence(Node& at, Rewriter& rewriter);
/// SequenceAt (SplitToSequence (x), i) -> Gather or Slice of x
std::optional<Replacement> element_of_split(Node& at, Rewriter& rewriter);
/// SequenceLength (SplitToSequence (x)) -> an extent of x
std::optional<Replacement> length_of_split(Node& length, Rewriter& rewriter);

}  // namespace gatefold::passes
