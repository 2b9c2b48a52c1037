#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gatefold {

/// The normal forms of Unicode (UAX #15).
enum class NormalForm : std::uint8_t { kNfc, kNfd, kNfkc, kNfkd };

/// Returns a text in a normal form.
std::string normalize(std::string_view text, NormalForm form);

/// Returns a text with every code point in lower case, whatever stands beside it: "ΟΔΟΣ" becomes
/// "οδοσ".
std::string lower_case(std::string_view text);

/// Leaves out combining marks. Accents are marks in the forms NFD and NFKD only.
std::string strip_accents(std::string_view text);

/// Leaves out white space at the beginning, at the end, or at both.
std::string_view trim(std::string_view text, bool at_begin = true, bool at_end = true);

}  // namespace gatefold
