#pragma once

#include <cstdint>
#include <optional>

#include "language/tokenizers/parts/part.h"
#include "session/training/json_fields.h"

namespace gatefold {

/// What a tokenizer does to the number of ids that a text has, given by the fields `truncation`
/// and `padding` of its file.
struct LengthLimits {
  /// How many ids a text may have, those of special tokens included.
  std::optional<std::int64_t> longest;
  /// Whether what is too much is cut off at the beginning.
  bool cuts_beginning = false;
  /// Whether there is padding at all.
  bool pads = false;
  /// Ids are padded to this length, and then to a multiple.
  std::int64_t shortest = 0;
  std::int64_t multiple = 1;
  std::int64_t padding_id = 0;
  /// Whether padding goes before the ids.
  bool pads_beginning = false;

  /// Cuts off what is too much when `added` special tokens follow.
  Ids cut(Ids ids, std::int64_t added) const;
  Ids pad(Ids ids) const;
};

/// Make the fields. Reading throws Error for strategies that concern pairs of texts.
JsonField truncation_field(LengthLimits& limits);
JsonField padding_field(LengthLimits& limits);

}  // namespace gatefold
