#include "language/text/regular_expression.h"

#include <unicode/parseerr.h>
#include <unicode/regex.h>
#include <unicode/unistr.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <cstdint>

#include "ir/error.h"
#include "language/text/string_piece.h"

namespace gatefold {
namespace {

constexpr std::uint32_t kFlags =
    UREGEX_MULTILINE | UREGEX_UNIX_LINES | UREGEX_ERROR_ON_UNKNOWN_ESCAPES;

/// The time, in ICU's unit of 10,000 backtracking points, after which a search is given up: ten
/// points a byte, and what a short text may take.
std::int32_t time_limit(std::string_view text) {
  return 4000 + static_cast<std::int32_t>(text.size() / 1000);
}

icu::UnicodeString utf16_of(std::string_view text) {
  return icu::UnicodeString::fromUTF8(string_piece(text));
}

/// Turns growing offsets into UTF-16 into offsets into UTF-8.
class ByteOffsets {
 public:
  explicit ByteOffsets(const icu::UnicodeString& text) : text_(text) {}

  std::size_t at(std::int32_t offset) {
    while (offset_ < offset) {
      const UChar32 point = text_.char32At(offset_);
      offset_ += U16_LENGTH(point);
      bytes_ += static_cast<std::size_t>(U8_LENGTH(point));
    }
    return bytes_;
  }

 private:
  const icu::UnicodeString& text_;
  std::int32_t offset_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

struct RegularExpression::Compiled {
  std::string pattern;
  std::unique_ptr<icu::RegexPattern> expression;
};

RegularExpression::RegularExpression(std::string_view pattern) {
  UErrorCode status = U_ZERO_ERROR;
  UParseError place{};
  std::unique_ptr<icu::RegexPattern> expression(
      icu::RegexPattern::compile(utf16_of(pattern), kFlags, place, status));
  if (U_FAILURE(status)) {
    fail("the regular expression '{}' cannot be read at its character {}: {}", pattern,
         place.offset, u_errorName(status));
  }
  compiled_ =
      std::make_shared<const Compiled>(Compiled{std::string(pattern), std::move(expression)});
}

std::vector<TextSpan> RegularExpression::find_all(std::string_view text) const {
  const icu::UnicodeString wide = utf16_of(text);
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::RegexMatcher> matcher(compiled_->expression->matcher(wide, status));
  if (U_SUCCESS(status)) matcher->setTimeLimit(time_limit(text), status);
  ByteOffsets offsets(wide);
  std::vector<TextSpan> found;
  while (U_SUCCESS(status) && matcher->find(status) != 0) {
    const std::size_t begin = offsets.at(matcher->start(status));
    const std::size_t end = offsets.at(matcher->end(status));
    const bool is_left_over = begin == end && !found.empty() && found.back().end == begin;
    if (!is_left_over) found.push_back({begin, end});
  }
  if (U_FAILURE(status)) {
    fail("the regular expression '{}' cannot be searched in a text of {} bytes: {}",
         compiled_->pattern, text.size(), u_errorName(status));
  }
  return found;
}

}  // namespace gatefold
