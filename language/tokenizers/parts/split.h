#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "language/text/characters.h"
#include "language/tokenizers/parts/part.h"
#include "session/training/json_fields.h"

namespace gatefold {

/// What becomes of the matches at which a piece is split. For "-" in "the-final--countdown":
enum class SplitBehavior : std::uint8_t {
  /// the final countdown
  kRemoved,
  /// the - final - - countdown
  kIsolated,
  /// the- final- - countdown
  kMergedWithPrevious,
  /// the -final - -countdown
  kMergedWithNext,
  /// the - final -- countdown
  kContiguous,
};

/// Splits a piece at matches, which are in order and do not overlap. `is_inverted` exchanges the
/// matches and what lies between them.
std::vector<Piece> split(const Piece& piece, std::span<const TextSpan> matches,
                         SplitBehavior behavior, bool is_inverted = false);

/// Splits a piece at each character that passes a test.
std::vector<Piece> split(const Piece& piece, const CharacterTest& test, SplitBehavior behavior);

/// Makes the field `behavior`.
JsonField behavior_field(SplitBehavior& behavior);

}  // namespace gatefold
