#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatefold {

/// Texts are UTF-8 here and below (see checked_utf8); offsets count bytes.

/// A part of a text: from byte `begin` to before byte `end`.
struct TextSpan {
  std::size_t begin = 0;
  std::size_t end = 0;

  bool operator==(const TextSpan&) const = default;
};

/// A test of a code point.
using CharacterTest = std::function<bool(char32_t)>;

/// Returns the code points of a text.
std::vector<char32_t> code_points(std::string_view text);

/// Returns a code point as UTF-8.
std::string utf8_of(char32_t code_point);

/// Splits a text after every code point. The views are into the text.
std::vector<std::string_view> characters(std::string_view text);

/// Splits a text into extended grapheme clusters, what readers see as one character (UAX #29).
/// The views are into the text.
std::vector<std::string_view> grapheme_clusters(std::string_view text);

/// Finds the code points that pass a test, each a span of its own.
std::vector<TextSpan> find_characters(std::string_view text, const CharacterTest& test);

/// Leaves out the code points that do not pass a test.
std::string filter_characters(std::string_view text, const CharacterTest& keep);

/// Returns the first or the last code point of a text; none of an empty one.
std::optional<char32_t> first_character(std::string_view text);
std::optional<char32_t> last_character(std::string_view text);

/// The property White_Space.
bool is_white_space(char32_t code_point);
/// The categories Nd, Nl and No.
bool is_numeric(char32_t code_point);
/// The categories P*, and the signs of ASCII that are symbols, such as "$".
bool is_punctuation(char32_t code_point);
/// The categories Mn, Mc and Me.
bool is_mark(char32_t code_point);
/// The category Mn.
bool is_nonspacing_mark(char32_t code_point);
/// The categories Cc, Cf, Co and Cs.
bool is_control(char32_t code_point);
/// What regular expressions call \w: alphabetic, M*, Nd, Pc and the joiners.
bool is_word_character(char32_t code_point);
/// Whether the code point is in one of the blocks of CJK ideographs.
bool is_ideograph(char32_t code_point);

/// Returns a text as messages show it: between quotes, a single code point followed by its number,
/// as "'é' (U+00E9)"; what cannot be seen is the number alone.
std::string shown(std::string_view text);

}  // namespace gatefold
