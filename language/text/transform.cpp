#include "language/text/transform.h"

#include <unicode/bytestream.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <cassert>
#include <optional>

#include "language/text/characters.h"
#include "language/text/string_piece.h"

namespace gatefold {
namespace {

const icu::Normalizer2& normalizer_of(NormalForm form) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = nullptr;
  switch (form) {
    case NormalForm::kNfc:
      normalizer = icu::Normalizer2::getNFCInstance(status);
      break;
    case NormalForm::kNfd:
      normalizer = icu::Normalizer2::getNFDInstance(status);
      break;
    case NormalForm::kNfkc:
      normalizer = icu::Normalizer2::getNFKCInstance(status);
      break;
    case NormalForm::kNfkd:
      normalizer = icu::Normalizer2::getNFKDInstance(status);
      break;
  }
  assert(U_SUCCESS(status));
  return *normalizer;
}

}  // namespace

std::string normalize(std::string_view text, NormalForm form) {
  UErrorCode status = U_ZERO_ERROR;
  std::string normalized;
  icu::StringByteSink<std::string> sink(&normalized);
  normalizer_of(form).normalizeUTF8(0, string_piece(text), sink, nullptr, status);
  assert(U_SUCCESS(status));
  return normalized;
}

std::string lower_case(std::string_view text) {
  std::string lowered;
  for (const char32_t point : code_points(text)) {
    icu::UnicodeString(static_cast<UChar32>(point))
        .toLower(icu::Locale::getRoot())
        .toUTF8String(lowered);
  }
  return lowered;
}

std::string strip_accents(std::string_view text) {
  return filter_characters(text, [](char32_t point) { return !is_mark(point); });
}

std::string_view trim(std::string_view text, bool at_begin, bool at_end) {
  const auto is_space = [](std::optional<char32_t> point) {
    return point && is_white_space(*point);
  };
  while (at_begin && is_space(first_character(text))) {
    text.remove_prefix(utf8_of(*first_character(text)).size());
  }
  while (at_end && is_space(last_character(text))) {
    text.remove_suffix(utf8_of(*last_character(text)).size());
  }
  return text;
}

}  // namespace gatefold
