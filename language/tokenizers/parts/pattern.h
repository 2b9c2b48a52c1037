#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "language/text/characters.h"
#include "session/training/json_fields.h"

namespace gatefold {

/// Finds what Split and Replace look for in a text.
using Pattern = std::function<std::vector<TextSpan>(std::string_view text)>;

/// Makes the field `pattern`, which must be there: {"String": …} or {"Regex": …}. The regular
/// expression is one of Oniguruma's; reading throws Error for the few constructs that mean
/// something else to ICU.
JsonField pattern_field(Pattern& pattern);

/// Returns the text with every match replaced.
std::string replace_matches(std::string_view text, const Pattern& pattern,
                            std::string_view replacement);

}  // namespace gatefold
