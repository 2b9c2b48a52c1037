#pragma once

#include <unicode/stringpiece.h>

#include <cstdint>
#include <limits>
#include <string_view>

#include "ir/error.h"

namespace gatefold {

/// Returns a text as ICU takes it. Throws Error for one of 2 GiB or more.
inline icu::StringPiece string_piece(std::string_view text) {
  if (text.size() > std::numeric_limits<std::int32_t>::max()) {
    fail("a text of {} bytes is too long; cut it into parts of less than 2 GiB", text.size());
  }
  return {text.data(), static_cast<std::int32_t>(text.size())};
}

}  // namespace gatefold
