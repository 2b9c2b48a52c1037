#include "language/text/characters.h"

#include <fmt/format.h>
#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <memory>
#include <utility>

namespace gatefold {
namespace {

/// Calls `visit` with every code point and its span.
template <typename Visit>
void visit_characters(std::string_view text, const Visit& visit) {
  const auto size = static_cast<std::int64_t>(text.size());
  for (std::int64_t offset = 0; offset < size;) {
    const auto begin = static_cast<std::size_t>(offset);
    UChar32 point = 0;
    U8_NEXT_OR_FFFD(text.data(), offset, size, point);
    visit(static_cast<char32_t>(point), TextSpan{begin, static_cast<std::size_t>(offset)});
  }
}

bool is_in(char32_t code_point, std::uint32_t categories) {
  return (U_GET_GC_MASK(static_cast<UChar32>(code_point)) & categories) != 0;
}

constexpr std::array<std::pair<char32_t, char32_t>, 8> kIdeographs{{{0x4E00, 0x9FFF},
                                                                    {0x3400, 0x4DBF},
                                                                    {0x20000, 0x2A6DF},
                                                                    {0x2A700, 0x2B73F},
                                                                    {0x2B740, 0x2B81F},
                                                                    {0x2B920, 0x2CEAF},
                                                                    {0xF900, 0xFAFF},
                                                                    {0x2F800, 0x2FA1F}}};

struct CloseText {
  void operator()(UText* text) const { utext_close(text); }
};

}  // namespace

std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> points;
  visit_characters(text, [&](char32_t point, TextSpan) { points.push_back(point); });
  return points;
}

std::string utf8_of(char32_t code_point) {
  std::array<char, U8_MAX_LENGTH> bytes{};
  std::size_t size = 0;
  U8_APPEND_UNSAFE(bytes.data(), size, code_point);
  return {bytes.data(), size};
}

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> parts;
  visit_characters(text, [&](char32_t, TextSpan span) {
    parts.push_back(text.substr(span.begin, span.end - span.begin));
  });
  return parts;
}

std::vector<std::string_view> grapheme_clusters(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> breaks(
      icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
  const std::unique_ptr<UText, CloseText> opened(
      utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status));
  breaks->setText(opened.get(), status);
  assert(U_SUCCESS(status));
  std::vector<std::string_view> parts;
  std::int32_t begin = breaks->first();
  for (std::int32_t end = breaks->next(); end != icu::BreakIterator::DONE; end = breaks->next()) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return parts;
}

std::vector<TextSpan> find_characters(std::string_view text, const CharacterTest& test) {
  std::vector<TextSpan> found;
  visit_characters(text, [&](char32_t point, TextSpan span) {
    if (test(point)) found.push_back(span);
  });
  return found;
}

std::string filter_characters(std::string_view text, const CharacterTest& keep) {
  std::string kept;
  for (const TextSpan& span : find_characters(text, keep)) {
    kept += text.substr(span.begin, span.end - span.begin);
  }
  return kept;
}

std::optional<char32_t> first_character(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::size_t offset = 0;
  UChar32 point = 0;
  U8_NEXT_OR_FFFD(text.data(), offset, text.size(), point);
  return static_cast<char32_t>(point);
}

std::optional<char32_t> last_character(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::string_view tail =
      text.substr(text.size() - std::min<std::size_t>(text.size(), U8_MAX_LENGTH));
  auto offset = static_cast<std::int32_t>(tail.size());
  UChar32 point = 0;
  U8_PREV_OR_FFFD(tail.data(), 0, offset, point);
  return static_cast<char32_t>(point);
}

bool is_white_space(char32_t code_point) {
  return u_isUWhiteSpace(static_cast<UChar32>(code_point)) != 0;
}

bool is_numeric(char32_t code_point) { return is_in(code_point, U_GC_N_MASK); }

bool is_punctuation(char32_t code_point) {
  return is_in(code_point, code_point < 0x80 ? U_GC_P_MASK | U_GC_S_MASK : U_GC_P_MASK);
}

bool is_mark(char32_t code_point) { return is_in(code_point, U_GC_M_MASK); }

bool is_nonspacing_mark(char32_t code_point) { return is_in(code_point, U_GC_MN_MASK); }

bool is_control(char32_t code_point) {
  return is_in(code_point, U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK | U_GC_CS_MASK);
}

bool is_word_character(char32_t code_point) {
  const auto point = static_cast<UChar32>(code_point);
  return u_hasBinaryProperty(point, UCHAR_ALPHABETIC) != 0 ||
         u_hasBinaryProperty(point, UCHAR_JOIN_CONTROL) != 0 ||
         is_in(code_point, U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK);
}

bool is_ideograph(char32_t code_point) {
  for (const auto& [first, last] : kIdeographs) {
    if (code_point >= first && code_point <= last) return true;
  }
  return false;
}

std::string shown(std::string_view text) {
  const std::vector<char32_t> points = code_points(text);
  if (points.size() != 1) return fmt::format("'{}'", text);
  const auto number = fmt::format("U+{:04X}", static_cast<std::uint32_t>(points[0]));
  const bool is_seen = u_isgraph(static_cast<UChar32>(points[0])) != 0;
  return is_seen ? fmt::format("'{}' ({})", text, number) : number;
}

}  // namespace gatefold
