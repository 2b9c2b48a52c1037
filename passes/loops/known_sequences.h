#pragma once

#include <optional>
#include <vector>

#include "passes/rewriting/rewrite.h"

/// Rules of stack-sequences on sequences of tensors whose elements are known.
namespace gatefold::passes {

/// The elements of a sequence that SequenceEmpty, SequenceConstruct and SequenceInsert made;
/// nothing for other sequences.
std::optional<std::vector<Value*>> known_elements(Value* sequence, const PassContext& context);

/// True when a SequenceInsert puts its element behind the last one.
bool appends(const Node& insert);

/// True when tensors of these types can be joined along an axis, as far as the types tell.
bool fit_together(const Type& a, const Type& b, std::int64_t axis);

/// ConcatFromSequence ([a, b, ..]) -> Concat (a, b, ..); of SplitToSequence -> Transpose or Reshape
std::optional<Replacement> concat_of_sequence(Node& concat, Rewriter& rewriter);
/// SequenceAt ([a, b, ..], i) -> one of them, or a Gather where i is not known; SequenceAt of a
/// SplitToSequence -> Gather or Slice
std::optional<Replacement> element_of_sequence(Node& at, Rewriter& rewriter);
/// SequenceLength ([a, b, ..]) -> a number; of SequenceInsert (s, a) -> SequenceLength (s) + 1; of
/// SplitToSequence -> an extent
std::optional<Replacement> length_of_sequence(Node& length, Rewriter& rewriter);
/// If whose branches append a and b to s -> SequenceInsert (s, If (a, b))
std::optional<Replacement> insert_in_branches(Node& node, Rewriter& rewriter);

}  // namespace gatefold::passes
